/**
 * What a learner tells the acceptor beside it: for each slot, whether the chosen value is the one that the acceptor has
 * voted for, and else the value. It keeps that until a vote of the acceptor says that it knows, which its log will say
 * again: nobody else may be able to tell, for other learners may not have seen enough votes.
 */
import { limits } from "../limits.ts";
import type { Slot } from "../replication/messages.ts";
import type { Learned, LearnedValue } from "./messages.ts";

/** What is said of the slots from `from` on, as much as fits in an answer: the acceptor asks for the rest. */
export function learnedFrom(from: Slot, known: Iterable<LearnedValue>): Learned {
  const values: LearnedValue[] = [];
  let sizeBytes = 0;
  for (const each of known) {
    if (sizeBytes >= limits.answerBytes) break;
    sizeBytes += each.value.length;
    values.push(each);
  }
  return { kind: "Learned", from, values };
}

export class LearnedSlots {
  readonly #mostSlots: number;
  /** Of the slots up to `#last`, without a gap. */
  #values: LearnedValue[] = [];
  #last: Slot = 0;
  /** How many at the end have not been told. */
  #untold = 0;

  /** @param mostSlots how many are kept; of older ones the acceptor must hear from other nodes */
  constructor(mostSlots: number) {
    this.#mostSlots = mostSlots;
  }

  add(slot: Slot, value: LearnedValue): void {
    if (slot !== this.#last + 1) {
      this.#values = [];
      this.#untold = 0;
    }
    this.#last = slot;
    this.#values.push(value);
    this.#untold += 1;
    if (this.#values.length > this.#mostSlots) this.#values.shift();
  }

  /** What has not been told, as much as fits in a message; undefined when all has been. */
  takeUntold(): Learned | undefined {
    this.#untold = Math.min(this.#untold, this.#values.length);
    if (this.#untold === 0) return undefined;
    const message = this.from(this.#last - this.#untold + 1);
    this.#untold -= message?.values.length ?? 0;
    return message;
  }

  /** Whether what it says of a slot is kept. */
  has(slot: Slot): boolean {
    return slot > this.#last - this.#values.length && slot <= this.#last;
  }

  /** What is kept from a slot on, as much as fits in a message; undefined when that slot is not. */
  from(slot: Slot): Learned | undefined {
    if (!this.has(slot)) return undefined;
    const first = this.#last - this.#values.length + 1;
    return learnedFrom(slot, this.#values.slice(slot - first));
  }

  /** The acceptor knows all slots up to here, for good. */
  isKnown(through: Slot): void {
    const first = this.#last - this.#values.length + 1;
    if (through >= first) this.#values.splice(0, through - first + 1);
    this.#untold = Math.min(this.#untold, this.#values.length);
  }
}
