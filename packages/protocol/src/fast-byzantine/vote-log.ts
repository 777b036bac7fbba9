/**
 * What an acceptor of Fast Byzantine Paxos has voted for: its last vote in each slot that is not stable yet.
 */
import type { Ballot } from "../ballot.ts";
import type { Value } from "../value.ts";
import { keyOf } from "../digest.ts";
import type { Slot, Vote } from "./messages.ts";

export interface CastVote {
  readonly ballot: Ballot;
  readonly digest: Uint8Array;
  readonly key: string;
  readonly value: Value;
  /** Whether it used the permits of its requests. */
  readonly isPermitted: boolean;
}

export class VoteLog {
  readonly #votes = new Map<Slot, CastVote>();
  #stableThrough: Slot = 0;
  #sizeBytes = 0;
  #highest: Slot = 0;

  /** All up to here is on the disks of 2f+1 learners: it was learned, and no vote for it is kept. */
  get stableThrough(): Slot {
    return this.#stableThrough;
  }

  get highest(): Slot {
    return this.#highest;
  }

  get size(): number {
    return this.#votes.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  voteFor(slot: Slot): CastVote | undefined {
    return this.#votes.get(slot);
  }

  cast(slot: Slot, ballot: Ballot, digest: Uint8Array, value: Value, isPermitted: boolean): void {
    if (slot <= this.#stableThrough) return;
    this.#sizeBytes += value.length - (this.#votes.get(slot)?.value.length ?? 0);
    this.#votes.set(slot, { ballot, digest, key: keyOf(digest), value, isPermitted });
    this.#highest = Math.max(this.#highest, slot);
  }

  stabilize(through: Slot): void {
    if (through <= this.#stableThrough) return;
    this.#stableThrough = through;
    for (const [slot, { value }] of this.#votes) {
      if (slot > through) continue;
      this.#votes.delete(slot);
      this.#sizeBytes -= value.length;
    }
  }

  /** All that are kept, in slot order. */
  votes(): readonly Vote[] {
    return [...this.#votes]
      .sort(([one], [other]) => one - other)
      .map(([slot, { ballot, digest }]) => ({ slot, ballot, digest }));
  }
}
