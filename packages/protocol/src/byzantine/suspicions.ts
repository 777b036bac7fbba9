/**
 * When an acceptor leaves a ballot: when f + 1 acceptors ask for a higher one, of which one is honest. So liars alone
 * depose nobody, and they drive nobody into ballots that no honest acceptor asked for.
 */
import type { Ballot } from "../ballot.ts";

export class Suspicions {
  readonly #enough: number;
  /** By acceptor: the highest ballot that it asked for, or showed to be in. */
  readonly #asked = new Map<number, Ballot>();

  /** @param enough how many must ask for it */
  constructor(enough: number) {
    this.#enough = enough;
  }

  /** An acceptor asks for `ballot` or a higher one, or is in it. */
  asks(acceptor: number, ballot: Ballot): void {
    this.#asked.set(acceptor, Math.max(ballot, this.#asked.get(acceptor) ?? 0));
  }

  /** The highest ballot that enough ask for, each for this or a higher one; 0 for none. */
  get wanted(): Ballot {
    const descending = [...this.#asked.values()].sort((one, other) => other - one);
    return descending[this.#enough - 1] ?? 0;
  }
}
