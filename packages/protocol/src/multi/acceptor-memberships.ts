/**
 * Who takes part, as an acceptor's log tells it: a proposer that has not seen the chosen values must hear it from whoever
 * has. The log is read only when somebody asks, and each slot of it once.
 */
import type { AcceptorLog } from "../replication/acceptor-log.ts";
import { unchanged, type Memberships } from "../reconfiguration/memberships.ts";
import type { Slot, Trim } from "./messages.ts";

export class AcceptorMemberships {
  readonly #log: AcceptorLog;
  /** The history as the slots up to `through` leave it. */
  #memberships: Memberships;
  #through: Slot = 0;
  /** The history that came with the last trim. */
  #trimmed: Uint8Array = unchanged;

  constructor(log: AcceptorLog, first: Memberships) {
    this.#log = log;
    this.#memberships = first;
  }

  /** As all that the log knows to be chosen leaves it. */
  get now(): Memberships {
    const { chosenThrough } = this.#log;
    while (this.#through < chosenThrough) {
      const value = this.#log.valueOf(this.#through + 1);
      if (value === undefined) throw new Error(`slot ${this.#through + 1} is chosen, and not in the log`);
      this.#through += 1;
      this.#memberships = this.#memberships.chosen(this.#through, value);
    }
    return this.#memberships;
  }

  /** As the slots that are not in the log any more leave it. */
  get trimmed(): Uint8Array {
    return this.#trimmed;
  }

  /** The log holds nothing up to a slot any more: what those slots said of the members came with the snapshot. */
  forgot({ slot, memberships }: Trim): void {
    this.#trimmed = memberships;
    if (slot <= this.#through) return;
    const told = this.#memberships.from(memberships);
    if (told === undefined) throw new Error(`the history of memberships up to slot ${slot} cannot be read`);
    this.#memberships = told;
    this.#through = slot;
  }
}
