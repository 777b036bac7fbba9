/**
 * The bytes of a snapshot file. All numbers are little-endian.
 *
 *     header   magic 8 | version 4 | block size 4 | slot 8 | size 8 | checksum 4
 *     block    checksum 4 | at most block size bytes
 *
 * All blocks but the last are full, so that a part can be read and checked alone. A block's checksum begins with that of
 * the header's slot and its own number, so that a block of another place does not pass for it.
 */
import { crc32c } from "@synod/wire";
import { StorageError } from "./error.ts";
import { readWhole, type OpenFile } from "./files.ts";
import { integer, setInteger, setU32, u32 } from "./numbers.ts";
import type { SnapshotInfo } from "./snapshots.ts";

export const formatVersion = 1;
export const headerBytes = 36;
export const blockBytes = 64 * 1024;
export const blockHeaderBytes = 4;

const magic = new TextEncoder().encode("synodsnp");
const nameDigits = 16;

export function snapshotName(slot: number): string {
  return `${String(slot).padStart(nameDigits, "0")}.snapshot`;
}

/** The name while the snapshot is being written; a crash may leave it behind. */
export function unfinishedName(slot: number): string {
  return `${snapshotName(slot)}.new`;
}

export function isUnfinished(name: string): boolean {
  return /^\d{16}\.snapshot\.new$/.test(name);
}

/** The slot in a snapshot's name; undefined for any other file. */
export function snapshotSlot(name: string): number | undefined {
  return /^\d{16}\.snapshot$/.test(name) ? Number.parseInt(name, 10) : undefined;
}

/** Where block `index` begins in the file. */
export function blockOffset(index: number): number {
  return headerBytes + index * (blockHeaderBytes + blockBytes);
}

export function encodeHeader({ slot, sizeBytes }: SnapshotInfo): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  bytes.set(magic);
  setU32(bytes, 8, formatVersion);
  setU32(bytes, 12, blockBytes);
  setInteger(bytes, 16, slot);
  setInteger(bytes, 24, sizeBytes);
  setU32(bytes, 32, crc32c(bytes, 0, 32));
  return bytes;
}

/** @throws StorageError "version" for another version, "corrupt" for anything else than a whole snapshot of `slot` */
export function readHeader(file: OpenFile, slot: number): SnapshotInfo {
  const fileBytes = file.size();
  const bytes = new Uint8Array(Math.min(headerBytes, fileBytes));
  readWhole(file, bytes, 0);
  const known = magic.every((byte, i) => bytes[i] === byte);
  if (known && bytes.length >= 12 && u32(bytes, 8) !== formatVersion) {
    const detail = `snapshot format version ${u32(bytes, 8)}, expected ${formatVersion}`;
    throw new StorageError("version", `${file.path} at byte 8`, detail);
  }
  const sound = known && bytes.length === headerBytes && u32(bytes, 32) === crc32c(bytes, 0, 32);
  if (!sound || integer(bytes, 16) !== slot || u32(bytes, 12) !== blockBytes) {
    throw new StorageError("corrupt", `${file.path} at byte 0`, "the header of the snapshot is damaged");
  }
  const sizeBytes = integer(bytes, 24);
  const expected = headerBytes + sizeBytes + Math.ceil(sizeBytes / blockBytes) * blockHeaderBytes;
  if (fileBytes !== expected) {
    const detail = `the snapshot has ${fileBytes} bytes, expected ${expected}`;
    throw new StorageError("corrupt", `${file.path} at byte ${Math.min(fileBytes, expected)}`, detail);
  }
  return { slot, sizeBytes };
}

/** The checksum of a block that ends at `end` of `bytes`, which begin with room for it. */
export function blockChecksum(bytes: Uint8Array, end: number, slot: number, index: number): number {
  const place = new Uint8Array(16);
  setInteger(place, 0, slot);
  setInteger(place, 8, index);
  return crc32c(bytes, blockHeaderBytes, end, crc32c(place));
}

/**
 * The content of block `index`.
 *
 * @throws StorageError "corrupt" when it is not what was written
 */
export function readBlock(file: OpenFile, { slot, sizeBytes }: SnapshotInfo, index: number): Uint8Array {
  const length = Math.min(blockBytes, sizeBytes - index * blockBytes);
  const bytes = new Uint8Array(blockHeaderBytes + length);
  readWhole(file, bytes, blockOffset(index));
  if (u32(bytes, 0) !== blockChecksum(bytes, bytes.length, slot, index)) {
    throw new StorageError(
      "corrupt",
      `${file.path} at byte ${blockOffset(index)}`,
      "a block of the snapshot is damaged",
    );
  }
  return bytes.subarray(blockHeaderBytes);
}
