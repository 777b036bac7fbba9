export * from "./catching-up.ts";
export * from "./delivery.ts";
export * from "./messages.ts";
