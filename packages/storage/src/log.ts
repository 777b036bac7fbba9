/**
 * Stable storage, as a role's driver needs it: an append-only log of records, and the snapshots of a learner.
 *
 * A role persists by appending records and syncing once; what it promised or accepted leaves only after `done`.
 */

/** Storage cannot do what was asked. After a failed write or sync a log stays failed: its owner must not vote. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly reason:
    /** Bytes before the tail are not what was written. */
    | "corrupt"
    /** Another format, or another version of it. */
    | "version"
    /** Another process or cluster uses the folder. */
    | "in-use"
    /** No room left. */
    | "full"
    /** A read, write or sync failed. */
    | "io";
  /** The file or folder, and the byte where it matters. */
  readonly where: string;

  constructor(reason: StorageError["reason"], where: string, detail: string, options?: ErrorOptions) {
    super(`${where}: ${detail}`, options);
    this.reason = reason;
    this.where = where;
  }
}

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
   * The record is a view that is valid only during the visit, unless the adapter says otherwise.
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
  /** Makes all appended records durable, then calls `done` once: at once or later, with the error if it failed. */
  sync(done: (failure?: StorageError) => void): void;
  /** Bytes in the segment that is being appended to. */
  readonly segmentBytes: number;
  /** Bytes of the whole log. */
  readonly sizeBytes: number;
  /**
   * Begins a new segment with `checkpoint`, the records that stand for everything with no position of its own, so that
   * older segments can be dropped later.
   */
  rotate(checkpoint: readonly Uint8Array[]): void;
  /** Drops every older segment in which no record has a position above `position`. Never the current one. */
  trim(position: number): void;
  close(): void;
}

/** A durable snapshot. */
export interface SnapshotInfo {
  /** The last slot that it holds. */
  readonly slot: number;
  readonly sizeBytes: number;
}

/** A snapshot being written; nothing of it is seen until it is committed. */
export interface SnapshotWriter {
  /** Adds bytes, which are taken before this returns. */
  append(bytes: Uint8Array): void;
  /** Makes the snapshot durable and the newest, drops older ones, then calls `done` once. */
  commit(done: (failure?: StorageError) => void): void;
  /** Forgets it. */
  abandon(): void;
}

export interface SnapshotStore {
  /** The newest durable snapshot; undefined when there is none. A damaged one is an error, never a silent absence. */
  latest(): SnapshotInfo | undefined;
  /** Bytes of the newest snapshot, if it is still that of `slot`; undefined when it is not. */
  read(slot: number, offset: number, sizeBytes: number): Uint8Array | undefined;
  /** Begins a snapshot of everything up to `slot`. One at a time. */
  begin(slot: number): SnapshotWriter;
  close(): void;
}
