/**
 * Shared memory for volatile storage: its owner, the main thread, makes it and hands it to a worker thread, so that it
 * outlives the death of that thread at any instruction, though not of the process.
 *
 * Two halves: one is in use, the other is where the next contents are prepared. What makes a change visible is one
 * atomic store, after the bytes: of a half's length, or of which half is in use.
 */
import { StorageError } from "./error.ts";

/** A structured-cloneable handle to the memory: post it to the thread that opens it. */
export interface MemoryArea {
  /** Which half is in use, then two words for each half, whose meaning is the user's. */
  readonly control: SharedArrayBuffer;
  readonly halves: readonly [SharedArrayBuffer, SharedArrayBuffer];
}

const firstBytes = 64 * 1024;
const mostBytes = 1024 * 1024 * 1024;
const controlWords = 8;

/**
 * @param maxBytes how far each half may grow; memory is taken as it grows, and is given back with the area
 */
export function newMemoryArea(maxBytes: number): MemoryArea {
  if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > mostBytes) {
    throw new RangeError(`maxBytes: expected 1 to ${mostBytes}, got ${maxBytes}`);
  }
  const half = (): SharedArrayBuffer =>
    new SharedArrayBuffer(Math.min(firstBytes, maxBytes), { maxByteLength: maxBytes });
  return {
    control: new SharedArrayBuffer(controlWords * Float64Array.BYTES_PER_ELEMENT),
    halves: [half(), half()],
  };
}

/** One half: bytes that grow up to its bound. */
export class MemoryHalf {
  readonly #buffer: SharedArrayBuffer;
  readonly #what: string;
  bytes: Uint8Array<SharedArrayBuffer>;
  view: DataView<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer, what: string) {
    this.#buffer = buffer;
    this.#what = what;
    this.bytes = new Uint8Array(buffer, 0, buffer.byteLength);
    this.view = new DataView(buffer, 0, buffer.byteLength);
  }

  /**
   * Makes room for `sizeBytes` in all.
   *
   * @throws StorageError "full" past the bound
   */
  reserve(sizeBytes: number): void {
    const length = this.#buffer.byteLength;
    if (sizeBytes <= length) return;
    const most = this.#buffer.maxByteLength;
    if (sizeBytes > most) throw new StorageError("full", this.#what, `needs ${sizeBytes} bytes, has ${most}`);
    this.#buffer.grow(Math.min(most, Math.max(sizeBytes, length * 2)));
    this.bytes = new Uint8Array(this.#buffer, 0, this.#buffer.byteLength);
    this.view = new DataView(this.#buffer, 0, this.#buffer.byteLength);
  }
}
