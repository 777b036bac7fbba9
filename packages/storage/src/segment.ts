/**
 * The bytes of a log segment. All numbers are little-endian.
 *
 *     header   magic 8 | version 4 | number 8 | born 8 | checksum 4
 *     record   checksum 4 | length 4 | unsynced 4 | position 8 | body
 *
 * `born` counts the bytes that were durable when the file got its name: the header and the checkpoint.
 * `unsynced` counts the bytes right before the record that were not known to be durable when it was appended. A damaged
 * record is a torn tail only if no later record says that it had been durable: pages that were never synced reach the
 * disk in any order, so that a whole record behind a torn one proves nothing by itself.
 * A record's checksum begins with that of its header and the record's own offset, so that bytes of another place, or a
 * value that looks like a record, do not pass for one.
 */
import { crc32c } from "@synod/wire";
import { StorageError } from "./error.ts";
import { integer, setInteger, setU32, u32 } from "./numbers.ts";

export const formatVersion = 1;
export const headerBytes = 32;
export const recordHeaderBytes = 20;

/** The longest record; a longer one found in a file is damage. */
export const maxRecordBytes = 64 * 1024 * 1024;

/** The position of a seal: an empty record of the log's own, which says that all before it is durable. */
export const sealPosition = Number.MAX_SAFE_INTEGER;

const magic = new TextEncoder().encode("synodlog");
const nameDigits = 16;

export interface SegmentHeader {
  readonly number: number;
  readonly bornBytes: number;
  /** What the checksum of every record begins with. */
  readonly checksum: number;
}

export function segmentName(number: number): string {
  return `${String(number).padStart(nameDigits, "0")}.log`;
}

/** The name while the segment is being made; a crash may leave it behind. */
export function unfinishedName(number: number): string {
  return `${segmentName(number)}.new`;
}

export function isUnfinished(name: string): boolean {
  return /^\d{16}\.log\.new$/.test(name);
}

/** The number in a segment's name; undefined for any other file. */
export function segmentNumber(name: string): number | undefined {
  return /^\d{16}\.log$/.test(name) ? Number.parseInt(name, 10) : undefined;
}

/** Puts a header at the front of `into`. */
export function encodeHeader(into: Uint8Array, number: number, bornBytes: number): SegmentHeader {
  into.set(magic);
  setU32(into, 8, formatVersion);
  setInteger(into, 12, number);
  setInteger(into, 20, bornBytes);
  const checksum = crc32c(into, 0, 28);
  setU32(into, 28, checksum);
  return { number, bornBytes, checksum };
}

/** @throws StorageError "version" for another version, "corrupt" for anything else that is not the header expected */
export function decodeHeader(bytes: Uint8Array, path: string, number: number): SegmentHeader {
  if (bytes.length >= 12 && magic.every((byte, i) => bytes[i] === byte) && u32(bytes, 8) !== formatVersion) {
    const detail = `log format version ${u32(bytes, 8)}, expected ${formatVersion}`;
    throw new StorageError("version", `${path} at byte 8`, detail);
  }
  if (bytes.length < headerBytes || u32(bytes, 28) !== crc32c(bytes, 0, 28)) {
    throw new StorageError("corrupt", `${path} at byte 0`, "the header of the log segment is damaged");
  }
  if (!magic.every((byte, i) => bytes[i] === byte)) {
    throw new StorageError("corrupt", `${path} at byte 0`, "expected a log segment");
  }
  if (integer(bytes, 12) !== number) {
    throw new StorageError("corrupt", `${path} at byte 12`, `says segment ${integer(bytes, 12)}, expected ${number}`);
  }
  return { number, bornBytes: integer(bytes, 20), checksum: u32(bytes, 28) };
}

/** Puts the header of a record at `at`, in front of its body, which is there already. */
export function encodeRecordHeader(
  bytes: Uint8Array,
  at: number,
  length: number,
  unsyncedBytes: number,
  position: number,
  seed: number,
): void {
  setU32(bytes, at + 4, length);
  setU32(bytes, at + 8, unsyncedBytes);
  setInteger(bytes, at + 12, position);
  setU32(bytes, at, recordChecksum(bytes, at, length, seed));
}

/** The checksum of the record at `at`: of all but the checksum itself. */
export function recordChecksum(bytes: Uint8Array, at: number, length: number, seed: number): number {
  return crc32c(bytes, at + 4, at + recordHeaderBytes + length, seed);
}

/** What the checksum of the record at `offset` of a segment begins with. */
export function recordSeed(headerChecksum: number, offset: number): number {
  return (headerChecksum + offset) >>> 0;
}
