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
