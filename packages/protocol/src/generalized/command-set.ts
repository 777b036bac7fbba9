/**
 * Commands by their bytes: each is numbered, from 0, when it is first seen, so that histories of them are compared as
 * numbers. A set is as large as one instance, and is dropped with it.
 */
import { sameValue, type Value } from "../value.ts";

/** Enough to tell the requests of all sessions apart; what is alike so far is compared in full. */
const hashedBytes = 64;

export class CommandSet {
  readonly #commands: Value[] = [];
  /** By hash: the numbers of the commands that have it. */
  readonly #numbers = new Map<number, number[]>();
  #sizeBytes = 0;

  get size(): number {
    return this.#commands.length;
  }

  /** Bytes of all commands. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** All commands, in the order of their numbers. */
  get commands(): readonly Value[] {
    return this.#commands;
  }

  command(number: number): Value {
    const command = this.#commands[number];
    if (command === undefined) throw new RangeError(`no command has number ${number}`);
    return command;
  }

  has(command: Value): boolean {
    return this.numberOf(command) !== undefined;
  }

  numberOf(command: Value): number | undefined {
    return this.#numbers.get(hashOf(command))?.find((number) => sameValue(this.command(number), command));
  }

  /** The number of a command, which is a new one when it was not there. */
  add(command: Value): number {
    const known = this.numberOf(command);
    if (known !== undefined) return known;
    const number = this.#commands.length;
    this.#commands.push(command);
    this.#sizeBytes += command.length;
    const hash = hashOf(command);
    const alike = this.#numbers.get(hash);
    if (alike === undefined) this.#numbers.set(hash, [number]);
    else alike.push(number);
    return number;
  }
}

/** FNV-1a of the first bytes, and the length. */
export function hashOf(command: Value): number {
  let hash = 0x811c9dc5 ^ command.length;
  const end = Math.min(command.length, hashedBytes);
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ (command[at] ?? 0), 0x01000193);
  return hash;
}
