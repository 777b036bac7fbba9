/**
 * Whether the next term of a proposer is fast. Fast ballots need more acceptors, and cost more than classic ones when
 * they collide: after a bad experience it stays with classic ballots for a while (*Fast Paxos* §3).
 */
import type { Pace } from "./ballots.ts";
import type { Configuration } from "./configuration.ts";

export class PaceKeeper {
  readonly #configuration: Configuration;
  #classicTicks = 0;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  get next(): Pace {
    return this.#classicTicks > 0 ? "classic" : this.#configuration.recovery;
  }

  /** The time with classic ballots is over. */
  get mayBeFast(): boolean {
    return this.#classicTicks === 0;
  }

  fallBack(): void {
    this.#classicTicks = this.#configuration.fallBack.classicTicks;
  }

  tick(): void {
    if (this.#classicTicks > 0) this.#classicTicks -= 1;
  }
}
