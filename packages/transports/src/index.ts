/**
 * Ways to move frames.
 */
export * from "./transport.ts";
