/**
 * CRC-32C, the Castagnoli checksum (RFC 3720 §12.1): it stands behind every frame and every log record, so it is
 * computed sixteen bytes at a time.
 *
 * Slicing: the checksum of 16 bytes is the exclusive or of one table entry per byte, table k giving what a byte
 * contributes when k more bytes follow it (Kounavis and Berry, *A Systematic Approach to Building High Performance
 * Software-Based CRC Generators*, 2005).
 */

/** The polynomial 0x1EDC6F41, bit-reversed. */
const polynomial = 0x82f63b78;
const slices = 16;

/** The tables one after the other, 256 entries each: entry `k * 256 + b` is byte b followed by k zero bytes. */
const tables = newTables();

function newTables(): Int32Array {
  const entries = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let checksum = byte;
    for (let bit = 0; bit < 8; bit++) checksum = (checksum >>> 1) ^ (checksum & 1 ? polynomial : 0);
    entries[byte] = checksum;
  }
  for (let i = 256; i < entries.length; i++) {
    const shorter = entries[i - 256] ?? 0;
    entries[i] = (shorter >>> 8) ^ (entries[shorter & 0xff] ?? 0);
  }
  return entries;
}

/** Below this many bytes the view that reads whole words costs more than it saves. */
const viewBytes = 64;

/**
 * The CRC-32C of the bytes from `start` to `end`, from 0 to 2^32 - 1.
 *
 * @param seed the checksum of the bytes before these, when a checksum is computed in parts
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  if (start < 0 || end > bytes.length) throw new RangeError(`bytes ${start} to ${end} of ${bytes.length}`);
  let checksum = ~seed;
  let at = start;
  if (end - start >= viewBytes) {
    const whole = end - ((end - start) % slices);
    checksum = addSlices(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), start, whole, checksum);
    at = whole;
  }
  for (; at < end; at++) checksum = (checksum >>> 8) ^ (tables[((bytes[at] ?? 0) ^ checksum) & 0xff] ?? 0);
  return ~checksum >>> 0;
}

// `?? 0` is never taken: it costs nothing beside the bounds check that a typed array makes anyway.
function addSlices(view: DataView, start: number, end: number, before: number): number {
  const table = tables;
  let checksum = before;
  for (let at = start; at < end; at += slices) {
    const first = view.getInt32(at, true) ^ checksum;
    const second = view.getInt32(at + 4, true);
    const third = view.getInt32(at + 8, true);
    const fourth = view.getInt32(at + 12, true);
    checksum =
      (table[3840 + (first & 0xff)] ?? 0) ^
      (table[3584 + ((first >>> 8) & 0xff)] ?? 0) ^
      (table[3328 + ((first >>> 16) & 0xff)] ?? 0) ^
      (table[3072 + (first >>> 24)] ?? 0) ^
      (table[2816 + (second & 0xff)] ?? 0) ^
      (table[2560 + ((second >>> 8) & 0xff)] ?? 0) ^
      (table[2304 + ((second >>> 16) & 0xff)] ?? 0) ^
      (table[2048 + (second >>> 24)] ?? 0) ^
      (table[1792 + (third & 0xff)] ?? 0) ^
      (table[1536 + ((third >>> 8) & 0xff)] ?? 0) ^
      (table[1280 + ((third >>> 16) & 0xff)] ?? 0) ^
      (table[1024 + (third >>> 24)] ?? 0) ^
      (table[768 + (fourth & 0xff)] ?? 0) ^
      (table[512 + ((fourth >>> 8) & 0xff)] ?? 0) ^
      (table[256 + ((fourth >>> 16) & 0xff)] ?? 0) ^
      (table[fourth >>> 24] ?? 0);
  }
  return checksum;
}
