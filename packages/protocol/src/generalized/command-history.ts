/**
 * Command histories, the c-structs of *Generalized Consensus and Paxos* (Lamport 2005, "Command Histories"): sequences
 * of commands, two of which are the same when one becomes the other by exchanging neighbours that commute.
 *
 * A history is therefore its set of commands and, of each pair that interferes, which comes first. Both are in the place
 * of a command, a number for the command and the places of the interfering ones before it (see `Vocabulary`). A history
 * is a set of places: it is a prefix of another when all its places are in the other, and what two have in common are
 * the places that both have. No sequence is ever rearranged, and no pair of commands compared that is in both.
 *
 * A command that is appended again changes nothing.
 */
import type { Value } from "../value.ts";
import type { Vocabulary } from "./interference.ts";

/** One sequence that grows. Histories that are its beginnings share it: acceptors mostly add the same in the same order. */
class Trunk {
  readonly places: number[] = [];
  /** By command: the index of its place. */
  readonly indexes = new Map<number, number>();
  /** By length: bytes of so many commands. */
  readonly sizes: number[] = [0];

  add(vocabulary: Vocabulary, place: number): void {
    const command = vocabulary.commandAt(place);
    this.indexes.set(command, this.places.length);
    this.places.push(place);
    this.sizes.push((this.sizes.at(-1) ?? 0) + vocabulary.command(command).length);
  }
}

export class CommandHistory {
  readonly #vocabulary: Vocabulary;
  /** Its first `length` places are one of the sequences that are this history. */
  readonly #trunk: Trunk;
  readonly length: number;

  private constructor(vocabulary: Vocabulary, trunk: Trunk, length: number) {
    this.#vocabulary = vocabulary;
    this.#trunk = trunk;
    this.length = length;
  }

  /** The history without a command, ⊥. Histories can be compared when they share a vocabulary. */
  static empty(vocabulary: Vocabulary): CommandHistory {
    return new CommandHistory(vocabulary, new Trunk(), 0);
  }

