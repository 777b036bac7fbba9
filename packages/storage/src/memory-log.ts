/**
 * A volatile log in shared memory: it survives the death of its thread, not of the process. It has segments as the file
 * log has, so that the same driver bounds both.
 *
 *     record   length 4 | kind 4 | position 8 | body, padded to 8
 *
 * A record of kind 1 has no body and begins a segment.
 */
import { StorageError } from "./error.ts";
import type { Log, Recovery } from "./log.ts";
import { MemoryHalf, newMemoryArea, type MemoryArea } from "./memory-area.ts";

const what = "memory log";
const recordHeaderBytes = 16;
const isRecord = 0;
const beginsSegment = 1;
const defaultMaxBytes = 256 * 1024 * 1024;

interface Segment {
  readonly start: number;
  maxPosition: number;
}

/**
 * Memory for a log.
 *
 * @param maxBytes how large the log may become; past it appending throws "full"
 */
export function newMemoryLogArea(maxBytes = defaultMaxBytes): MemoryArea {
  return newMemoryArea(maxBytes);
}

export class MemoryLog implements Log {
  /** Word 0: the half in use. Words 2 and 3: the length of each half that is published. */
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #halves: readonly [MemoryHalf, MemoryHalf];
  #segments: Segment[] = [];
  #end = 0;
  #failure: StorageError | undefined;

  constructor(area: MemoryArea) {
    this.#control = new Int32Array(area.control);
    this.#halves = [new MemoryHalf(area.halves[0], what), new MemoryHalf(area.halves[1], what)];
  }

  get segmentBytes(): number {
    return this.#end - (this.#segments.at(-1)?.start ?? 0);
  }

  get sizeBytes(): number {
    return this.#end;
  }

  recover(visit: (record: Uint8Array) => void): Recovery {
    if (this.#segments.length > 0) throw new Error("the log was recovered before");
    const { bytes, view } = this.#half(this.#used());
    const end = Atomics.load(this.#control, lengthWord(this.#used()));
    const recovery = { records: 0, sizeBytes: 0, tornBytes: 0 };
    this.#segments.push({ start: 0, maxPosition: 0 });
    while (this.#end < end) {
      const at = this.#end;
      const length = view.getUint32(at, true);
      const body = at + recordHeaderBytes;
      this.#end = paddedEnd(body + length);
      if (view.getUint32(at + 4, true) === beginsSegment) {
        if (at > 0) this.#segments.push({ start: at, maxPosition: 0 });
        continue;
      }
      this.#raisePosition(view.getFloat64(at + 8, true));
      recovery.records += 1;
      recovery.sizeBytes += length;
      visit(bytes.slice(body, body + length));
    }
    return recovery;
  }

  append(record: Uint8Array, position: number): void {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(`position: expected an integer from 0, got ${position}`);
    }
    this.#put(record, isRecord, position);
    this.#raisePosition(position);
  }

  sync(done: (failure?: StorageError) => void): void {
    if (this.#failure === undefined) this.#publish();
    done(this.#failure);
  }

  rotate(checkpoint: readonly Uint8Array[]): void {
    const start = this.#end;
    this.#put(new Uint8Array(0), beginsSegment, 0);
    if (start > 0) this.#segments.push({ start, maxPosition: 0 });
    for (const record of checkpoint) this.#put(record, isRecord, 0);
    this.#publish();
  }

  trim(position: number): void {
    this.#requireUsable();
    const kept = this.#segments.findIndex(
      ({ maxPosition }, index) => maxPosition > position || index === this.#segments.length - 1,
    );
    const start = this.#segments[kept]?.start ?? 0;
    if (start === 0) return;
    const used = this.#used();
    const other = used === 0 ? 1 : 0;
    const length = this.#end - start;
    const target = this.#half(other);
    try {
      target.reserve(length);
    } catch (cause) {
      throw this.#fail(cause);
    }
    target.bytes.set(this.#half(used).bytes.subarray(start, this.#end));
    Atomics.store(this.#control, lengthWord(other), length);
    Atomics.store(this.#control, 0, other);
    this.#segments = this.#segments.slice(kept).map((one) => ({ ...one, start: one.start - start }));
    this.#end = length;
  }

  close(): void {
    this.#failure ??= new StorageError("io", what, "the log is closed");
  }

  #put(record: Uint8Array, kind: number, position: number): void {
    this.#requireUsable();
    const at = this.#end;
    const body = at + recordHeaderBytes;
    const end = paddedEnd(body + record.length);
    const half = this.#half(this.#used());
    try {
      half.reserve(end);
    } catch (cause) {
      throw this.#fail(cause);
    }
    half.view.setUint32(at, record.length, true);
    half.view.setUint32(at + 4, kind, true);
    half.view.setFloat64(at + 8, position, true);
    half.bytes.set(record, body);
    this.#end = end;
  }

  #publish(): void {
    Atomics.store(this.#control, lengthWord(this.#used()), this.#end);
  }

  #requireUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#segments.length === 0) throw new Error("the log must be recovered first");
  }

  #fail(cause: unknown): StorageError {
    if (!(cause instanceof StorageError)) throw cause;
    this.#failure = cause;
    return cause;
  }

  #raisePosition(position: number): void {
    const segment = this.#segments.at(-1);
    if (segment !== undefined && position > segment.maxPosition) segment.maxPosition = position;
  }

  #used(): 0 | 1 {
    return Atomics.load(this.#control, 0) === 0 ? 0 : 1;
  }

  #half(index: 0 | 1): MemoryHalf {
    return this.#halves[index];
  }
}

function lengthWord(half: 0 | 1): number {
  return 2 + half;
}

function paddedEnd(end: number): number {
  return (end + 7) & ~7;
}
