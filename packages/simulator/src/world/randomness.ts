/**
 * The random numbers of one run. Each use has a stream of its own, so that what one takes does not change another: a
 * run with one fault fewer still has the same delays and the same clients.
 */
import type { Random } from "@synod/protocol";
import { seededRandom } from "../random.ts";

export class Randomness {
  /** Numbers in [0, 1). */
  readonly next: Random;
  readonly #seed: number;

  /** @param seed a safe integer from 0 */
  constructor(seed: number) {
    this.#seed = seed;
    this.next = seededRandom(fold(seed >>> 0, Math.floor(seed / 2 ** 32)));
  }

  /** An independent stream: the same for the same name, however much was drawn from this one. */
  stream(...name: readonly (string | number)[]): Randomness {
    let folded = fold(fold(0x811c9dc5, this.#seed >>> 0), Math.floor(this.#seed / 2 ** 32));
    for (const part of name) folded = typeof part === "number" ? fold(folded, part) : foldText(folded, part);
    return new Randomness(folded);
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True with a probability of `chance`. */
  chance(chance: number): boolean {
    return this.next() < chance;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new RangeError("expected something to pick from");
    return item;
  }

  /** Some `count` different ones of `items`, in a random order. */
  sample<Item>(items: readonly Item[], count: number): readonly Item[] {
    const rest = [...items];
    const taken: Item[] = [];
    while (taken.length < count && rest.length > 0) {
      taken.push(...rest.splice(Math.floor(this.next() * rest.length), 1));
    }
    return taken;
  }
}

/** Mixes a word into another, both of 32 bits: a round of FNV-1a, and the finalizer of MurmurHash3. */
export function fold(word: number, next: number): number {
  let mixed = Math.imul(word ^ next, 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function foldText(word: number, text: string): number {
  let folded = word;
  for (let at = 0; at < text.length; at++) folded = fold(folded, text.charCodeAt(at));
  return folded;
}
