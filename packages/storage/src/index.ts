/**
 * Stable storage.
 */
export * from "./error.ts";
export * from "./files.ts";
export * from "./file-log.ts";
export * from "./file-snapshots.ts";
export * from "./folder-lock.ts";
export * from "./log.ts";
export type { MemoryArea } from "./memory-area.ts";
export * from "./memory-log.ts";
export * from "./memory-snapshots.ts";
export * from "./missing-log.ts";
export * from "./node-files.ts";
export * from "./snapshots.ts";
