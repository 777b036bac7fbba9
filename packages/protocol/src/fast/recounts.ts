/**
 * Slots that a learner has delivered, whose acceptor does not know that they are chosen, and of which the learner has
 * forgotten what it told: the votes of a later ballot say it again. What was chosen is chosen in every later ballot, and
 * a leader whom no acceptor vouches for proposes it anew.
 */
import { noOp, type Value } from "../value.ts";
import type { Ballot } from "../ballot.ts";
import { learnedFrom } from "./learned-slots.ts";
import type { Learned, LearnedValue, Slot } from "./messages.ts";
import type { FastQuorums } from "./quorums.ts";
import { Tally } from "./tally.ts";

export class Recounts {
  readonly #quorums: FastQuorums;
  /** The node of the learner, and of the acceptor beside it. */
  readonly #node: number;
  readonly #mostSlots: number;
  readonly #tallies = new Map<Slot, Tally>();
  /** The acceptor said last that it knows all up to here: less than before, when it has started again. */
  #known: Slot = 0;

  constructor(quorums: FastQuorums, node: number, mostSlots: number) {
    this.#quorums = quorums;
    this.#node = node;
    this.#mostSlots = mostSlots;
  }

  isKnown(through: Slot): void {
    this.#known = through;
    for (const slot of this.#tallies.keys()) if (slot <= through) this.#tallies.delete(slot);
  }

  /** Counts a vote; returns what the acceptor may be told now, if that is more than before. */
  vote(node: number, ballot: Ballot, slot: Slot, value: Value): Learned | undefined {
    if (slot <= this.#known || slot > this.#known + this.#mostSlots) return undefined;
    let tally = this.#tallies.get(slot);
    if (tally === undefined) {
      tally = new Tally(this.#quorums);
      this.#tallies.set(slot, tally);
    }
    if (!tally.add(node, ballot, value) || tally.chosen === undefined) return undefined;
    return this.from(this.#known + 1);
  }

  /** What has been counted from a slot on, without a gap, as much as fits in a message; undefined when that slot has not. */
  from(slot: Slot): Learned | undefined {
    const values: LearnedValue[] = [];
    for (let next = slot; ; next++) {
      const tally = this.#tallies.get(next);
      const value = tally?.chosen;
      if (tally === undefined || value === undefined) break;
      const isHeld = tally.hasVotedFor(this.#node, value);
      values.push({ isHeld, value: isHeld ? noOp : value });
    }
    return values.length === 0 ? undefined : learnedFrom(slot, values);
  }
}
