/**
 * A file layer that fails on purpose: over a disk in memory, with any operation made to fail, to do only a part, or to
 * be the last one before the power goes off.
 */
import { basename, dirname, join } from "node:path";
import { StorageError } from "../error.ts";
import type { FileLayer, OpenFile } from "../files.ts";
import { DiskFile, DiskFolder, type Survival } from "./disk.ts";

/** An operation that is about to be done. */
export interface FileOperation {
  readonly kind:
    | "open"
    | "read"
    | "write"
    | "size"
    | "truncate"
    | "sync"
    | "list"
    | "createFolder"
    | "rename"
    | "remove"
    | "syncFolder";
  readonly path: string;
  /** How many operations came before it. */
  readonly ordinal: number;
}

export type Fault =
  /** It fails and changes nothing; a failed sync loses what was unsynced, though it can still be read. */
  | "io"
  /** It fails because there is no room. */
  | "full"
  /** A read or write does at most this many bytes. */
  | { readonly shortBytes: number }
  /** A sync reports success, and what was unsynced still is. */
  | "lie"
  /** The power goes off before it: it fails, and so does all that follows. */
  | "power-off";

export interface FaultyFilesOptions {
  /** When a sync reports: at once when it is not given, else when it calls `finish`. */
  readonly later?: (finish: () => void) => void;
  /** As `capacityBytes` of the files: no bound when it is not given. */
  readonly capacityBytes?: number;
  /** Bytes that reach the disk in order when the power fails: 4096 when it is not given. */
  readonly pageBytes?: number;
  /** Hears of each write for which there is no room, or too little. */
  readonly lacksRoom?: () => void;
  /** Hears of each sync that is done, with all bytes of the file that are on stable storage now. */
  readonly synced?: (path: string, stored: Uint8Array) => void;
}

export class FaultyFiles implements FileLayer {
  /** Says what goes wrong with an operation; nothing when it returns undefined. */
  fault: ((operation: FileOperation) => Fault | undefined) | undefined = undefined;
  /** Bytes of all files together; past it writes do a part and then fail as "full". */
  capacityBytes: number;
  readonly #options: FaultyFilesOptions;
  readonly #folders: Map<string, DiskFolder>;
  #operations = 0;
  #powerOff = false;

  constructor(options: FaultyFilesOptions = {}, folders: ReadonlyMap<string, DiskFolder> = new Map()) {
    this.#options = options;
    this.capacityBytes = options.capacityBytes ?? Infinity;
    this.#folders = new Map(folders);
  }

  /** How many operations were begun. */
  get operations(): number {
    return this.#operations;
  }

