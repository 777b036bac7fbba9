/**
 * What a learner has learned, slot by slot without a gap, as far back as no snapshot holds it.
 */
import type { Bounds } from "../limits.ts";
import type { Value } from "../value.ts";
import type { Chosen, Slot } from "./messages.ts";

export class ChosenLog {
  readonly #limits: Bounds;
  readonly #values = new Map<Slot, Value>();
  #trimmedThrough: Slot = 0;
  #sizeBytes = 0;

  constructor(limits: Bounds) {
    this.#limits = limits;
  }

  /** Nothing up to here is in it any more: a snapshot holds it. */
  get trimmedThrough(): Slot {
    return this.#trimmedThrough;
  }

  get size(): number {
    return this.#values.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The value of a slot. */
  get(slot: Slot): Value | undefined {
    return this.#values.get(slot);
  }

  keep(slot: Slot, value: Value): void {
    if (slot <= this.#trimmedThrough || this.#values.has(slot)) return;
    this.#values.set(slot, value);
    this.#sizeBytes += value.length;
  }

  forget(through: Slot): void {
    for (const [slot, value] of this.#values) {
      if (slot > through) continue;
      this.#values.delete(slot);
      this.#sizeBytes -= value.length;
    }
    this.#trimmedThrough = Math.max(this.#trimmedThrough, through);
  }

  /** What follows from `from` on, as much as fits in an answer. */
  answer(from: Slot): Chosen {
    const values: { readonly value: Value }[] = [];
    let sizeBytes = 0;
    for (let slot = from; sizeBytes < this.#limits.answerBytes && values.length < this.#limits.learnerSlots; slot++) {
      const value = this.#values.get(slot);
      if (value === undefined) break;
      sizeBytes += value.length;
      values.push({ value });
    }
    return { kind: "Chosen", from, values, trimmedThrough: this.#trimmedThrough };
  }
}
