/**
 * Runs seeds side by side until one breaks a rule.
 *
 * Seeds are handed out in ascending order, and all that are under way are waited for: so what is found is the lowest
 * failing seed of the range, whatever the number of threads and however fast each is.
 */
import type { Pool } from "./pool.ts";
import { Totals, type Counts } from "./totals.ts";
import type { CheckOptions } from "./target.ts";
import type { Failed } from "./tasks.ts";

export interface SearchPlan extends CheckOptions {
  readonly first: number;
  /** Included. */
  readonly last: number;
  /** After so long no more seeds are begun. */
  readonly seconds: number | undefined;
}

export interface Searched {
  readonly counts: Counts;
  readonly wallSeconds: number;
  /** The lowest seed that broke a rule. */
  readonly failed: Failed | undefined;
}

/** Before any seed was run. */
export const nothingSearched: Searched = { counts: new Totals().counts(), wallSeconds: 0, failed: undefined };

/** Seeds in a task: some tenths of a second, which cost one message each way. */
const mostSeedsPerTask = 4;

/** Tasks per thread that are under way, so that none waits for its next one. */
const tasksPerThread = 2;

/** Besides what a run throws: the pool has ended a thread that took too long, or its memory was not enough. */
function explain(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.name === "AbortError" ? "one of them does not end" : cause.message;
}

/** @param onSearched hears how far it has come, after each task */
export async function search(
  pool: Pool,
  { first, last, seconds, ...options }: SearchPlan,
  onSearched: (searched: Searched) => void,
): Promise<Searched> {
  const began = performance.now();
  const wallSeconds = (): number => (performance.now() - began) / 1000;
  const lanes = pool.threads * tasksPerThread;
  const seedsPerTask = Math.max(1, Math.min(mostSeedsPerTask, Math.floor((last - first + 1) / (lanes * 2))));
  const totals = new Totals();
  let next = first;
  let failed: Failed | undefined;
  const searched = (): Searched => ({ counts: totals.counts(), wallSeconds: wallSeconds(), failed });
  const isOver = (): boolean =>
    failed !== undefined || next > last || (seconds !== undefined && wallSeconds() >= seconds);
  const run = async (): Promise<void> => {
    while (!isOver()) {
      const from = next;
      const through = Math.min(last, from + seedsPerTask - 1);
      next = through + 1;
      const result = await pool.run("seeds", { ...options, first: from, last: through }).catch((cause: unknown) => {
        throw new Error(`seeds ${from}..${through}: ${explain(cause)}`, { cause });
      });
      totals.add(result.counts);
      if (result.failed !== undefined && result.failed.seed < (failed?.seed ?? Infinity)) failed = result.failed;
      onSearched(searched());
    }
  };
  await Promise.all(Array.from({ length: lanes }, run));
  return searched();
}
