/**
 * Stable storage.
 */
export * from "./error.ts";
export * from "./files.ts";
export * from "./file-log.ts";
export * from "./log.ts";
export * from "./node-files.ts";
export * from "./snapshots.ts";
