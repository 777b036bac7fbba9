/**
 * The bytes of a snapshot come in parts: cut by whoever wrote it, and cut anew by storage and by the network.
 */
import { byteString, DecodeError } from "@synod/wire";

/** A snapshot's parts are ended when they reach this many bytes. */
export const partBytes = 128 * 1024;

/**
 * An iterator over parts that are made on demand from what was captured at the call. A generator alone would not do:
 * its `finally` does not run when it is dropped before its first part.
 */
export function partsOf(produce: Iterator<Uint8Array>, release: () => void): IterableIterator<Uint8Array> {
  let ended = false;
  const end = (): IteratorReturnResult<undefined> => {
    if (!ended) release();
    ended = true;
    return { done: true, value: undefined };
  };
  return {
    [Symbol.iterator]() {
      return this;
    },
    next() {
      if (ended) return end();
      const part = produce.next();
      return part.done === true ? end() : part;
    },
    return: end,
  };
}

/** Reads values from parts, wherever the cuts are. Every read is checked. */
export class PartsReader {
  readonly #parts: Iterator<Uint8Array>;
  #part: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Bytes of the parts before this one. */
  #before = 0;

  constructor(parts: Iterable<Uint8Array>) {
    this.#parts = parts[Symbol.iterator]();
  }

  u32(field: string): number {
    const inPart = this.#at + 4 <= this.#part.length;
    const bytes = inPart ? this.#part : this.raw(4, field);
    const at = inPart ? this.#at : 0;
    if (inPart) this.#at += 4;
    const byte = (i: 0 | 1 | 2 | 3): number => bytes[at + i] ?? 0;
    return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0;
  }

  /** A safe integer from 0, in 8 bytes. */
  integer(field: string): number {
    const low = this.u32(field);
    const value = this.u32(field) * 2 ** 32 + low;
    if (!Number.isSafeInteger(value)) throw this.error(field, "an integer below 2^53");
    return value;
  }

  /** A length of 4 bytes, then a byte string. */
  text(field: string): string {
    return this.rawText(this.u32(field), field);
  }

  /** The next `count` bytes as a byte string. */
  rawText(count: number, field: string): string {
    const start = this.#at;
    if (start + count > this.#part.length) return byteString(this.raw(count, field));
    this.#at = start + count;
    return byteString(this.#part, start, this.#at);
  }

  /** A length of 4 bytes, then the bytes. */
  bytes(field: string): Uint8Array {
    return this.raw(this.u32(field), field);
  }

  /** The next `count` bytes: a view of a part when they lie in one. */
  raw(count: number, field: string): Uint8Array {
    if (this.#at + count <= this.#part.length) return this.#part.subarray(this.#at, (this.#at += count));
    // What is announced is not trusted with memory: only parts that are there are kept.
    const pieces: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#at === this.#part.length && !this.#nextPart()) throw this.error(field, `${missing} more bytes`);
      const piece = this.#part.subarray(this.#at, Math.min(this.#part.length, this.#at + missing));
      this.#at += piece.length;
      missing -= piece.length;
      pieces.push(piece);
    }
    return joined(pieces, count);
  }

  /** Refuses anything left over. */
  end(field: string): void {
    while (this.#at === this.#part.length) if (!this.#nextPart()) return;
    throw this.error(field, "the end");
  }

  /** An error about what is read next. */
  error(field: string, expected: string): DecodeError {
    return new DecodeError(field, this.#before + this.#at, expected);
  }

  #nextPart(): boolean {
    const next = this.#parts.next();
    if (next.done === true) return false;
    this.#before += this.#part.length;
    this.#part = next.value;
    this.#at = 0;
    return true;
  }
}

/** One array of bytes from pieces that are `sizeBytes` long together. */
function joined(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
