/**
 * Files that fail on purpose, to see what storage makes of it.
 */
export * from "./damage.ts";
export type { Survival, UnsyncedPiece } from "./disk.ts";
export * from "./faulty-files.ts";
export * from "./stored-records.ts";
