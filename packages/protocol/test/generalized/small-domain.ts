/**
 * All histories of a few commands, by the definition: sequences, two of which are the same when one becomes the other
 * by exchanging neighbours that commute. Slow, plain, and with nothing of the code under test.
 */
import { CommandHistory, Vocabulary, type Interference } from "../../src/generalized/index.ts";
import type { Value } from "../../src/index.ts";

/** Pairs of commands that interfere, as a bit each. */
export type Relation = number;

export function commandOf(number: number): Value {
  return Uint8Array.of(number + 1);
}

export function pairsOf(count: number): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let high = 1; high < count; high++) for (let low = 0; low < high; low++) pairs.push([low, high]);
  return pairs;
}

export function interferenceOf(relation: Relation, count: number): Interference {
  const pairs = pairsOf(count);
  return (one, other) => {
    const [low, high] = [(one[0] ?? 0) - 1, (other[0] ?? 0) - 1].sort((a, b) => a - b);
    const bit = pairs.findIndex(([first, second]) => first === low && second === high);
    return bit < 0 || (relation & (1 << bit)) !== 0;
  };
}

/** All sequences of some of `count` commands, each at most once. */
export function sequencesOf(count: number): readonly (readonly number[])[] {
  const all: number[][] = [[]];
  for (let at = 0; at < all.length; at++) {
    const sequence = all[at] ?? [];
    for (let next = 0; next < count; next++) if (!sequence.includes(next)) all.push([...sequence, next]);
  }
  return all;
}

/** The histories of `count` commands under a relation: which sequences are the same, and how they are ordered. */
export class SmallDomain {
  readonly sequences: readonly (readonly number[])[];
  /** By index of a sequence: the index of the first one that is the same. */
  readonly classOf: readonly number[];
  /** The first sequences of each class. */
  readonly classes: readonly number[];
  readonly vocabulary: Vocabulary;
  readonly histories: readonly CommandHistory[];
  readonly #prefixes: readonly ReadonlySet<number>[];

  constructor(count: number, relation: Relation) {
    const interference = interferenceOf(relation, count);
    this.sequences = sequencesOf(count);
    const index = new Map(this.sequences.map((sequence, at) => [sequence.join(), at]));
    this.classOf = classesOf(this.sequences, index, interference);
    this.classes = [...new Set(this.classOf)];
    this.#prefixes = prefixesOf(this.sequences, index, this.classOf);
    this.vocabulary = new Vocabulary(interference);
    const empty = CommandHistory.empty(this.vocabulary);
    this.histories = this.sequences.map((sequence) => empty.append(...sequence.map(commandOf)));
  }

  /** ⊑: the other class has a sequence that begins with one of this class. */
  isPrefix(one: number, other: number): boolean {
    return this.#prefixes[this.classOf[other] ?? 0]?.has(this.classOf[one] ?? 0) === true;
  }

  /** The greatest of the classes below both; undefined when there is none. */
  meet(one: number, other: number): number | undefined {
    const below = this.classes.filter((each) => this.isPrefix(each, one) && this.isPrefix(each, other));
    return below.find((each) => below.every((lower) => this.isPrefix(lower, each)));
  }

  /** The least of the classes above both; undefined when there is none. */
  join(one: number, other: number): number | undefined {
    const above = this.above(one, other);
    return above.find((each) => above.every((higher) => this.isPrefix(each, higher)));
  }

  above(...those: readonly number[]): readonly number[] {
    return this.classes.filter((each) => those.every((one) => this.isPrefix(one, each)));
  }
}

function classesOf(
  sequences: readonly (readonly number[])[],
  index: ReadonlyMap<string, number>,
  interference: Interference,
): readonly number[] {
  const classOf: number[] = [];
  for (const [at] of sequences.entries()) {
    if (classOf[at] !== undefined) continue;
    classOf[at] = at;
    const found = [at];
    for (const each of found) {
      const sequence = sequences[each] ?? [];
      for (let place = 0; place + 1 < sequence.length; place++) {
        const [one = 0, other = 0] = sequence.slice(place, place + 2);
        if (interference(commandOf(one), commandOf(other))) continue;
        const swapped = index.get(sequence.toSpliced(place, 2, other, one).join()) ?? 0;
        if (classOf[swapped] !== undefined) continue;
        classOf[swapped] = at;
        found.push(swapped);
      }
    }
  }
  return classOf;
}

function prefixesOf(
  sequences: readonly (readonly number[])[],
  index: ReadonlyMap<string, number>,
  classOf: readonly number[],
): readonly ReadonlySet<number>[] {
  const prefixes: Set<number>[] = [];
  for (const [at, sequence] of sequences.entries()) {
    const below = (prefixes[classOf[at] ?? 0] ??= new Set());
    for (let end = 0; end <= sequence.length; end++) {
      below.add(classOf[index.get(sequence.slice(0, end).join()) ?? 0] ?? 0);
    }
  }
  return prefixes;
}
