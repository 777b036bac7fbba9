/**
 * Command histories, the c-structs of *Generalized Consensus and Paxos* (Lamport 2005, "Command Histories"): sequences
 * of commands, two of which are the same when one becomes the other by exchanging neighbours that commute.
 *
 * A history is therefore its set of commands and, of each pair that interferes, which comes first. That is how it is
 * kept here: of each command, the interfering ones before it. A history is a prefix of another when all its commands
 * are in the other with the same ones before them; nothing else has to be compared, and no sequence is ever rearranged.
 *
 * A command that is appended again changes nothing.
 */
import type { Value } from "../value.ts";
import type { Vocabulary } from "./interference.ts";

/** By command: those before it that it interferes with, in ascending order of their numbers. */
type Before = ReadonlyMap<number, readonly number[]>;

export class CommandHistory {
  readonly #vocabulary: Vocabulary;
  /** One of the sequences that are this history. */
  readonly #sequence: readonly number[];
  readonly #before: Before;

  private constructor(vocabulary: Vocabulary, sequence: readonly number[], before: Before) {
    this.#vocabulary = vocabulary;
    this.#sequence = sequence;
    this.#before = before;
  }

  /** The history without a command, ⊥. Histories can be compared when they share a vocabulary. */
  static empty(vocabulary: Vocabulary): CommandHistory {
    return new CommandHistory(vocabulary, [], new Map());
  }

  get length(): number {
    return this.#sequence.length;
  }

  /** The commands in the order in which they were appended here. */
  get commands(): readonly Value[] {
    return this.#sequence.map((number) => this.#vocabulary.command(number));
  }

  has(command: Value): boolean {
    const number = this.#vocabulary.numberOf(command);
    return number !== undefined && this.#before.has(number);
  }

  /** v • σ: this history with commands after it. */
  append(...commands: readonly Value[]): CommandHistory {
    return this.#extended(commands.map((command) => this.#vocabulary.add(command)));
  }

  /** v ⊑ w: whether the other one is this one with commands after it. */
  isPrefixOf(other: CommandHistory): boolean {
    if (this.length > other.length) return false;
    return this.#sequence.every((number) => this.#agreesOn(number, other));
  }

  /** Whether both are the same, up to the order of commands that commute. */
  equals(other: CommandHistory): boolean {
    return this.length === other.length && this.isPrefixOf(other);
  }

  /** Whether some history has both as prefixes: whether no command of either belongs before one of the other. */
  isCompatibleWith(other: CommandHistory): boolean {
    const common = this.glb(other);
    const mine = this.#after(common);
    const theirs = other.#after(common);
    return mine.every((one) => theirs.every((two) => one !== two && !this.#vocabulary.interfere(one, two)));
  }

  /** v ⊓ w: the longest history that is a prefix of both. */
  glb(other: CommandHistory): CommandHistory {
    const sequence: number[] = [];
    const before = new Map<number, readonly number[]>();
    for (const number of this.#sequence) {
      const mine = this.#before.get(number) ?? [];
      if (!this.#agreesOn(number, other) || !mine.every((earlier) => before.has(earlier))) continue;
      sequence.push(number);
      before.set(number, mine);
    }
    return new CommandHistory(this.#vocabulary, sequence, before);
  }

  /**
   * v ⊔ w: the shortest history that has both as prefixes. Its sequence is that of this one, and then what it lacked.
   *
   * @throws RangeError when there is none
   */
  lub(other: CommandHistory): CommandHistory {
    if (!this.isCompatibleWith(other)) throw new RangeError("incompatible histories have no upper bound");
    return this.#extended(other.#sequence);
  }

  #extended(numbers: readonly number[]): CommandHistory {
    const added = numbers.filter((number) => !this.#before.has(number));
    if (added.length === 0) return this;
    const sequence = [...this.#sequence];
    const before = new Map(this.#before);
    for (const number of added) {
      if (before.has(number)) continue;
      const earlier = sequence.filter((each) => this.#vocabulary.interfere(each, number));
      before.set(
        number,
        earlier.sort((one, two) => one - two),
      );
      sequence.push(number);
    }
    return new CommandHistory(this.#vocabulary, sequence, before);
  }

  /** Whether the other one has this command, with the same ones before it. */
  #agreesOn(number: number, other: CommandHistory): boolean {
    const mine = this.#before.get(number);
    const theirs = other.#before.get(number);
    if (mine === undefined || theirs === undefined || mine.length !== theirs.length) return false;
    return mine === theirs || mine.every((earlier, index) => earlier === theirs[index]);
  }

  /** What comes after a prefix of this one. */
  #after(prefix: CommandHistory): readonly number[] {
    return this.#sequence.filter((number) => !prefix.#before.has(number));
  }
}

/** ⊓ of one history or more. */
export function greatestLowerBound(histories: readonly CommandHistory[]): CommandHistory {
  return histories.reduce((bound, history) => bound.glb(history));
}

/** ⊔ of one history or more; undefined when some of them are not compatible: CS3 makes pairs suffice. */
export function leastUpperBound(histories: readonly CommandHistory[]): CommandHistory | undefined {
  const [first, ...rest] = histories;
  let bound = first;
  for (const history of rest) bound = bound?.isCompatibleWith(history) === true ? bound.lub(history) : undefined;
  return bound;
}
