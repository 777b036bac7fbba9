/**
 * Who may have what a role lacks. Its own history of memberships goes as far as what it knows to be chosen, and all whom
 * that names may have gone since: a leader tells who takes part now.
 */
import type { Memberships } from "../reconfiguration/memberships.ts";
import { sameValue } from "../value.ts";
import type { Heartbeat, Slot } from "./messages.ts";

export class Sources {
  #told: Memberships;

  constructor(first: Memberships) {
    this.#told = first;
  }

  hear({ memberships }: Heartbeat): void {
    if (sameValue(memberships, this.#told.bytes)) return;
    const told = this.#told.from(memberships);
    if (told?.isAfter(this.#told) === true) this.#told = told;
  }

  /** The nodes that may have what was chosen from `slot` on, each once. */
  nodesFrom(slot: Slot, own: Memberships): readonly number[] {
    const known = own.mainsFrom(slot);
    return this.#told.isAfter(own) ? [...new Set([...known, ...this.#told.mainsFrom(slot)])] : known;
  }
}
