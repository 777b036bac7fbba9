/**
 * Values of slots that a node missed, as acceptors tell them: one is believed when f + 1 tell the same, or when the own
 * acceptor does.
 */
import { sameValue, type Value } from "../value.ts";
import type { Chosen, Slot } from "./messages.ts";

export class Believing {
  readonly #enough: number;
  readonly #own: number | undefined;
  /** By node: its last answer. */
  readonly #answers = new Map<number, Chosen>();

  /**
   * @param enough how many must say the same
   * @param own the node whose word alone is enough, if there is one
   */
  constructor(enough: number, own?: number) {
    this.#enough = enough;
    this.#own = own;
  }

  /** Takes the answer of a node in the place of its last one. */
  add(node: number, answer: Chosen): void {
    this.#answers.set(node, answer);
  }

  /** The value of a slot; undefined when none is believed. */
  valueOf(slot: Slot): Value | undefined {
    const told = [...this.#answers].flatMap(([node, { from, values }]) => {
      const value = values[slot - from]?.value;
      return value === undefined ? [] : [{ node, value }];
    });
    const own = told.find(({ node }) => node === this.#own);
    if (own !== undefined) return own.value;
    return told.find(({ value }) => told.filter((other) => sameValue(other.value, value)).length >= this.#enough)
      ?.value;
  }

  /** Whether so many as must say the same have nothing up to `slot` any more. */
  isTrimmed(slot: Slot): boolean {
    const without = [...this.#answers.values()].filter(({ trimmedThrough }) => trimmedThrough >= slot);
    return without.length >= this.#enough;
  }

  /** Drops what was told. */
  clear(): void {
    this.#answers.clear();
  }
}
