/**
 * Appends records to a log segment: they gather in one buffer, which is written with one write when it is flushed.
 */
import { StorageError } from "./error.ts";
import { writeWhole, type OpenFile } from "./files.ts";
import {
  encodeHeader,
  encodeRecordHeader,
  headerBytes,
  recordHeaderBytes,
  recordSeed,
  sealPosition,
  type SegmentHeader,
} from "./segment.ts";

const firstStagingBytes = 64 * 1024;
/** What gathers before it is written ahead of the sync. */
const mostStagingBytes = 4 * 1024 * 1024;
/** What a record can say of the bytes before it. */
const mostUnsyncedBytes = 2 ** 32 - 1;

/** Bytes on their way to a file; one buffer serves all segments of a log. */
export class Staging {
  bytes = new Uint8Array(firstStagingBytes);
  length = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}

export class SegmentWriter {
  readonly file: OpenFile;
  readonly header: SegmentHeader;
  maxPosition: number;
  /** The bytes known to be durable. */
  durableBytes: number;
  /** The last record is a seal. */
  sealed: boolean;
  readonly #staging: Staging;
  #written: number;

  constructor(file: OpenFile, header: SegmentHeader, staging: Staging, found: SegmentEnd) {
    this.file = file;
    this.header = header;
    this.#staging = staging;
    this.#written = found.end;
    this.durableBytes = found.end;
    this.maxPosition = found.maxPosition;
    this.sealed = found.sealed;
  }

  /** The bytes of the segment, those on their way to the file included. */
  get sizeBytes(): number {
    return this.#written + this.#staging.length;
  }

  /** The bytes handed to the file. */
  get writtenBytes(): number {
    return this.#written;
  }

  append(record: Uint8Array, position: number): void {
    const count = recordHeaderBytes + record.length;
    const staging = this.#staging;
    if (staging.length > 0 && staging.length + count > mostStagingBytes) this.flush();
    staging.reserve(count);
    const at = staging.length;
    const offset = this.#written + at;
    const unsyncedBytes = offset - this.durableBytes;
    if (unsyncedBytes > mostUnsyncedBytes) {
      throw new StorageError("full", this.file.path, `more than ${mostUnsyncedBytes} bytes wait for a sync`);
    }
    staging.bytes.set(record, at + recordHeaderBytes);
    const seed = recordSeed(this.header.checksum, offset);
    encodeRecordHeader(staging.bytes, at, record.length, unsyncedBytes, position, seed);
    staging.length = at + count;
    this.sealed = position === sealPosition;
    if (!this.sealed && position > this.maxPosition) this.maxPosition = position;
  }

  /** Writes what has gathered. */
  flush(): void {
    const { bytes, length } = this.#staging;
    if (length === 0) return;
    this.#staging.length = 0;
    writeWhole(this.file, bytes, 0, length, this.#written);
    this.#written += length;
  }
}

/** How a segment ends. */
export interface SegmentEnd {
  readonly end: number;
  readonly maxPosition: number;
  readonly sealed: boolean;
}

/** Writes a whole segment that holds `checkpoint` to an empty file. */
export function writeNewSegment(file: OpenFile, number: number, checkpoint: readonly Uint8Array[]): void {
  const size = checkpoint.reduce((sum, record) => sum + recordHeaderBytes + record.length, headerBytes);
  const bytes = new Uint8Array(size);
  const header = encodeHeader(bytes, number, size);
  let at = headerBytes;
  for (const record of checkpoint) {
    bytes.set(record, at + recordHeaderBytes);
    encodeRecordHeader(bytes, at, record.length, at - headerBytes, 0, recordSeed(header.checksum, at));
    at += recordHeaderBytes + record.length;
  }
  writeWhole(file, bytes, 0, size, 0);
}
