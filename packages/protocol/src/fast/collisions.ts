/**
 * Uncoordinated recovery (*Fast Paxos* §3): an acceptor sees the votes of the others, and when no value can get a fast
 * quorum any more it picks the next value itself. The votes are phase 1b of the next ballot, and what may be picked is
 * what its leader could propose. All who see the same votes pick the same value, so that it is chosen.
 */
import type { Ballot } from "../ballot.ts";
import type { Slot } from "../replication/messages.ts";
import type { Value } from "../value.ts";
import { recoversItself } from "./ballots.ts";
import type { FastQuorums } from "./quorums.ts";
import { Tally } from "./tally.ts";

/** What an acceptor should vote for after a collision. */
export interface Recovered {
  readonly ballot: Ballot;
  readonly slot: Slot;
  readonly value: Value;
}

export class Collisions {
  readonly #quorums: FastQuorums;
  readonly #mostSlots: number;
  readonly #tallies = new Map<Slot, Tally>();
  /** Slots with a collision, of which not every vote has come: those that are missing may still be on their way. */
  readonly #waiting = new Set<Slot>();

  /** @param mostSlots how many slots above the last chosen one are watched */
  constructor(quorums: FastQuorums, mostSlots: number) {
    this.#quorums = quorums;
    this.#mostSlots = mostSlots;
  }

  /** Counts a vote; returns what to vote for now, if there is something. */
  voted(node: number, { ballot, slot, value }: Recovered, chosenThrough: Slot): Recovered | undefined {
    if (!recoversItself(ballot) || slot <= chosenThrough || slot > chosenThrough + this.#mostSlots) return undefined;
    let tally = this.#tallies.get(slot);
    if (tally === undefined) {
      tally = new Tally(this.#quorums, ballot);
      this.#tallies.set(slot, tally);
    }
    if (!tally.add(node, ballot, value) || !tally.isCollided || !tally.isPhase1OfNext) return undefined;
    if (tally.isComplete) return this.#recover(slot, tally);
    this.#waiting.add(slot);
    return undefined;
  }

  /** A tick has passed: what has not come by now is not waited for. */
  tick(): readonly Recovered[] {
    const slots = [...this.#waiting];
    this.#waiting.clear();
    return slots.flatMap((slot) => {
      const tally = this.#tallies.get(slot);
      // Since it began to wait the slot may have gone on to a later ballot, whose votes are still to come.
      return tally?.isCollided === true && tally.isPhase1OfNext ? [this.#recover(slot, tally)] : [];
    });
  }

  /** Slots up to here are chosen. */
  forget(through: Slot): void {
    for (const slot of this.#tallies.keys()) {
      if (slot > through) continue;
      this.#tallies.delete(slot);
      this.#waiting.delete(slot);
    }
  }

  #recover(slot: Slot, tally: Tally): Recovered {
    this.#waiting.delete(slot);
    return { ballot: tally.ballot + 1, slot, value: tally.nextValue() };
  }
}
