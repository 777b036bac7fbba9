/**
 * The few file operations that a log needs, so that one format runs over real files, over a disk that fails on
 * purpose, and over a simulated one. All of them throw StorageError "io", or "full" when there is no room.
 */
import { StorageError } from "./error.ts";

export interface OpenFile {
  readonly path: string;
  /** Reads from byte `at` on; fewer bytes than there is room for is no end yet, 0 is. */
  read(into: Uint8Array, at: number): number;
  /** Writes `bytes` from `start` to `end` to the file at byte `at`; returns how many it wrote, which may be fewer. */
  write(bytes: Uint8Array, start: number, end: number, at: number): number;
  size(): number;
  truncate(sizeBytes: number): void;
  /**
   * Puts what was written before this call on stable storage, then calls `done`, at once or later. After a failure
   * nobody knows what is there, and the system may report the failure only once.
   */
  sync(done: (failure?: StorageError) => void): void;
  /** The same, and waits for it. */
  syncNow(): void;
  /** Closes it, once the syncs in flight are done. */
  close(): void;
}

export interface FileLayer {
  /** Opens a file to read, to write where it is, or made anew and empty to write. */
  open(path: string, mode: "read" | "write" | "create"): OpenFile;
  /** The names in a folder, in any order; none when there is no such folder. */
  list(folder: string): readonly string[];
  /** Makes a folder, with those above it, durably; nothing when it is there. */
  createFolder(folder: string): void;
  /** Replaces what is at `to`. Durable after the folder is synced, as are a created and a removed name. */
  rename(from: string, to: string): void;
  remove(path: string): void;
  syncFolder(folder: string): void;
}

/** Fills `into` from byte `at` on. */
export function readWhole(file: OpenFile, into: Uint8Array, at: number): void {
  let filled = 0;
  while (filled < into.length) {
    const count = file.read(into.subarray(filled), at + filled);
    if (count === 0) throw new StorageError("io", `${file.path} at byte ${at + filled}`, "the file ends too early");
    filled += count;
  }
}

/** Writes all of `bytes` from `start` to `end`, however little of it the layer takes at a time. */
export function writeWhole(file: OpenFile, bytes: Uint8Array, start: number, end: number, at: number): void {
  let from = start;
  while (from < end) {
    const count = file.write(bytes, from, end, at + from - start);
    if (count === 0) {
      throw new StorageError("io", `${file.path} at byte ${at + from - start}`, `wrote none of ${end - from} bytes`);
    }
    from += count;
  }
}
