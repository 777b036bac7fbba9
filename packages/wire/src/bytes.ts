/**
 * Reading and writing bytes with bounds checks. All numbers are little-endian.
 *
 * Texts are byte strings: a string whose every code unit is one byte (0 to 255). UTF-8 is encoded and decoded at the
 * edges, by `utf8Bytes` and `utf8Text`; between them a machine compares, joins and stores byte strings as they are.
 */

/** Bytes that are not what they should be: says where, and what was expected. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  /** The offset of the first byte that is wrong, within the bytes given to the decoder. */
  readonly offset: number;
  /** The field or part that was being read. */
  readonly field: string;
  readonly expected: string;

  constructor(field: string, offset: number, expected: string) {
    super(`${field} at byte ${offset}: expected ${expected}`);
    this.field = field;
    this.offset = offset;
    this.expected = expected;
  }
}

const twoTo32 = 2 ** 32;

/** Writes at its end, growing as needed. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  u32(value: number): void {
    this.#setU32(this.#grow(4), value);
  }

  /** A safe integer from 0, in 8 bytes. */
  integer(value: number): void {
    const at = this.#grow(8);
    this.#setU32(at, value);
    this.#setU32(at + 4, Math.floor(value / twoTo32));
  }

  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** A length of 4 bytes, then the bytes. */
  bytes(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** A length of 4 bytes, then a byte string. */
  text(text: string): void {
    this.u32(text.length);
    this.rawText(text);
  }

  /** A byte string as it is, without a length. */
  rawText(text: string): void {
    const length = text.length;
    const at = this.#grow(length);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  }

  /** Writes over 4 bytes that were written before, such as a length that is known only now. */
  setU32(at: number, value: number): void {
    if (at + 4 > this.#length) throw new RangeError(`offset ${at} is past the ${this.#length} bytes written`);
    this.#setU32(at, value);
  }

  /** The bytes from `start` to `end` as a view, which the next write may overwrite or abandon. */
  view(start = 0, end = this.#length): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(start, end);
  }

  /** The bytes written, with their buffer; the writer begins anew with another of `capacityBytes`. */
  take(capacityBytes = 256): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(capacityBytes);
    this.#length = 0;
    return taken;
  }

  /** Forgets what was written from `length` on. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** Forgets what was written and keeps the buffer. */
  clear(): void {
    this.#length = 0;
  }

  #setU32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  /** Makes room for `count` bytes and returns where they begin. */
  #grow(count: number): number {
    const at = this.#length;
    const length = at + count;
    if (length > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
    }
    this.#length = length;
    return at;
  }
}

/** Reads from the front; every read is checked, and what it returns is a view or a copy as its name says. */
export class ByteReader {
  #bytes: Uint8Array;
  #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  /** Reads other bytes from here on, so that one reader serves many. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  u8(field: string): number {
    return this.#byte(this.#take(1, field));
  }

  u32(field: string): number {
    return this.#u32(this.#take(4, field));
  }

  integer(field: string): number {
    const at = this.#take(8, field);
    const value = this.#u32(at + 4) * twoTo32 + this.#u32(at);
    if (!Number.isSafeInteger(value)) throw new DecodeError(field, at, "an integer below 2^53");
    return value;
  }

  flag(field: string): boolean {
    const at = this.#take(1, field);
    const value = this.#byte(at);
    if (value > 1) throw new DecodeError(field, at, `0 or 1, got ${value}`);
    return value === 1;
  }

  /** The next `count` bytes, as a view of what is read. */
  raw(count: number, field: string): Uint8Array {
    const at = this.#take(count, field);
    return this.#bytes.subarray(at, at + count);
  }

  /** A length of 4 bytes, then the bytes, as a view of what is read. */
  bytes(field: string): Uint8Array {
    return this.raw(this.u32(field), field);
  }

  /** A length of 4 bytes, then a byte string. */
  text(field: string): string {
    return this.rawText(this.u32(field), field);
  }

  /** The next `count` bytes as a byte string. */
  rawText(count: number, field: string): string {
    const at = this.#take(count, field);
    return byteString(this.#bytes, at, at + count);
  }

  /** Passes over the next `count` bytes. */
  skip(count: number, field: string): void {
    this.#take(count, field);
  }

  /** Goes on reading at `offset`, which lies ahead. */
  seek(offset: number, field: string): void {
    if (offset < this.#offset || offset > this.#end) {
      throw new DecodeError(field, this.#offset, `to go on at byte ${offset}, within ${this.#end}`);
    }
    this.#offset = offset;
  }

  /** Refuses anything left over. */
  end(field: string): void {
    if (this.remaining > 0) throw new DecodeError(field, this.#offset, `the end, got ${this.remaining} more bytes`);
  }

  #take(count: number, field: string): number {
    const at = this.#offset;
    if (count > this.#end - at) {
      throw new DecodeError(field, at, `${count} bytes, got ${this.#end - at}`);
    }
    this.#offset = at + count;
    return at;
  }

  /** `at` was checked by `#take`. */
  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #u32(at: number): number {
    const low = this.#byte(at) | (this.#byte(at + 1) << 8) | (this.#byte(at + 2) << 16) | (this.#byte(at + 3) << 24);
    return low >>> 0;
  }
}

/** Bytes that become text in one call; longer ones are joined. */
const chunkBytes = 1024;

/** Below this many bytes a call of the host's own conversion costs more than it saves. */
const nativeBytes = 32;

declare const Buffer:
  { readonly prototype: { latin1Slice?: (this: Uint8Array, start: number, end: number) => string } } | undefined;

/** Node's own conversion, where there is one: at 1000 bytes a third of the time of the portable one. */
const nativeText = typeof Buffer === "undefined" ? undefined : Buffer.prototype.latin1Slice;

/** An array of codes per length, reused: `fromCharCode` of an array gives a flat string without garbage. */
const codesOfLength: number[][] = Array.from({ length: chunkBytes + 1 }, () => []);

/** The bytes from `start` to `end` as a byte string. */
export function byteString(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const length = end - start;
  if (length >= nativeBytes && nativeText !== undefined) return nativeText.call(bytes, start, end);
  if (length <= chunkBytes) return chunkText(bytes, start, length);
  const chunks: string[] = [];
  for (let i = start; i < end; i += chunkBytes) chunks.push(chunkText(bytes, i, Math.min(end - i, chunkBytes)));
  return chunks.join("");
}

function chunkText(bytes: Uint8Array, start: number, length: number): string {
  const codes = codesOfLength[length] ?? [];
  for (let i = 0; i < length; i++) codes[i] = bytes[start + i] ?? 0;
  return String.fromCharCode.apply(null, codes);
}
