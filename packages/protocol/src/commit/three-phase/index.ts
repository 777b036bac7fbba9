export * from "./coordinator.ts";
export * from "./entries.ts";
export * from "./messages.ts";
export * from "./participant.ts";
