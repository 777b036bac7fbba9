/**
 * Values of slots that a node missed, as acceptors tell them: one is believed when f + 1 tell the same, or when the own
 * acceptor does.
 */
import { sameValue, type Value } from "../value.ts";
import type { Chosen, Slot } from "./messages.ts";
import { believedBy, type ByzantineQuorums } from "./quorums.ts";

export class Believing {
  readonly #enough: number;
  readonly #quorum: number;
  readonly #own: number | undefined;
  /** By node: its last answer. */
  readonly #answers = new Map<number, Chosen>();

  /**
   * @param quorums of which f + 1 must say the same
   * @param own the node whose word alone is enough, if there is one
   */
  constructor(quorums: ByzantineQuorums, own?: number) {
    this.#enough = believedBy(quorums);
    this.#quorum = quorums.quorum;
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

  /**
   * Whether the logs will not tell of a slot: so many as must say the same have nothing up to it any more; or of the
   * answers of a quorum some have nothing, others a value that is not believed, and these are as many together.
   */
  isTrimmed(slot: Slot): boolean {
    const answers = [...this.#answers.values()];
    const without = answers.filter(({ trimmedThrough }) => trimmedThrough >= slot).length;
    if (without >= this.#enough) return true;
    const telling = answers.filter(({ from, values }) => values[slot - from] !== undefined).length;
    return without > 0 && answers.length >= this.#quorum && without + telling >= this.#enough;
  }

  /** Drops what was told. */
  clear(): void {
    this.#answers.clear();
  }
}
