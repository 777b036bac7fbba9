/**
 * The segments of a log as files of a folder: finds, makes, repairs and removes them.
 *
 * A segment is made under another name, synced, and renamed, so that a file named as a segment had been whole: a short
 * or damaged beginning is never the trace of a crash.
 */
import { join } from "node:path";
import { StorageError } from "./error.ts";
import { readWhole, writeWhole, type FileLayer, type OpenFile } from "./files.ts";
import { isUnfinished, segmentName, segmentNumber, unfinishedName } from "./segment.ts";
import { SegmentReader } from "./segment-reader.ts";
import { writeNewSegment } from "./segment-writer.ts";

type Visit = (record: Uint8Array) => void;

/** A segment that was read. */
export interface FoundSegment {
  readonly path: string;
  readonly reader: SegmentReader;
}

/** The segment to append to. */
export interface CurrentSegment extends FoundSegment {
  readonly file: OpenFile;
  /** Bytes of a torn tail that was cut off. */
  readonly tornBytes: number;
}

const rewriteBytes = 1024 * 1024;

export class SegmentFolder {
  readonly #folder: string;
  readonly #files: FileLayer;

  constructor(folder: string, files: FileLayer) {
    this.#folder = folder;
    this.#files = files;
  }

  /** The numbers of the segments, in order; removes what a crash left of one that was being made. */
  find(): readonly number[] {
    this.#files.createFolder(this.#folder);
    const names = this.#files.list(this.#folder);
    for (const name of names) if (isUnfinished(name)) this.#files.remove(join(this.#folder, name));
    const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
    numbers.sort((one, other) => one - other);
    for (const [index, number] of numbers.entries()) {
      const expected = (numbers[0] ?? 0) + index;
      if (number !== expected) throw new StorageError("corrupt", this.#path(expected), "this log segment is missing");
    }
    return numbers;
  }

  /** Reads a segment that others follow: all of it had been durable. */
  readOlder(number: number, visit: Visit): FoundSegment {
    const path = this.#path(number);
    const file = this.#files.open(path, "read");
    try {
      const reader = new SegmentReader(file, number);
      reader.read(visit);
      reader.requireWhole();
      return { path, reader };
    } finally {
      file.close();
    }
  }

  /** Reads the last segment, cuts off its torn tail, and makes the rest durable. */
  openLast(number: number, visit: Visit): CurrentSegment {
    const path = this.#path(number);
    const file = this.#files.open(path, "write");
    try {
      const reader = new SegmentReader(file, number);
      reader.read(visit);
      this.#repair(file, reader);
      return { path, reader, file, tornBytes: reader.sizeBytes - reader.end };
    } catch (cause) {
      file.close();
      throw cause;
    }
  }

  /** Makes a segment that begins with `checkpoint`; it is durable when this returns. */
  create(number: number, checkpoint: readonly Uint8Array[]): CurrentSegment {
    const unfinished = join(this.#folder, unfinishedName(number));
    const file = this.#files.open(unfinished, "create");
    try {
      writeNewSegment(file, number, checkpoint);
      file.syncNow();
    } finally {
      file.close();
    }
    this.#files.rename(unfinished, this.#path(number));
    return this.openLast(number, () => undefined);
  }

  remove(path: string): void {
    this.#files.remove(path);
    this.#files.syncFolder(this.#folder);
  }

  /**
   * Writes and cuts off again what may be so in the system's cache only, before anyone relies on it: after a failed sync
   * the cache may hold, as clean, what the disk does not, and have forgotten a tail that the disk still has.
   */
  #repair(file: OpenFile, reader: SegmentReader): void {
    // Also where there seems to be nothing to cut off: then it is lengthened first, since a cut to the same length may
    // change nothing.
    if (reader.end === reader.sizeBytes) file.truncate(reader.end + 1);
    file.truncate(reader.end);
    for (let at = reader.durableBytes; at < reader.end; at += rewriteBytes) {
      const bytes = new Uint8Array(Math.min(rewriteBytes, reader.end - at));
      readWhole(file, bytes, at);
      writeWhole(file, bytes, 0, bytes.length, at);
    }
    file.syncNow();
    this.#files.syncFolder(this.#folder);
  }

  #path(number: number): string {
    return join(this.#folder, segmentName(number));
  }
}