  /**
   * The files as they are found after a power failure now. This layer goes on unchanged, so that one moment can be
   * survived in several ways.
   */
  crash(survival: Survival): FaultyFiles {
    const pageBytes = this.#options.pageBytes ?? 4096;
    const found = new Map<string, DiskFolder>();
    for (const [path, folder] of this.#folders) found.set(path, folder.survivor(survival, pageBytes));
    return new FaultyFiles(this.#options, found);
  }

  /** The files of an empty disk in the place of this one. */
  emptied(): FaultyFiles {
    return new FaultyFiles(this.#options);
  }

  /** Turns over all bits of a byte, as a bad sector may. */
  damage(path: string, at: number): void {
    const { cache } = this.#file(path);
    const byte = cache.view()[at];
    if (byte === undefined) throw new RangeError(`${path} has ${cache.length} bytes, no byte ${at}`);
    this.overwrite(path, at, Uint8Array.of(byte ^ 0xff));
  }

  /** Puts other bytes in the place of those that are there, on stable storage too. */
  overwrite(path: string, at: number, bytes: Uint8Array): void {
    this.#file(path).damage(at, bytes);
  }

  /** The files whose names are on stable storage, with what of their bytes is. */
  *durableFiles(): Iterable<{ readonly path: string; readonly stored: Uint8Array }> {
    for (const [path, { stored }] of this.#folders) {
      for (const [name, file] of stored) yield { path: join(path, name), stored: file.stored };
    }
  }

  /** The files that a reader finds and whose bytes were overwritten behind its back. */
  *damagedFiles(): IterableIterator<string> {
    for (const [path, { names }] of this.#folders) {
      for (const [name, file] of names) if (file.isDamaged) yield join(path, name);
    }
  }

  /** Bytes of a file as a reader sees them. */
  contents(path: string): Uint8Array {
    return this.#file(path).cache.view().slice();
  }

  open(path: string, mode: "read" | "write" | "create"): OpenFile {
    this.begin("open", path);
    if (mode !== "create") return new FaultyFile(path, this.#file(path), this);
    const file = new DiskFile();
    this.#folder(dirname(path)).add(basename(path), file);
    return new FaultyFile(path, file, this);
  }

  list(folder: string): readonly string[] {
    this.begin("list", folder);
    return this.names(folder);
  }

  /** The names in a folder, whatever is wrong with the disk. */
  names(folder: string): readonly string[] {
    return [...(this.#folders.get(folder)?.names.keys() ?? [])];
  }

  createFolder(folder: string): void {
    this.begin("createFolder", folder);
    if (!this.#folders.has(folder)) this.#folders.set(folder, new DiskFolder());
  }

  rename(from: string, to: string): void {
    this.begin("rename", from);
    this.#folder(dirname(from)).rename(basename(from), basename(to), this.#file(from));
  }

  remove(path: string): void {
    this.begin("remove", path);
    this.#file(path);
    this.#folder(dirname(path)).remove(basename(path));
  }

  syncFolder(folder: string): void {
    if (this.begin("syncFolder", folder) > 0) this.#folder(folder).sync();
  }

  /** Begins an operation: throws its fault, or returns how many bytes it may do, which is 0 for a lie. */
  begin(kind: FileOperation["kind"], path: string): number {
    const ordinal = this.#operations;
    if (!this.#powerOff) this.#operations += 1;
    const fault = this.#powerOff ? "power-off" : this.fault?.({ kind, path, ordinal });
    if (fault === undefined) return Infinity;
    if (fault === "power-off") this.#powerOff = true;
    if (fault === "lie") return 0;
    if (typeof fault === "object") return fault.shortBytes;
    throw new StorageError(fault === "full" ? "full" : "io", path, `cannot ${kind} it: injected fault "${fault}"`);
  }

  /** Bytes of all files as a reader sees them. */
  get usedBytes(): number {
    let used = 0;
    for (const folder of this.#folders.values()) for (const file of folder.names.values()) used += file.cache.length;
    return used;
  }

  /** Bytes that may still be written. */
  roomBytes(): number {
    return this.capacityBytes === Infinity ? Infinity : Math.max(0, this.capacityBytes - this.usedBytes);
  }

  /** Calls `finish` when a sync that has begun is to be done. */
  finishSync(finish: () => void): void {
    const { later } = this.#options;
    if (later === undefined) finish();
    else later(finish);
  }

  lacksRoom(): void {
    this.#options.lacksRoom?.();
  }

  hasSynced(path: string, file: DiskFile): void {
    this.#options.synced?.(path, file.stored);
  }

  get powerOff(): boolean {
    return this.#powerOff;
  }

  #folder(path: string): DiskFolder {
    const folder = this.#folders.get(path);
    if (folder === undefined) throw new StorageError("io", path, "there is no such folder");
    return folder;
  }

  #file(path: string): DiskFile {
    const file = this.#folder(dirname(path)).names.get(basename(path));
    if (file === undefined) throw new StorageError("io", path, "there is no such file");
    return file;
  }
}

class FaultyFile implements OpenFile {
  readonly path: string;
  readonly #file: DiskFile;
  readonly #files: FaultyFiles;

  constructor(path: string, file: DiskFile, files: FaultyFiles) {
    this.path = path;
    this.#file = file;
    this.#files = files;
  }

  read(into: Uint8Array, at: number): number {
    const most = this.#files.begin("read", this.path);
    const bytes = this.#file.cache.view().subarray(at, at + Math.min(into.length, most));
    into.set(bytes);
    return bytes.length;
  }

  write(bytes: Uint8Array, start: number, end: number, at: number): number {
    const most = this.#files.begin("write", this.path);
    const room = this.#files.roomBytes() + Math.max(0, this.#file.cache.length - at);
    if (room < end - start) this.#files.lacksRoom();
    if (room === 0) throw new StorageError("full", this.path, "cannot write it: no room left");
    const count = Math.min(end - start, most, room);
    this.#file.write(at, bytes.subarray(start, start + count));
    return count;
  }

  size(): number {
    this.#files.begin("size", this.path);
    return this.#file.cache.length;
  }

  truncate(sizeBytes: number): void {
    this.#files.begin("truncate", this.path);
    this.#file.truncate(sizeBytes);
  }

  sync(done: (failure?: StorageError) => void): void {
    let store: (() => void) | undefined;
    let failure: StorageError | undefined;
    try {
      store = this.#beginSync();
    } catch (cause) {
      if (!(cause instanceof StorageError)) throw cause;
      failure = cause;
    }
    this.#files.finishSync(() => {
      if (this.#files.powerOff) failure ??= new StorageError("io", this.path, "cannot sync it: the power is off");
      if (failure === undefined) {
        store?.();
        this.#files.hasSynced(this.path, this.#file);
      }
      done(failure);
    });
  }

  syncNow(): void {
    this.#beginSync()();
    this.#files.hasSynced(this.path, this.#file);
  }

  close(): void {
    // A disk in memory has nothing to give back.
  }

  #beginSync(): () => void {
    try {
      if (this.#files.begin("sync", this.path) === 0) return () => undefined;
    } catch (cause) {
      // With the power off nothing is lost beyond what the crash itself decides.
      if (!this.#files.powerOff) this.#file.loseUnsynced();
      throw cause;
    }
    return this.#file.beginSync();
  }
}
