/**
 * The slots that a leader has in flight: proposed, and not yet known to be chosen.
 */
import { isPhase2Quorum, noAcceptors, type AcceptorSet } from "../quorum.ts";
import { isMembershipValue } from "../reconfiguration/membership-value.ts";
import { withMember, type Membership } from "../reconfiguration/membership.ts";
import type { Value } from "../value.ts";
import type { Origin } from "../leader/queue.ts";
import type { Bounds } from "./configuration.ts";
import type { Slot } from "./messages.ts";

export interface InFlight {
  readonly value: Value;
  readonly origins: readonly Origin[];
  /** Those who choose it. */
  readonly membership: Membership;
  votes: AcceptorSet;
  chosen: boolean;
  /** Ticks since it was last sent. */
  ageTicks: number;
}

/** A chosen value that says who takes part. */
export interface ChosenMembership {
  readonly slot: Slot;
  readonly value: Value;
}

export class Window {
  readonly #limits: Bounds;
  readonly #slots = new Map<Slot, InFlight>();
  #sizeBytes = 0;
  #commitPoint: Slot;

  #chosenMemberships: ChosenMembership[] = [];

  constructor(limits: Bounds, commitPoint: Slot) {
    this.#limits = limits;
    this.#commitPoint = commitPoint;
  }

  /** All slots up to this one are chosen. */
  get commitPoint(): Slot {
    return this.#commitPoint;
  }

  /** The slot that is proposed next. */
  get nextSlot(): Slot {
    return this.#commitPoint + this.#slots.size + 1;
  }

  get hasRoom(): boolean {
    return this.#slots.size < this.#limits.windowSlots && this.#sizeBytes < this.#limits.windowBytes;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** What was chosen of the members since it was asked last, in order: mostly nothing. */
  takeChosenMemberships(): readonly ChosenMembership[] {
    return this.#chosenMemberships.length === 0 ? this.#chosenMemberships : this.#chosenMemberships.splice(0);
  }

  /** Takes the next slot for `value`, which `membership` is to choose. */
  add(value: Value, origins: readonly Origin[], membership: Membership): Slot {
    const slot = this.nextSlot;
    this.#slots.set(slot, { value, origins, membership, votes: noAcceptors, chosen: false, ageTicks: 0 });
    this.#sizeBytes += value.length;
    return slot;
  }

  /** Counts a vote of this leader's ballot. */
  vote(slot: Slot, node: number): void {
    const proposal = this.#slots.get(slot);
    if (proposal === undefined) return;
    const { membership } = proposal;
    proposal.votes = withMember(membership, proposal.votes, node);
    if (isPhase2Quorum(membership.quorums, proposal.votes)) proposal.chosen = true;
    this.#advance();
  }

  [Symbol.iterator](): IterableIterator<[Slot, InFlight]> {
    return this.#slots.entries();
  }

  #advance(): void {
    for (;;) {
      const next = this.#slots.get(this.#commitPoint + 1);
      if (next === undefined || !next.chosen) return;
      this.#commitPoint += 1;
      this.#sizeBytes -= next.value.length;
      this.#slots.delete(this.#commitPoint);
      if (isMembershipValue(next.value)) this.#chosenMemberships.push({ slot: this.#commitPoint, value: next.value });
    }
  }
}
