/**
 * A whole cluster in one process.
 */
export * from "./cluster.ts";
export * from "./options.ts";
