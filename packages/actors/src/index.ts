/**
 * Roles as actors in worker threads.
 */
export * from "./control.ts";
export * from "./errors.ts";
export * from "./placement.ts";
export * from "./supervisor.ts";
