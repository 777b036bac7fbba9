/**
 * The slots of a leader that are not known to be chosen: what acceptors have voted for in its term, and what it has
 * proposed itself.
 */
import type { Ballot } from "../ballot.ts";
import type { Slot } from "../replication/messages.ts";
import { sameValue, type Value } from "../value.ts";
import type { FastQuorums } from "./quorums.ts";
import { Tally } from "./tally.ts";

export class OpenSlot {
  readonly tally: Tally;
  /** What the leader has proposed last. */
  proposal: { readonly ballot: Ballot; readonly value: Value } | undefined;
  /** Every value that an acceptor has voted for here, in whatever ballot of the term. */
  readonly seen: Value[] = [];
  chosen: Value | undefined;
  hasCollided = false;
  /** Acceptors that had not voted were asked to vote for what the others had. */
  isFilled = false;
  /** Ticks since it was last sent, and how often it was sent again. */
  ageTicks = 0;
  tries = 0;

  constructor(quorums: FastQuorums, ballot: Ballot) {
    this.tally = new Tally(quorums, ballot);
  }

  /** Counts a vote; true when it counts. */
  vote(node: number, ballot: Ballot, value: Value): boolean {
    if (this.chosen !== undefined || !this.tally.add(node, ballot, value)) return false;
    if (!this.seen.some((seen) => sameValue(seen, value))) this.seen.push(value);
    this.chosen = this.tally.chosen;
    return true;
  }

  propose(ballot: Ballot, value: Value): void {
    this.proposal = { ballot, value };
    this.ageTicks = 0;
    if (ballot > this.tally.ballot) this.tally.begin(ballot);
  }
}

export class OpenSlots {
  readonly #quorums: FastQuorums;
  /** The ballot in which its slots begin. */
  readonly #ballot: Ballot;
  readonly #slots = new Map<Slot, OpenSlot>();
  #commitPoint: Slot;
  #highest: Slot;

  constructor(quorums: FastQuorums, ballot: Ballot, commitPoint: Slot) {
    this.#quorums = quorums;
    this.#ballot = ballot;
    this.#commitPoint = commitPoint;
    this.#highest = commitPoint;
  }

  /** All slots up to this one are chosen. */
  get commitPoint(): Slot {
    return this.#commitPoint;
  }

  /** The highest slot that has a vote or a proposal. */
  get highest(): Slot {
    return this.#highest;
  }

  /** How many slots are between the two. */
  get size(): number {
    return this.#highest - this.#commitPoint;
  }

  /** Bytes that the leader has proposed and that are not chosen. */
  get sizeBytes(): number {
    let sizeBytes = 0;
    for (const { proposal } of this.#slots.values()) sizeBytes += proposal?.value.length ?? 0;
    return sizeBytes;
  }

  /** The slot, which is above the commit point. */
  at(slot: Slot): OpenSlot {
    let open = this.#slots.get(slot);
    if (open === undefined) {
      open = new OpenSlot(this.#quorums, this.#ballot);
      this.#slots.set(slot, open);
      this.#highest = Math.max(this.#highest, slot);
    }
    return open;
  }

  /** Every slot from the first that is not chosen on, also where nobody has voted. */
  *all(): Iterable<readonly [Slot, OpenSlot]> {
    for (let slot = this.#commitPoint + 1; slot <= this.#highest; slot++) yield [slot, this.at(slot)];
  }

  /** Takes the next slot, if it is chosen; the commit point is behind it then. */
  takeChosen(): { readonly slot: Slot; readonly open: OpenSlot; readonly value: Value } | undefined {
    const slot = this.#commitPoint + 1;
    const open = this.#slots.get(slot);
    if (open?.chosen === undefined) return undefined;
    this.#slots.delete(slot);
    this.#commitPoint = slot;
    return { slot, open, value: open.chosen };
  }

  /** An acceptor knows that all slots up to here are chosen. */
  areChosenThrough(through: Slot): void {
    while (this.#commitPoint < through) {
      this.#commitPoint += 1;
      this.#slots.delete(this.#commitPoint);
    }
    this.#highest = Math.max(this.#highest, this.#commitPoint);
  }

  /** Whether an acceptor has voted for a value in a slot that is open. */
  hasVoteFor(value: Value): boolean {
    for (const { tally } of this.#slots.values()) {
      if (tally.values.some((voted) => sameValue(voted, value))) return true;
    }
    return false;
  }
}
