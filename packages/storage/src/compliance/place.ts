/**
 * What a compliance suite needs of an adapter, and the shape of its cases, which any test runner runs in one line:
 *
 *     for (const { name, run } of logCompliance) test(name, () => run(newPlace))
 */
import type { StorageError } from "../error.ts";

/** A place where an adapter keeps its data, empty at first. */
export interface Place<Adapter> {
  /** Opens what is there. Before it is called again, what was opened was closed, or `crash` was called. */
  open(): Adapter;
  /**
   * The adapter that is open dies at once, as by the worst failure that it is made for: what it reported durable stays,
   * the rest may be lost.
   */
  crash(): void;
}

export type NewPlace<Adapter> = () => Place<Adapter> | Promise<Place<Adapter>>;

export interface ComplianceCase<Adapter> {
  readonly name: string;
  /** Rejects when the adapter does not comply. */
  readonly run: (newPlace: NewPlace<Adapter>) => Promise<void>;
}

/** What takes a callback as a promise, which rejects also when the callback is called again at once. */
export async function completed(start: (done: (failure?: StorageError) => void) => void): Promise<void> {
  let calls = 0;
  await new Promise<void>((resolve, reject) => {
    start((failure) => {
      calls += 1;
      if (failure === undefined) resolve();
      else reject(failure);
    });
  });
  if (calls !== 1) throw new Error(`done was called ${calls} times`);
}

/** `size` bytes that differ from those of another `seed`. */
export function sampleBytes(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >>> 8) * 7 + seed * 101) & 0xff);
}
