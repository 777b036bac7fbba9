/**
 * Clients of a cluster.
 */
export * from "./connection.ts";
export * from "./effect.ts";
export * from "./errors.ts";
export * from "./key-value.ts";
export * from "./machine-client.ts";
export * from "./session.ts";
