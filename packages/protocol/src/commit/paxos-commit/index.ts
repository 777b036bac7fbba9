export * from "./acceptor.ts";
export * from "./configuration.ts";
export * from "./entries.ts";
export * from "./leader.ts";
export * from "./messages.ts";
export * from "./participant.ts";
