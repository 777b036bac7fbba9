/**
 * Answers of learners that may lie: one is believed when enough of them have given the same.
 */
import { sameValue } from "@synod/protocol";

export class Witnesses {
  readonly #answers: number;
  /** By node: what it answered last. */
  readonly #given = new Map<number, Uint8Array>();

  /** @param answers how many must be equal */
  constructor(answers: number) {
    this.#answers = answers;
  }

  /** A node's learner answers, in place of what it answered before; whether enough have now answered so. */
  agree(node: number, answer: Uint8Array): boolean {
    this.#given.set(node, answer);
    let equal = 0;
    for (const given of this.#given.values()) if (sameValue(given, answer)) equal += 1;
    return equal >= this.#answers;
  }
}