  /**
   * What so many of some histories have in common: the ⊔ of the ⊓ of every choice of `count` of them. Undefined when
   * there is none, as choices contradict each other that need not have a history in common.
   *
   * @param histories at least `count`, which is at least 1
   */
  static commonTo(histories: readonly CommandHistory[], count: number): CommandHistory | undefined {
    const [first] = histories;
    if (first !== undefined && histories.every((history) => history.#trunk === first.#trunk)) {
      const lengths = histories.map(({ length }) => length).sort((one, other) => other - one);
      return first.#until(lengths[count - 1] ?? 0);
    }
    const held = new Map<number, number>();
    for (const history of histories) for (const place of history.#places) held.set(place, (held.get(place) ?? 0) + 1);
    return leastUpperBound(histories.map((history) => history.#only((place) => (held.get(place) ?? 0) >= count)));
  }

  /** Bytes of all commands. */
  get sizeBytes(): number {
    return this.#trunk.sizes[this.length] ?? 0;
  }

  /** The commands in the order in which they were appended here. */
  get commands(): readonly Value[] {
    return this.commandsFrom(0);
  }

  /** The commands after the first so many. */
  commandsFrom(index: number): readonly Value[] {
    return this.#placesFrom(index).map((place) => this.#vocabulary.command(this.#vocabulary.commandAt(place)));
  }

  /** Whether it ends in a checkpoint, which is an empty command: nothing comes after it any more. */
  get isClosed(): boolean {
    return this.commandsFrom(Math.max(0, this.length - 1))[0]?.length === 0;
  }

  has(command: Value): boolean {
    const number = this.#vocabulary.numberOf(command);
    return number !== undefined && this.#indexOf(number) !== undefined;
  }

  /** v • σ: this history with commands after it. */
  append(...commands: readonly Value[]): CommandHistory {
    let trunk = this.#trunk;
    let { length } = this;
    for (const value of commands) {
      const command = this.#vocabulary.add(value);
      const known = trunk.indexes.get(command);
      if (known !== undefined && known < length) continue;
      if (known !== length) {
        if (length < trunk.places.length) trunk = this.#grown(trunk.places.slice(0, length));
        trunk.add(this.#vocabulary, this.#placeAfter(trunk.places, command));
      }
      length += 1;
    }
    return length === this.length ? this : new CommandHistory(this.#vocabulary, trunk, length);
  }

  /** v ⊑ w: whether the other one is this one with commands after it. */
  isPrefixOf(other: CommandHistory): boolean {
    if (this.length > other.length) return false;
    return this.#trunk === other.#trunk || this.#places.every((place) => other.#has(place));
  }

  /** Whether both are the same, up to the order of commands that commute. */
  equals(other: CommandHistory): boolean {
    return this.length === other.length && this.isPrefixOf(other);
  }

  /** Whether some history has both as prefixes: whether no command of either belongs before one of the other. */
  isCompatibleWith(other: CommandHistory): boolean {
    const mine = this.#commandsBeyond(other);
    const theirs = mine.length === 0 ? [] : other.#commandsBeyond(this);
    return mine.every((one) => theirs.every((two) => one !== two && !this.#vocabulary.interfere(one, two)));
  }

  /** v ⊓ w: the longest history that is a prefix of both. */
  glb(other: CommandHistory): CommandHistory {
    return this.#only((place) => other.#has(place));
  }

  /**
   * v ⊔ w: the shortest history that has both as prefixes. Its sequence is that of this one, and then what it lacked.
   *
   * @throws RangeError when there is none
   */
  lub(other: CommandHistory): CommandHistory {
    if (!this.isCompatibleWith(other)) throw new RangeError("incompatible histories have no upper bound");
    if (this.#trunk === other.#trunk) return this.length < other.length ? other : this;
    const lacked = other.#beyond(this);
    if (lacked.length === 0) return this;
    return new CommandHistory(this.#vocabulary, this.#grown([...this.#places, ...lacked]), this.length + lacked.length);
  }

  get #places(): readonly number[] {
    return this.#placesFrom(0);
  }

  #placesFrom(index: number): readonly number[] {
    return this.#trunk.places.slice(index, this.length);
  }

  #indexOf(command: number): number | undefined {
    const index = this.#trunk.indexes.get(command);
    return index !== undefined && index < this.length ? index : undefined;
  }

  #has(place: number): boolean {
    const index = this.#indexOf(this.#vocabulary.commandAt(place));
    return index !== undefined && this.#trunk.places[index] === place;
  }

  /** The place of a command behind these. */
  #placeAfter(places: readonly number[], command: number): number {
    const before = places.filter((each) => this.#vocabulary.interfere(this.#vocabulary.commandAt(each), command));
    return this.#vocabulary.place(
      command,
      before.sort((one, other) => one - other),
    );
  }

  /** The places that the other one has not. */
  #beyond(other: CommandHistory): readonly number[] {
    return this.#trunk === other.#trunk
      ? this.#placesFrom(Math.min(this.length, other.length))
      : this.#places.filter((place) => !other.#has(place));
  }

  #commandsBeyond(other: CommandHistory): readonly number[] {
    return this.#beyond(other).map((place) => this.#vocabulary.commandAt(place));
  }

  #until(length: number): CommandHistory {
    return new CommandHistory(this.#vocabulary, this.#trunk, length);
  }

  /** The places for which `is` holds: with each of them it must hold for those before it. */
  #only(is: (place: number) => boolean): CommandHistory {
    const places = this.#places.filter(is);
    if (places.length === this.length) return this;
    return new CommandHistory(this.#vocabulary, this.#grown(places), places.length);
  }

  #grown(places: readonly number[]): Trunk {
    const trunk = new Trunk();
    for (const place of places) trunk.add(this.#vocabulary, place);
    return trunk;
  }
}

/** ⊔ of one history or more; undefined when some of them are not compatible: CS3 makes pairs suffice. */
function leastUpperBound(histories: readonly CommandHistory[]): CommandHistory | undefined {
  const [first, ...rest] = histories;
  let bound = first;
  for (const history of rest) bound = bound?.isCompatibleWith(history) === true ? bound.lub(history) : undefined;
  return bound;
}
