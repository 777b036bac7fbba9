/**
 * Which commands do not commute. The state machine says so; the protocol only asks.
 */
import type { Value } from "../value.ts";
import { CommandSet } from "./command-set.ts";

/**
 * Whether the order of two commands matters: to the state that they leave, or to what either of them answers. It must be
 * symmetric, and the same on every node. To say yes too often costs time; to say no once too often costs agreement.
 */
export type Interference = (one: Value, other: Value) => boolean;

/** All commands interfere: histories are sequences, and what is learned is a log. */
export const everything: Interference = () => true;

/**
 * The commands that an instance has seen, which of them interfere, and in which places histories have had them. Each
 * pair is asked about once.
 */
export class Vocabulary extends CommandSet {
  readonly #interference: Interference;
  /** By number: what is known of it and the commands with lower numbers. */
  readonly #known: (boolean | undefined)[][] = [];
  /** By place: the command that is there. */
  readonly #commandAt: number[] = [];
  /** By command and the places before it. */
  readonly #places = new Map<string, number>();

  constructor(interference: Interference) {
    super();
    this.#interference = interference;
  }

  /** Whether the commands of two numbers interfere. A checkpoint, which is empty, interferes with everything. */
  interfere(one: number, other: number): boolean {
    const high = Math.max(one, other);
    const low = Math.min(one, other);
    const known = (this.#known[high] ??= []);
    return (known[low] ??= this.#ask(this.command(low), this.command(high)));
  }

  /**
   * The place of a command after others: a number that stands for both, and so for all that is before them in turn. Two
   * histories have a command in the same place when they have the same commands before it, in the same places.
   *
   * @param before the places of the commands before it that it interferes with, in ascending order
   */
  place(command: number, before: readonly number[]): number {
    const key = `${command} ${before.join()}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#commandAt.length;
      this.#commandAt.push(command);
      this.#places.set(key, place);
    }
    return place;
  }

  /** The number of the command in a place. */
  commandAt(place: number): number {
    const command = this.#commandAt[place];
    if (command === undefined) throw new RangeError(`no history has place ${place}`);
    return command;
  }

  #ask(one: Value, other: Value): boolean {
    return one.length === 0 || other.length === 0 || this.#interference(one, other);
  }
}
