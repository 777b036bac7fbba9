/**
 * Clients of a cluster.
 */
export type { CallOptions } from "./admission.ts";
export * from "./administrator.ts";
export * from "./connection.ts";
export * from "./decrees.ts";
export * from "./effect.ts";
export * from "./errors.ts";
export * from "./guest.ts";
export * from "./key-value.ts";
export * from "./machine-client.ts";
export * from "./primary-backup.ts";
export { LimitError } from "@synod/machines";
export * from "./session.ts";
export * from "./transactions.ts";
