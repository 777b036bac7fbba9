/**
 * The slots in which an acceptor votes: what it has verified, what others say that they have, and its votes.
 *
 * It verifies one value in a slot and ballot, the first that it may; and it votes when a quorum has verified that same
 * value in that same ballot.
 */
import { noBallot, type Ballot } from "../ballot.ts";
import { keyOf } from "../digest.ts";
import type { Value } from "../value.ts";
import type { Slot, Verify, Witness } from "./messages.ts";

export interface Verified {
  readonly ballot: Ballot;
  readonly digest: Uint8Array;
  readonly value: Value;
}

export interface Vote extends Verified {
  readonly slot: Slot;
  readonly certificate: readonly Witness[];
}

interface Heard {
  readonly ballot: Ballot;
  readonly key: string;
  readonly signature: Uint8Array;
}

interface SlotState {
  verified: Verified | undefined;
  /** By acceptor: what it verified in the highest ballot that it said; in one ballot, what it said first. */
  readonly heard: Map<number, Heard>;
  vote: Vote | undefined;
}

export class Voting {
  readonly #quorum: number;
  readonly #slots = new Map<Slot, SlotState>();

  constructor(quorum: number) {
    this.#quorum = quorum;
  }

  get size(): number {
    return this.#slots.size;
  }

  verified(slot: Slot): Verified | undefined {
    return this.#slots.get(slot)?.verified;
  }

  vote(slot: Slot): Vote | undefined {
    return this.#slots.get(slot)?.vote;
  }

  /** The votes in slots above `slot`, in slot order. */
  votesAbove(slot: Slot): readonly Vote[] {
    return [...this.#slots.values()]
      .flatMap(({ vote }) => vote ?? [])
      .filter((vote) => vote.slot > slot)
      .sort((one, other) => one.slot - other.slot);
  }

  /** It is about to tell that it has verified this: it will verify nothing else in this slot and ballot. */
  verify(slot: Slot, verified: Verified): void {
    this.#slot(slot).verified = verified;
  }

  /** Another acceptor, or this one, tells what it has verified. */
  hear(acceptor: number, { ballot, slot, digest, signature }: Verify): void {
    const { heard } = this.#slot(slot);
    if (ballot > (heard.get(acceptor)?.ballot ?? noBallot))
      heard.set(acceptor, { ballot, key: keyOf(digest), signature });
  }

  /** Votes in `ballot` if a quorum has verified what this acceptor has, and it has not voted in it. */
  castVote(slot: Slot, ballot: Ballot): Vote | undefined {
    const state = this.#slot(slot);
    const { verified, vote, heard } = state;
    if (verified?.ballot !== ballot || vote?.ballot === ballot) return undefined;
    const key = keyOf(verified.digest);
    const certificate = [...heard].flatMap(([acceptor, { ballot: said, key: what, signature }]) =>
      said === ballot && what === key ? [{ acceptor, signature }] : [],
    );
    if (certificate.length < this.#quorum) return undefined;
    return (state.vote = { slot, ...verified, certificate });
  }

  /** Takes back a vote for what was verified last. */
  restoreVote(slot: Slot, certificate: readonly Witness[]): Vote | undefined {
    const state = this.#slot(slot);
    if (state.verified !== undefined) state.vote = { slot, ...state.verified, certificate };
    return state.vote;
  }

  /** Nothing is asked any more of slots up to here. */
  forget(through: Slot): void {
    for (const slot of this.#slots.keys()) if (slot <= through) this.#slots.delete(slot);
  }

  #slot(slot: Slot): SlotState {
    let state = this.#slots.get(slot);
    if (state === undefined) {
      state = { verified: undefined, heard: new Map(), vote: undefined };
      this.#slots.set(slot, state);
    }
    return state;
  }
}
