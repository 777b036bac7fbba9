/**
 * Real files, by node:fs. Reads and writes block: an acceptor in its own thread has nothing else to do.
 */
import * as fs from "node:fs";
import { dirname, resolve } from "node:path";
import { StorageError } from "./error.ts";
import type { FileLayer, OpenFile } from "./files.ts";

export interface NodeFilesOptions {
  /**
   * Whether a sync blocks the thread and is done at once, which is fastest for a role in a thread of its own, or is
   * done later, for a thread that has other work. "blocking" by default.
   */
  readonly sync?: "blocking" | "later";
}

export function nodeFiles(options: NodeFilesOptions = {}): FileLayer {
  const blocking = options.sync !== "later";
  return {
    open(path, mode) {
      const flags = mode === "read" ? "r" : mode === "write" ? "r+" : "w+";
      return new NodeFile(
        path,
        attempt(path, "open", () => fs.openSync(path, flags)),
        blocking,
      );
    },
    list: (folder) => attempt(folder, "list", () => list(folder)),
    createFolder: (folder) => attempt(folder, "create", () => createFolder(resolve(folder))),
    rename: (from, to) => attempt(from, "rename", () => fs.renameSync(from, to)),
    remove: (path) => attempt(path, "remove", () => fs.unlinkSync(path)),
    syncFolder: (folder) => attempt(folder, "sync", () => syncFolder(folder)),
  };
}

class NodeFile implements OpenFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #blocking: boolean;
  #syncs = 0;
  #closing = false;

  constructor(path: string, descriptor: number, blocking: boolean) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#blocking = blocking;
  }

  read(into: Uint8Array, at: number): number {
    try {
      return fs.readSync(this.#descriptor, into, 0, into.length, at);
    } catch (cause) {
      throw failed(this.path, "read", cause);
    }
  }

  write(bytes: Uint8Array, start: number, end: number, at: number): number {
    try {
      return fs.writeSync(this.#descriptor, bytes, start, end - start, at);
    } catch (cause) {
      throw failed(this.path, "write", cause);
    }
  }

  size(): number {
    return attempt(this.path, "look at", () => fs.fstatSync(this.#descriptor).size);
  }

  truncate(sizeBytes: number): void {
    attempt(this.path, "truncate", () => fs.ftruncateSync(this.#descriptor, sizeBytes));
  }

  sync(done: (failure?: StorageError) => void): void {
    if (this.#blocking) {
      let failure: StorageError | undefined;
      try {
        fs.fdatasyncSync(this.#descriptor);
      } catch (cause) {
        failure = failed(this.path, "sync", cause);
      }
      done(failure);
      return;
    }
    this.#syncs += 1;
    fs.fdatasync(this.#descriptor, (cause) => {
      this.#syncs -= 1;
      if (this.#closing && this.#syncs === 0) fs.closeSync(this.#descriptor);
      done(cause === null ? undefined : failed(this.path, "sync", cause));
    });
  }

  syncNow(): void {
    attempt(this.path, "sync", () => fs.fdatasyncSync(this.#descriptor));
  }

  close(): void {
    this.#closing = true;
    if (this.#syncs === 0) attempt(this.path, "close", () => fs.closeSync(this.#descriptor));
  }
}

function list(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw cause;
  }
}

/**
 * Makes a folder and those above it. A new one is durable when the one above it is synced.
 *
 * Level by level: asked for all levels at once, Node never returns where a file system answers that there is no such
 * folder, as /proc does.
 */
function createFolder(folder: string): void {
  if (fs.existsSync(folder)) {
    if (!fs.statSync(folder).isDirectory()) throw new Error("it is not a folder");
    return;
  }
  const above = dirname(folder);
  createFolder(above);
  try {
    fs.mkdirSync(folder);
  } catch (cause) {
    // Another thread was first.
    if (!fs.existsSync(folder)) throw cause;
  }
  syncFolder(above);
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder; its file systems log changes of names in order.
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function attempt<Result>(path: string, action: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    throw failed(path, action, cause);
  }
}

function failed(path: string, action: string, cause: unknown): StorageError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(full ? "full" : "io", path, `cannot ${action} it: ${detail}`, { cause });
}
