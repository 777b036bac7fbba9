/**
 * What a leader proposes slot by slot: what phase 1 left to finish first, then a change of members, then what clients wait
 * for, and no-ops where nothing else would bring a change into force.
 */
import type { Preparation } from "../leader/preparation.ts";
import type { Batch, RequestQueue } from "../leader/queue.ts";
import { encodeMembership } from "../reconfiguration/membership-value.ts";
import { noOp, type Value } from "../value.ts";
import type { Changing } from "./changing.ts";
import type { Slot } from "./messages.ts";

export class Agenda {
  readonly #nearSlots: number;
  /** What phase 1 found, until it is proposed again. */
  #preparation: Preparation | undefined;
  #recoverThrough: Slot;
  /** No-ops go up to before this slot, so that a change comes into force without clients. */
  #fillBefore: Slot = 0;

  /** @param nearSlots how far behind the commit point a node may be that is to join */
  constructor(preparation: Preparation, nearSlots: number) {
    this.#nearSlots = nearSlots;
    this.#preparation = preparation;
    this.#recoverThrough = Math.max(preparation.highest, preparation.chosenThrough);
  }

  /** The last slot that an earlier leader may have filled: a read must see it. */
  get recoverThrough(): Slot {
    return this.#recoverThrough;
  }

  /** All that phase 1 found has been proposed again. */
  get hasRecovered(): boolean {
    return this.#preparation === undefined;
  }

  /** Phase 1 with members that are to come has found what may be chosen up to a slot. */
  found(highest: Slot): void {
    this.#recoverThrough = Math.max(this.#recoverThrough, highest);
  }

  /** From the next slot on the new members decide: what they reported is what may be proposed. */
  succeed(preparation: Preparation): void {
    this.#preparation = preparation;
  }

  fill(before: Slot): void {
    this.#fillBefore = before;
  }

  /** Takes what is to be proposed in a slot; undefined when there is nothing to propose. */
  take(slot: Slot, commitPoint: Slot, changing: Changing | undefined, queue: RequestQueue): Batch | undefined {
    if (this.#preparation !== undefined) {
      if (slot <= this.#recoverThrough) return alone(this.#preparation.valueFor(slot));
      this.#preparation = undefined;
    }
    const next = changing?.readyAt(commitPoint, this.#nearSlots);
    if (changing !== undefined && next !== undefined) {
      changing.proposed();
      return alone(encodeMembership(next));
    }
    if (!queue.isEmpty) return queue.take();
    return slot < this.#fillBefore ? alone(noOp) : undefined;
  }
}

/** No client waits for it here. */
function alone(value: Value): Batch {
  return { value, origins: [] };
}
