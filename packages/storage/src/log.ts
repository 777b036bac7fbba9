/**
 * Stable storage, as a role's driver needs it: an append-only log of records.
 *
 * A role persists by appending records and syncing once; what it promised or accepted leaves only after `done`.
 */

import type { StorageError } from "./error.ts";

/** What opening a log found. */
export interface Recovery {
  /** Whole records that survived. */
  readonly records: number;
  /** Their bytes. */
  readonly sizeBytes: number;
  /** Bytes of a torn record cut off the tail: written but never synced, so never acknowledged. */
  readonly tornBytes: number;
}

export interface Log {
  /**
   * Visits every surviving record in the order of appending. To be called once, before the first append.
   * The record is the visitor's to keep: nothing writes over its bytes later.
   *
   * @throws StorageError when the log is corrupt before its tail, or of another version
   */
  recover(visit: (record: Uint8Array) => void): Recovery;
  /**
   * Adds a record; it is durable only after a sync. The bytes are taken before this returns.
   *
   * @param position the slot the record is about, or 0 when it is about none
   * @throws StorageError when the log has failed
   */
  append(record: Uint8Array, position: number): void;
  /**
   * Makes all appended records durable, then calls `done` once: at once or later, with the error if it failed. After a
   * failure none of the records that were not yet reported durable may be relied on, and the log stays failed.
   */
  sync(done: (failure?: StorageError) => void): void;
  /** Bytes in the segment that is being appended to. */
  readonly segmentBytes: number;
  /** Bytes of the whole log. */
  readonly sizeBytes: number;
  /**
   * Begins a new segment with `checkpoint`, the records that stand for everything with no position of its own, so that
   * older segments can be dropped later. All that was appended before is durable when this returns, and so is the
   * checkpoint. Not while a sync is under way.
   *
   * @throws StorageError when the log has failed, or fails at this
   */
  rotate(checkpoint: readonly Uint8Array[]): void;
  /**
   * Drops older segments, from the oldest on, as long as no record in them has a position above `position`. Never the
   * current one.
   *
   * @throws StorageError when the log has failed, or fails at this
   */
  trim(position: number): void;
  /** Ends the log. What was appended and not synced may or may not survive. */
  close(): void;
}
