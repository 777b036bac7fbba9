/**
 * Ways to move frames.
 */
export * from "./memory.ts";
export * from "./message-port.ts";
export * from "./transport.ts";
