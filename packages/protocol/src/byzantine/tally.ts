/**
 * Votes that a learner has been told, slot by slot: of each acceptor the one of the highest ballot. A value is chosen
 * when a quorum has voted for it in one ballot.
 */
import type { Ballot } from "../ballot.ts";
import { keyOf } from "../digest.ts";
import type { Accepted, Slot } from "./messages.ts";

interface Told {
  readonly ballot: Ballot;
  readonly key: string;
}

export class Tally {
  readonly #quorum: number;
  readonly #believed: number;
  readonly #slots = new Map<Slot, Map<number, Told>>();
  /** By acceptor: the highest slot that it voted in. */
  readonly #highest = new Map<number, Slot>();

  /** @param believed how many must have voted in a slot before one of them is surely honest */
  constructor(quorum: number, believed: number) {
    this.#quorum = quorum;
    this.#believed = believed;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Some honest acceptor has voted in this slot or a higher one. */
  get reached(): Slot {
    const descending = [...this.#highest.values()].sort((one, other) => other - one);
    return descending[this.#believed - 1] ?? 0;
  }

  add(acceptor: number, { ballot, slot, digest }: Accepted): void {
    this.#highest.set(acceptor, Math.max(slot, this.#highest.get(acceptor) ?? 0));
    let votes = this.#slots.get(slot);
    if (votes === undefined) this.#slots.set(slot, (votes = new Map()));
    if (ballot > (votes.get(acceptor)?.ballot ?? 0)) votes.set(acceptor, { ballot, key: keyOf(digest) });
  }

  /** The key of the digest that is chosen in a slot; undefined when none is known to be. */
  chosen(slot: Slot): string | undefined {
    const votes = [...(this.#slots.get(slot)?.values() ?? [])];
    const isChosen = ({ ballot, key }: Told): boolean =>
      votes.filter((other) => other.ballot === ballot && other.key === key).length >= this.#quorum;
    return votes.find(isChosen)?.key;
  }

  forget(through: Slot): void {
    for (const slot of this.#slots.keys()) if (slot <= through) this.#slots.delete(slot);
  }
}
