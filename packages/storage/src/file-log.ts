/**
 * A durable log: append-only segments in a folder.
 *
 * What is appended gathers in memory; a sync writes it with one write and makes it durable with one `fdatasync`, which
 * covers all that was appended before (group commit). One sync runs at a time: the system may report a lost write to
 * only one of two that overlap.
 */
import { StorageError } from "./error.ts";
import type { FileLayer } from "./files.ts";
import type { Log, Recovery } from "./log.ts";
import { nodeFiles } from "./node-files.ts";
import { headerBytes, maxRecordBytes, sealPosition } from "./segment.ts";
import { SegmentFolder, type CurrentSegment } from "./segment-folder.ts";
import { SegmentWriter, Staging } from "./segment-writer.ts";

type Done = (failure?: StorageError) => void;

/** A segment that is not appended to any more. */
interface OlderSegment {
  readonly path: string;
  readonly sizeBytes: number;
  readonly maxPosition: number;
}

export class FileLog implements Log {
  readonly #folder: string;
  readonly #segments: SegmentFolder;
  readonly #staging = new Staging();
  readonly #older: OlderSegment[] = [];
  #olderBytes = 0;
  #writer: SegmentWriter | undefined;
  #failure: StorageError | undefined;
  #syncing = false;
  /** What waits for the sync after the one that runs. */
  #next: Done[] = [];

  /**
   * @param folder where the segments are; `recover` makes it when it is not there. Nobody else may use it: see
   *   `lockFolder`
   */
  constructor(folder: string, files: FileLayer = nodeFiles()) {
    this.#folder = folder;
    this.#segments = new SegmentFolder(folder, files);
  }

  get segmentBytes(): number {
    return this.#writer?.sizeBytes ?? 0;
  }

  get sizeBytes(): number {
    return this.#olderBytes + this.segmentBytes;
  }

  recover(visit: (record: Uint8Array) => void): Recovery {
    if (this.#writer !== undefined || this.#failure !== undefined) throw new Error("the log was opened before");
    const numbers = this.#segments.find();
    const last = numbers.at(-1);
    if (last === undefined) {
      this.#appendTo(this.#segments.create(1, []));
      return { records: 0, sizeBytes: 0, tornBytes: 0 };
    }
    let records = 0;
    let sizeBytes = 0;
    for (const number of numbers.slice(0, -1)) {
      const { path, reader } = this.#segments.readOlder(number, visit);
      records += reader.records;
      sizeBytes += reader.recordBytes;
      this.#addOlder({ path, sizeBytes: reader.sizeBytes, maxPosition: reader.maxPosition });
    }
    const current = this.#segments.openLast(last, visit);
    this.#appendTo(current);
    const { reader, tornBytes } = current;
    return { records: records + reader.records, sizeBytes: sizeBytes + reader.recordBytes, tornBytes };
  }

  append(record: Uint8Array, position: number): void {
    if (!Number.isSafeInteger(position) || position < 0 || position === sealPosition) {
      throw new RangeError(`position: expected an integer from 0 to ${sealPosition - 1}, got ${position}`);
    }
    if (record.length > maxRecordBytes) {
      throw new RangeError(`record: expected at most ${maxRecordBytes} bytes, got ${record.length}`);
    }
    const writer = this.#usable();
    try {
      writer.append(record, position);
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  sync(done: Done): void {
    if (this.#syncing) this.#next.push(done);
    else this.#begin([done]);
  }

  rotate(checkpoint: readonly Uint8Array[]): void {
    const writer = this.#usable();
    // The system may tell of a lost write only the sync that runs: one made here would take for durable what is not.
    if (this.#syncing) throw new RangeError("rotate: a sync is under way; rotate when it is done");
    try {
      writer.flush();
      if (writer.durableBytes < writer.writtenBytes) writer.file.syncNow();
      const next = this.#segments.create(writer.header.number + 1, checkpoint);
      writer.file.close();
      this.#addOlder({ path: writer.file.path, sizeBytes: writer.sizeBytes, maxPosition: writer.maxPosition });
      this.#appendTo(next);
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  trim(position: number): void {
    this.#usable();
    try {
      // One at a time, each durable: if a later segment's removal could survive an earlier one's, a crash would leave a
      // gap.
      for (let oldest = this.#older[0]; oldest !== undefined; oldest = this.#older[0]) {
        if (oldest.maxPosition > position) return;
        this.#segments.remove(oldest.path);
        this.#older.shift();
        this.#olderBytes -= oldest.sizeBytes;
      }
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  close(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    // A seal says that all before it is durable, which is not known while a sync is under way.
    if (this.#failure === undefined && !this.#syncing) this.#seal(writer);
    this.#fail(new StorageError("io", this.#folder, "the log is closed"));
    this.#writer = undefined;
    writer.file.close();
    this.#reportFailure(this.#takeNext());
  }

  #usable(): SegmentWriter {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#writer === undefined) throw new Error("the log must be recovered first");
    return this.#writer;
  }

  #begin(waiting: readonly Done[]): void {
    if (this.#failure !== undefined) {
      this.#reportFailure(waiting);
      return;
    }
    const writer = this.#usable();
    try {
      writer.flush();
    } catch (cause) {
      this.#fail(cause);
      this.#reportFailure(waiting);
      return;
    }
    if (writer.durableBytes === writer.writtenBytes) {
      for (const done of waiting) done();
      return;
    }
    const through = writer.writtenBytes;
    this.#syncing = true;
    writer.file.sync((failure) => {
      this.#syncing = false;
      if (failure !== undefined) this.#fail(failure);
      if (this.#failure !== undefined) {
        this.#reportFailure([...waiting, ...this.#takeNext()]);
        return;
      }
      writer.durableBytes = through;
      for (const done of waiting) done();
      if (!this.#syncing && this.#next.length > 0) this.#begin(this.#takeNext());
    });
  }

  #takeNext(): readonly Done[] {
    const next = this.#next;
    this.#next = [];
    return next;
  }

  #reportFailure(waiting: readonly Done[]): void {
    for (const done of waiting) done(this.#failure);
  }

  /** Remembers the first failure: nobody knows what is on the disk from here on. */
  #fail(cause: unknown): StorageError {
    this.#failure ??=
      cause instanceof StorageError ? cause : new StorageError("io", this.#folder, String(cause), { cause });
    return this.#failure;
  }

  /** After a clean end, damage to any record is told from a torn tail. It promises nothing new, so it may fail. */
  #seal(writer: SegmentWriter): void {
    const nothingNew = writer.sealed || writer.sizeBytes === headerBytes;
    if (nothingNew || this.#syncing || writer.durableBytes < writer.sizeBytes) return;
    try {
      writer.append(new Uint8Array(0), sealPosition);
      writer.flush();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #appendTo({ file, reader }: CurrentSegment): void {
    this.#writer = new SegmentWriter(file, reader.header, this.#staging, reader);
  }

  #addOlder(segment: OlderSegment): void {
    this.#older.push(segment);
    this.#olderBytes += segment.sizeBytes;
  }
}
