/**
 * When a proposer doubts the leader: when what has waited longest was not served for too long. The time is longer in each
 * ballot that served nothing, so that in the end a leader has as long as it takes (*Practical Byzantine Fault
 * Tolerance* 1999, §4.4 and §4.5.2).
 */
import type { Ballot } from "../ballot.ts";
import type { Timing } from "../limits.ts";

const mostDoublings = 5;

export class Doubts {
  readonly #timing: Timing;
  #ballot: Ballot = 0;
  #waitingFor: string | undefined;
  #ticks = 0;
  #doublings = 0;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** The node is in a ballot: its leader has a time of its own. */
  entered(ballot: Ballot): void {
    if (ballot <= this.#ballot) return;
    if (this.#ballot > 0) this.#doublings = Math.min(mostDoublings, this.#doublings + 1);
    this.#ballot = ballot;
    this.#ticks = 0;
  }

  /** A command was served. */
  served(key: string): void {
    this.#doublings = 0;
    if (key === this.#waitingFor) this.#ticks = 0;
  }

  /** A tick, in which `oldest` has waited longest. True when it is time to say that the leader is doubted. */
  tick(oldest: string | undefined): boolean {
    // What was not served, and is asked for no more, is no reason to wait longer: clients ask anew.
    this.#waitingFor = oldest;
    if (oldest === undefined) {
      this.#ticks = 0;
      return false;
    }
    this.#ticks += 1;
    const { electionTicks, retryTicks } = this.#timing;
    const late = this.#ticks - 2 * electionTicks * 2 ** this.#doublings;
    return late >= 0 && late % retryTicks === 0;
  }
}
