/**
 * Volatile snapshots in shared memory: the newest one survives the death of its thread, not of the process.
 */
import { MemoryHalf, newMemoryArea, type MemoryArea } from "./memory-area.ts";
import type { SnapshotInfo, SnapshotStore, SnapshotWriter } from "./snapshots.ts";

const what = "memory snapshots";
const defaultMaxBytes = 512 * 1024 * 1024;

/**
 * Memory for snapshots.
 *
 * @param maxBytes how large one may be; past it writing throws "full"
 */
export function newMemorySnapshotArea(maxBytes = defaultMaxBytes): MemoryArea {
  return newMemoryArea(maxBytes);
}

export class MemorySnapshots implements SnapshotStore {
  /** 0 when there is no snapshot, else 1 more than the half that holds it. */
  readonly #used: Int32Array<SharedArrayBuffer>;
  /** From word 2 on: slot and size of each half. */
  readonly #fields: Float64Array<SharedArrayBuffer>;
  readonly #halves: readonly [MemoryHalf, MemoryHalf];
  #writer: SnapshotWriter | undefined;

  constructor(area: MemoryArea) {
    this.#used = new Int32Array(area.control, 0, 1);
    this.#fields = new Float64Array(area.control);
    this.#halves = [new MemoryHalf(area.halves[0], what), new MemoryHalf(area.halves[1], what)];
  }

  latest(): SnapshotInfo | undefined {
    const half = this.#usedHalf();
    if (half === undefined) return undefined;
    return { slot: this.#fields[slotWord(half)] ?? 0, sizeBytes: this.#fields[sizeWord(half)] ?? 0 };
  }

  read(slot: number, offset: number, sizeBytes: number): Uint8Array | undefined {
    const half = this.#usedHalf();
    const latest = this.latest();
    if (half === undefined || latest?.slot !== slot) return undefined;
    return this.#halves[half].bytes.slice(offset, Math.min(offset + sizeBytes, latest.sizeBytes));
  }

  begin(slot: number): SnapshotWriter {
    const newest = this.latest()?.slot ?? 0;
    if (slot < newest) throw new RangeError(`slot: expected at least ${newest}, got ${slot}`);
    if (this.#writer !== undefined) throw new Error("another snapshot is being written");
    const half = this.#usedHalf() === 0 ? 1 : 0;
    const target = this.#halves[half];
    let size = 0;
    const requireOpen = (): void => {
      if (this.#writer !== writer) throw new Error("the snapshot was committed or abandoned");
    };
    const writer: SnapshotWriter = {
      append: (bytes) => {
        requireOpen();
        target.reserve(size + bytes.length);
        target.bytes.set(bytes, size);
        size += bytes.length;
      },
      commit: (done) => {
        requireOpen();
        this.#writer = undefined;
        this.#fields[slotWord(half)] = slot;
        this.#fields[sizeWord(half)] = size;
        Atomics.store(this.#used, 0, half + 1);
        done();
      },
      abandon: () => {
        if (this.#writer === writer) this.#writer = undefined;
      },
    };
    this.#writer = writer;
    return writer;
  }

  close(): void {
    this.#writer = undefined;
  }

  #usedHalf(): 0 | 1 | undefined {
    const used = Atomics.load(this.#used, 0);
    return used === 0 ? undefined : used === 1 ? 0 : 1;
  }
}

function slotWord(half: 0 | 1): number {
  return 2 + 2 * half;
}

function sizeWord(half: 0 | 1): number {
  return 3 + 2 * half;
}
