/**
 * Former members are told, now and then, that they are: one that was cut off while the members changed may know nobody else
 * that is there to ask, and would wait for ever.
 */
import type { Timing } from "../limits.ts";
import { isFormer, type Membership } from "../reconfiguration/membership.ts";

/** Election times from one to the next: who hears a leader too often asks no one whether it may go. */
const patientElections = 4;

export class Farewell {
  readonly #everyTicks: number;
  #ticks = 0;
  #last = 0;

  constructor({ electionTicks }: Timing) {
    this.#everyTicks = patientElections * electionTicks;
  }

  /** The node to tell now, each in its turn; undefined, mostly, for none. */
  tick(membership: Membership): number | undefined {
    this.#ticks += 1;
    if (this.#ticks < this.#everyTicks) return undefined;
    this.#ticks = 0;
    const { highest } = membership;
    for (let step = 0; step < highest; step++) {
      this.#last = (this.#last % highest) + 1;
      if (isFormer(membership, this.#last)) return this.#last;
    }
    return undefined;
  }
}
