/**
 * The slots that a leader has in flight: proposed, and not yet known to be chosen.
 */
import { isPhase2Quorum, noAcceptors, withAcceptor, type AcceptorSet, type QuorumSystem } from "../quorum.ts";
import type { Value } from "../value.ts";
import type { Origin } from "../leader/queue.ts";
import type { Bounds } from "./configuration.ts";
import type { Slot } from "./messages.ts";

export interface InFlight {
  readonly value: Value;
  readonly origins: readonly Origin[];
  votes: AcceptorSet;
  chosen: boolean;
  /** Ticks since it was last sent. */
  ageTicks: number;
}

export class Window {
  readonly #quorums: QuorumSystem;
  readonly #limits: Bounds;
  readonly #slots = new Map<Slot, InFlight>();
  #sizeBytes = 0;
  #commitPoint: Slot;

  constructor(quorums: QuorumSystem, limits: Bounds, commitPoint: Slot) {
    this.#quorums = quorums;
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

  /** Takes the next slot for `value`. */
  add(value: Value, origins: readonly Origin[]): Slot {
    const slot = this.nextSlot;
    this.#slots.set(slot, { value, origins, votes: noAcceptors, chosen: false, ageTicks: 0 });
    this.#sizeBytes += value.length;
    return slot;
  }

  /** Counts a vote of this leader's ballot. */
  vote(slot: Slot, node: number): void {
    const proposal = this.#slots.get(slot);
    if (proposal === undefined) return;
    proposal.votes = withAcceptor(proposal.votes, node);
    if (isPhase2Quorum(this.#quorums, proposal.votes)) proposal.chosen = true;
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
    }
  }
}
