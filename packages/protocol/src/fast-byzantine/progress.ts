/**
 * How far the learners are, as they say: f of them may say anything.
 */
import type { Slot } from "./messages.ts";

export class Progress {
  readonly #through = new Map<number, Slot>();

  /** What a node said last is the highest that it said. */
  take(node: number, through: Slot): void {
    this.#through.set(node, Math.max(through, this.#through.get(node) ?? 0));
  }

  /** So many learners are at least so far. */
  reachedBy(count: number): Slot {
    return [...this.#through.values()].sort((one, other) => other - one)[count - 1] ?? 0;
  }
}
