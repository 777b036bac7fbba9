/**
 * Stable storage.
 */
export * from "./log.ts";
