/**
 * Reads a log segment back: visits its whole records, and tells a torn tail from damage to what had been durable.
 */
import { StorageError } from "./error.ts";
import { readWhole, type OpenFile } from "./files.ts";
import { integer, u32 } from "./numbers.ts";
import {
  decodeHeader,
  headerBytes,
  maxRecordBytes,
  recordChecksum,
  recordHeaderBytes,
  recordSeed,
  sealPosition,
  type SegmentHeader,
} from "./segment.ts";

/** What is read at a time, unless a record is longer. */
const chunkBytes = 1024 * 1024;

export class SegmentReader {
  readonly header: SegmentHeader;
  records = 0;
  recordBytes = 0;
  /** The highest position of its records; 0 when none has one. */
  maxPosition = 0;
  /** The bytes of the file that are known to be on stable storage, and not only in the system's cache. */
  durableBytes: number;
  /** The end of the last whole record. */
  end = headerBytes;
  /** A seal is its last record. */
  sealed = false;
  /** Bytes of the file. */
  readonly sizeBytes: number;

  readonly #file: OpenFile;
  /** The part of the file that is in memory. It is never read over: the records visited are views of it. */
  #chunk = new Uint8Array(0);
  #chunkAt = 0;

  constructor(file: OpenFile, number: number) {
    this.#file = file;
    this.sizeBytes = file.size();
    const bytes = new Uint8Array(Math.min(headerBytes, this.sizeBytes));
    readWhole(file, bytes, 0);
    this.header = decodeHeader(bytes, file.path, number);
    this.durableBytes = this.header.bornBytes;
    if (this.sizeBytes < this.durableBytes) throw this.#corrupt(this.sizeBytes, "the segment is cut off");
  }

  /**
   * Visits the whole records up to the end or the first damage.
   *
   * @throws StorageError "corrupt" when what is damaged had been durable
   */
  read(visit: (record: Uint8Array) => void): void {
    while (this.end < this.sizeBytes) {
      const offset = this.end;
      const index = this.#recordAt(offset);
      if (index === undefined) break;
      const start = index + recordHeaderBytes;
      const length = u32(this.#chunk, index + 4);
      const position = integer(this.#chunk, index + 12);
      this.durableBytes = Math.max(this.durableBytes, offset - u32(this.#chunk, index + 8));
      this.end = offset + recordHeaderBytes + length;
      this.sealed = position === sealPosition;
      if (this.sealed) continue;
      this.records += 1;
      this.recordBytes += length;
      this.maxPosition = Math.max(this.maxPosition, position);
      visit(this.#chunk.subarray(start, start + length));
    }
    if (this.end < this.sizeBytes) this.#checkTail();
  }

  /** The damaged rest of a segment that is not the last one had been durable. */
  requireWhole(): void {
    if (this.end < this.sizeBytes) throw this.#corrupt(this.end, "a record is damaged, and later segments follow");
  }

  /** Throws when the damaged rest is more than the torn tail of a crash. */
  #checkTail(): void {
    if (this.end < this.durableBytes) throw this.#corrupt(this.end, "a record of the checkpoint is damaged");
    for (let offset = this.end + 1; offset + recordHeaderBytes <= this.sizeBytes; offset++) {
      const index = this.#recordAt(offset);
      if (index === undefined) continue;
      if (offset - u32(this.#chunk, index + 8) > this.end) {
        throw this.#corrupt(this.end, `a record is damaged that was durable before the one at byte ${offset}`);
      }
    }
  }

  /** Where in the chunk the record at `offset` of the file begins; undefined when there is no whole record. */
  #recordAt(offset: number): number | undefined {
    const room = this.sizeBytes - offset - recordHeaderBytes;
    if (room < 0) return undefined;
    let index = this.#load(offset, recordHeaderBytes);
    const length = u32(this.#chunk, index + 4);
    if (length > room || length > maxRecordBytes) return undefined;
    if (u32(this.#chunk, index + 8) > offset - headerBytes) return undefined;
    if (!Number.isSafeInteger(integer(this.#chunk, index + 12))) return undefined;
    index = this.#load(offset, recordHeaderBytes + length);
    const checksum = recordChecksum(this.#chunk, index, length, recordSeed(this.header.checksum, offset));
    return u32(this.#chunk, index) === checksum ? index : undefined;
  }

  /** Brings `count` bytes from `offset` of the file on into memory, and says where in the chunk they begin. */
  #load(offset: number, count: number): number {
    if (offset < this.#chunkAt || offset + count > this.#chunkAt + this.#chunk.length) {
      const chunk = new Uint8Array(Math.min(Math.max(count, chunkBytes), this.sizeBytes - offset));
      readWhole(this.#file, chunk, offset);
      this.#chunk = chunk;
      this.#chunkAt = offset;
    }
    return offset - this.#chunkAt;
  }

  #corrupt(offset: number, detail: string): StorageError {
    return new StorageError("corrupt", `${this.#file.path} at byte ${offset}`, detail);
  }
}
