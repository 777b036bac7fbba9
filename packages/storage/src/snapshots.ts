/**
 * The snapshots of a learner: only the newest one is kept.
 */
import type { StorageError } from "./error.ts";

/** A durable snapshot. */
export interface SnapshotInfo {
  /** The last slot that it holds. */
  readonly slot: number;
  readonly sizeBytes: number;
}

/** A snapshot being written; nothing of it is seen until it is committed. */
export interface SnapshotWriter {
  /**
   * Adds bytes, which are taken before this returns.
   *
   * @throws StorageError when there is no room or the write fails; the snapshot can then only be abandoned
   */
  append(bytes: Uint8Array): void;
  /** Makes the snapshot durable and the newest, drops older ones, then calls `done` once. */
  commit(done: (failure?: StorageError) => void): void;
  /** Forgets it. */
  abandon(): void;
}

export interface SnapshotStore {
  /** The newest durable snapshot; undefined when there is none. A damaged one is an error, never a silent absence. */
  latest(): SnapshotInfo | undefined;
  /**
   * Bytes of the newest snapshot from `offset` on, at most `sizeBytes` and fewer at its end, if it is still that of
   * `slot`; undefined when it is not. They are the caller's to keep.
   *
   * @throws StorageError "corrupt" when they are not what was written
   */
  read(slot: number, offset: number, sizeBytes: number): Uint8Array | undefined;
  /**
   * Begins a snapshot of everything up to `slot`. One at a time: the one before must be committed or abandoned.
   *
   * @throws RangeError when a newer snapshot is there
   */
  begin(slot: number): SnapshotWriter;
  close(): void;
}
