/**
 * The slots that a learner has not learned yet: who voted for what, which values have come, and what others say was
 * learned.
 */
import type { Ballot } from "../ballot.ts";
import type { Value } from "../value.ts";
import { keyOf, type Digest } from "../digest.ts";
import type { Quorums } from "./quorums.ts";
import type { Slot } from "./messages.ts";

interface NodeVote {
  readonly ballot: Ballot;
  readonly digest: string;
}

interface KnownValue {
  readonly digest: string;
  readonly value: Value;
}

/** All of it is bounded by the number of nodes: each has one vote, and one answer, and only the own one a value. */
interface Tally {
  /** By node: its vote of the highest ballot. */
  readonly votes: Map<number, NodeVote>;
  /** By node: what it says was learned. */
  readonly answers: Map<number, KnownValue>;
  /** What the acceptor of this node voted for last. */
  own: KnownValue | undefined;
  /** What enough have voted for in one ballot. */
  chosen: string | undefined;
}

export class Tallies {
  readonly #quorums: Quorums;
  readonly #digest: Digest;
  readonly #slots = new Map<Slot, Tally>();

  constructor(quorums: Quorums, digest: Digest) {
    this.#quorums = quorums;
    this.#digest = digest;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Counts a vote; a node's vote of a later ballot takes the place of an earlier one. True when the slot is chosen. */
  vote(slot: Slot, node: number, ballot: Ballot, digest: Uint8Array): boolean {
    const tally = this.#tally(slot);
    const before = tally.votes.get(node);
    if (before !== undefined && before.ballot >= ballot) return tally.chosen !== undefined;
    const key = keyOf(digest);
    tally.votes.set(node, { ballot, digest: key });
    // Never across ballots, nor for different values of one: a leader that lies may have proposed several.
    const equal = [...tally.votes.values()].filter((vote) => vote.ballot === ballot && vote.digest === key);
    if (equal.length >= this.#quorums.learn) tally.chosen = key;
    return tally.chosen !== undefined;
  }

  /** The value of the own acceptor's vote. False when it is not the one that was voted for. */
  value(slot: Slot, digest: Uint8Array, value: Value): boolean {
    const key = keyOf(this.#digest(value));
    if (key !== keyOf(digest)) return false;
    this.#tally(slot).own = { digest: key, value };
    return true;
  }

  /** Another learner says that this was learned. */
  answer(slot: Slot, node: number, value: Value): void {
    this.#tally(slot).answers.set(node, { digest: keyOf(this.#digest(value)), value });
  }

  /** The value that is known to be chosen in a slot, if it has come: by the votes, or because f+1 others say so. */
  learned(slot: Slot): Value | undefined {
    const tally = this.#slots.get(slot);
    if (tally === undefined) return undefined;
    const { own, chosen, answers } = tally;
    if (chosen !== undefined) {
      if (own?.digest === chosen) return own.value;
      for (const answer of answers.values()) if (answer.digest === chosen) return answer.value;
      return undefined;
    }
    for (const { digest, value } of answers.values()) {
      const equal = [...answers.values()].filter((answer) => answer.digest === digest);
      if (equal.length >= this.#quorums.trust) return value;
    }
    return undefined;
  }

  forget(through: Slot): void {
    for (const slot of this.#slots.keys()) if (slot <= through) this.#slots.delete(slot);
  }

  #tally(slot: Slot): Tally {
    let tally = this.#slots.get(slot);
    if (tally === undefined) {
      tally = { votes: new Map(), answers: new Map(), own: undefined, chosen: undefined };
      this.#slots.set(slot, tally);
    }
    return tally;
  }
}
