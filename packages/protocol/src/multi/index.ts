export * from "./delivery.ts";
export * from "./messages.ts";
