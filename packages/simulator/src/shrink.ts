/**
 * Makes a run that breaks a rule as small as it gets: the fewest faults and clients with which the same checker still
 * finds something. What is left is what the bug is about.
 */
import type { Run, RunOptions } from "./world/run.ts";

export interface ShrinkLimits {
  /** How many runs it may take; 400 unless told. */
  readonly runs?: number;
}

/** The smallest run that was found. */
export interface Shrunk {
  /** These give it again. */
  readonly options: RunOptions;
  readonly run: Run;
  /** How many runs it took. */
  readonly runs: number;
}

/**
 * Delta debugging over the faults of a run (Zeller and Hildebrandt, *Simplifying and Isolating Failure-Inducing Input*,
 * §3.2), then fewer clients, then the faults again. The same options give the same smallest run.
 *
 * @param execute runs it, as `simulate` does
 * @throws RangeError when the run breaks no rule
 */
export function shrink(execute: (options: RunOptions) => Run, options: RunOptions, limits: ShrinkLimits = {}): Shrunk {
  const run = execute(options);
  if (run.violation === undefined) throw new RangeError(`seed ${options.seed}: expected a run that breaks a rule`);
  const shrinker = new Shrinker(execute, options, run, limits.runs ?? 400);
  shrinker.dropFaults();
  if (shrinker.dropClients()) shrinker.dropFaults();
  return shrinker.smallest;
}

class Shrinker {
  readonly #execute: (options: RunOptions) => Run;
  readonly #checker: string | undefined;
  readonly #mostRuns: number;
  #options: RunOptions;
  #run: Run;
  #runs = 1;

  constructor(execute: (options: RunOptions) => Run, options: RunOptions, run: Run, mostRuns: number) {
    this.#execute = execute;
    this.#options = options;
    this.#run = run;
    this.#checker = run.violation?.checker;
    this.#mostRuns = mostRuns;
  }

  get smallest(): Shrunk {
    return { options: this.#options, run: this.#run, runs: this.#runs };
  }

  dropFaults(): void {
    const end = this.#run.violation?.at ?? Infinity;
    const { only } = this.#options;
    // What begins after the end of a run does nothing: without it the run is the same. But what stays is reckoned with
    // from the beginning.
    const candidates = this.#run.schedule.filter(
      ({ at, index, lasting }) => (at <= end || lasting === true) && only?.includes(index) !== false,
    );
    let kept: readonly number[] = candidates.map(({ index }) => index);
    if (!this.#keeps({ only: kept }) || this.#keeps({ only: [] })) return;
    for (let parts = 2; kept.length >= 2;) {
      const pieces = split(kept, parts);
      const piece = pieces.find((each) => this.#keeps({ only: each }));
      const rest =
        piece ??
        pieces
          .map((each) => kept.filter((index) => !each.includes(index)))
          // Of two pieces each is the other's rest.
          .find((each) => parts > 2 && this.#keeps({ only: each }));
      if (piece !== undefined) parts = 2;
      else if (rest !== undefined) parts = Math.max(2, parts - 1);
      else if (parts >= kept.length) return;
      else parts = Math.min(kept.length, parts * 2);
      kept = rest ?? kept;
    }
  }

  /** Says whether it could do with fewer. */
  dropClients(): boolean {
    for (let people = 1; people < this.#run.people; people++) if (this.#keeps({ people })) return true;
    return false;
  }

  /** Goes on from a change if the same checker still finds something. */
  #keeps(change: Partial<RunOptions>): boolean {
    if (this.#runs >= this.#mostRuns) return false;
    this.#runs += 1;
    const options = { ...this.#options, ...change };
    const run = this.#execute(options);
    if (run.violation?.checker !== this.#checker) return false;
    this.#options = options;
    this.#run = run;
    return true;
  }
}

/** Into so many parts, as equal as can be. */
function split(indexes: readonly number[], parts: number): readonly (readonly number[])[] {
  return Array.from({ length: parts }, (_, part) =>
    indexes.slice(Math.floor((part * indexes.length) / parts), Math.floor(((part + 1) * indexes.length) / parts)),
  );
}
