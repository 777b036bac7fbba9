/**
 * Durable snapshots: files of a folder, of which the newest counts.
 *
 * One is written under another name, synced, and renamed, so that a file named as a snapshot had been whole.
 */
import { join } from "node:path";
import { StorageError } from "./error.ts";
import { writeWhole, type FileLayer, type OpenFile } from "./files.ts";
import { nodeFiles } from "./node-files.ts";
import { setU32 } from "./numbers.ts";
import {
  blockBytes,
  blockChecksum,
  blockHeaderBytes,
  blockOffset,
  encodeHeader,
  isUnfinished,
  readBlock,
  readHeader,
  snapshotName,
  snapshotSlot,
  unfinishedName,
} from "./snapshot-format.ts";
import type { SnapshotInfo, SnapshotStore, SnapshotWriter } from "./snapshots.ts";

interface OpenSnapshot {
  readonly info: SnapshotInfo;
  readonly file: OpenFile;
}

export class FileSnapshots implements SnapshotStore {
  readonly #folder: string;
  readonly #files: FileLayer;
  /** The slot of the newest snapshot, as its name says; undefined when there is none. */
  #newest: number | undefined;
  #open: OpenSnapshot | undefined;
  #writer: SnapshotWriter | undefined;

  /**
   * Opens the folder, which is made when it is not there, and removes what a crash left unfinished.
   *
   * @param files syncs later when it is not given, so that a learner goes on while a snapshot becomes durable
   * @throws StorageError
   */
  constructor(folder: string, files: FileLayer = nodeFiles({ sync: "later" })) {
    this.#folder = folder;
    this.#files = files;
    files.createFolder(folder);
    const names = files.list(folder);
    for (const name of names) if (isUnfinished(name)) files.remove(join(folder, name));
    for (const slot of names.map(snapshotSlot)) {
      if (slot !== undefined && slot >= (this.#newest ?? 0)) this.#newest = slot;
    }
    // The newest may have got its name just before a crash: the name is made durable before anyone relies on it.
    files.syncFolder(folder);
  }

  latest(): SnapshotInfo | undefined {
    return this.#openNewest()?.info;
  }

  read(slot: number, offset: number, sizeBytes: number): Uint8Array | undefined {
    if (slot !== this.#newest) return undefined;
    const open = this.#openNewest();
    if (open === undefined) return undefined;
    const end = Math.min(offset + sizeBytes, open.info.sizeBytes);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    let at = offset;
    while (at < end) {
      const index = Math.floor(at / blockBytes);
      const from = at - index * blockBytes;
      const part = readBlock(open.file, open.info, index).subarray(from, from + end - at);
      bytes.set(part, at - offset);
      at += part.length;
    }
    return bytes;
  }

  begin(slot: number): SnapshotWriter {
    if (!Number.isSafeInteger(slot) || slot < (this.#newest ?? 0)) {
      throw new RangeError(`slot: expected at least ${this.#newest ?? 0}, got ${slot}`);
    }
    if (this.#writer !== undefined) throw new Error("another snapshot is being written");
    const path = join(this.#folder, unfinishedName(slot));
    const file = new BlockFile(this.#files.open(path, "create"), slot);
    const requireOpen = (): void => {
      if (this.#writer !== writer) throw new Error("the snapshot was committed or abandoned");
    };
    let committing = false;
    const writer: SnapshotWriter = {
      append: (bytes) => {
        requireOpen();
        file.append(bytes);
      },
      commit: (done) => {
        requireOpen();
        if (committing) throw new Error("the snapshot is being committed");
        committing = true;
        file.finish((failure) => {
          const givenUp = this.#writer !== writer;
          if (!givenUp) this.#writer = undefined;
          const unkept = givenUp ? new StorageError("io", path, "the snapshot was abandoned") : failure;
          if (unkept !== undefined) this.#discard(path);
          done(unkept ?? this.#keep(slot, path));
        });
      },
      abandon: () => {
        if (this.#writer !== writer) return;
        this.#writer = undefined;
        if (committing) return;
        file.close();
        this.#discard(path);
      },
    };
    this.#writer = writer;
    return writer;
  }

  /** Abandons a snapshot that is being written. */
  close(): void {
    this.#writer?.abandon();
    this.#forget();
  }

  /** Gives a snapshot, which is durable, its name, and removes the others. */
  #keep(slot: number, path: string): StorageError | undefined {
    try {
      this.#files.rename(path, join(this.#folder, snapshotName(slot)));
      this.#files.syncFolder(this.#folder);
      this.#forget();
      this.#newest = slot;
      for (const name of this.#files.list(this.#folder)) {
        const other = snapshotSlot(name);
        if (other !== undefined && other !== slot) this.#files.remove(join(this.#folder, name));
      }
    } catch (cause) {
      if (!(cause instanceof StorageError)) throw cause;
      return cause;
    }
    return undefined;
  }

  /** Makes room at once; if that fails, the next opening does it. */
  #discard(path: string): void {
    try {
      this.#files.remove(path);
    } catch (cause) {
      if (!(cause instanceof StorageError)) throw cause;
    }
  }

  #openNewest(): OpenSnapshot | undefined {
    const slot = this.#newest;
    if (slot === undefined || this.#open !== undefined) return this.#open;
    const file = this.#files.open(join(this.#folder, snapshotName(slot)), "read");
    try {
      this.#open = { info: readHeader(file, slot), file };
    } catch (cause) {
      file.close();
      throw cause;
    }
    return this.#open;
  }

  #forget(): void {
    this.#open?.file.close();
    this.#open = undefined;
  }
}

/** A snapshot file while it is written, block by block. */
class BlockFile {
  readonly #file: OpenFile;
  readonly #slot: number;
  readonly #block = new Uint8Array(blockHeaderBytes + blockBytes);
  #filled = blockHeaderBytes;
  #blocks = 0;
  #sizeBytes = 0;
  #failure: StorageError | undefined;

  constructor(file: OpenFile, slot: number) {
    this.#file = file;
    this.#slot = slot;
  }

  append(bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (let from = 0; from < bytes.length;) {
      const count = Math.min(bytes.length - from, this.#block.length - this.#filled);
      this.#block.set(bytes.subarray(from, from + count), this.#filled);
      this.#filled += count;
      this.#sizeBytes += count;
      from += count;
      if (this.#filled === this.#block.length) this.#write();
    }
  }

  /** Writes the rest and the header, syncs and closes. */
  finish(done: (failure?: StorageError) => void): void {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#filled > blockHeaderBytes) this.#write();
      const header = encodeHeader({ slot: this.#slot, sizeBytes: this.#sizeBytes });
      writeWhole(this.#file, header, 0, header.length, 0);
    } catch (cause) {
      this.#file.close();
      if (!(cause instanceof StorageError)) throw cause;
      done(cause);
      return;
    }
    this.#file.sync(done);
    this.#file.close();
  }

  close(): void {
    this.#file.close();
  }

  #write(): void {
    setU32(this.#block, 0, blockChecksum(this.#block, this.#filled, this.#slot, this.#blocks));
    try {
      writeWhole(this.#file, this.#block, 0, this.#filled, blockOffset(this.#blocks));
    } catch (cause) {
      if (cause instanceof StorageError) this.#failure = cause;
      throw cause;
    }
    this.#filled = blockHeaderBytes;
    this.#blocks += 1;
  }
}
