/**
 * What many runs came to, summed up.
 */
import type { Run } from "@synod/simulator";

export interface Counts {
  readonly seeds: number;
  readonly events: number;
  readonly simulatedSeconds: number;
  /** Time that threads worked, of all together. */
  readonly busySeconds: number;
  /** How often each kind of fault did something. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often the runs came to what they are for. */
  readonly reached: Readonly<Record<string, number>>;
  /** Runs whose history the checker of linearizability could not decide on: they are not known to be right. */
  readonly undecided: number;
}

/** What a run counts each key under that was not decided on. */
const undecidedKeys = "linearizability-undecided";

export class Totals {
  #seeds = 0;
  #events = 0;
  #simulatedSeconds = 0;
  #busySeconds = 0;
  #undecided = 0;
  readonly #faults = new Map<string, number>();
  readonly #reached = new Map<string, number>();

  addRun({ events, simulatedSeconds, faults, reached }: Run): void {
    const undecided = (reached[undecidedKeys] ?? 0) > 0 ? 1 : 0;
    this.add({ seeds: 1, events, simulatedSeconds, busySeconds: 0, faults, reached, undecided });
  }

  addBusySeconds(seconds: number): void {
    this.#busySeconds += seconds;
  }

  add({ seeds, events, simulatedSeconds, busySeconds, faults, reached, undecided }: Counts): void {
    this.#seeds += seeds;
    this.#events += events;
    this.#simulatedSeconds += simulatedSeconds;
    this.#busySeconds += busySeconds;
    this.#undecided += undecided;
    addAll(this.#faults, faults);
    addAll(this.#reached, reached);
  }

  counts(): Counts {
    return {
      seeds: this.#seeds,
      events: this.#events,
      simulatedSeconds: this.#simulatedSeconds,
      busySeconds: this.#busySeconds,
      faults: inOrder(this.#faults),
      reached: inOrder(this.#reached),
      undecided: this.#undecided,
    };
  }
}

function addAll(sums: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count);
}

function inOrder(sums: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...sums].sort(([one], [other]) => (one < other ? -1 : 1)));
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
