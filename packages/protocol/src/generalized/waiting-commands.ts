/**
 * Commands that wait: at an acceptor for the end of the turn, or for a ballot in which it may add them; at a leader for
 * room in a classic ballot.
 */
import type { Bounds } from "../limits.ts";
import { sameValue, type Value } from "../value.ts";
import { hashOf } from "./command-set.ts";

export class WaitingCommands {
  readonly #limits: Bounds;
  readonly #commands: Value[] = [];
  /** The same, by hash. */
  readonly #alike = new Map<number, readonly Value[]>();
  #sizeBytes = 0;

  constructor(limits: Bounds) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#commands.length === 0;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Keeps a command, once, however often its client asks: what is asked for again faster than instances are closed would
   * push back all else for ever. False when it holds as much as it may. An empty command is none: a checkpoint is a
   * leader's to make.
   */
  add(command: Value): boolean {
    const { queueBytes, valueBytes } = this.#limits;
    if (command.length === 0 || command.length > valueBytes) return false;
    const hash = hashOf(command);
    const alike = this.#alike.get(hash) ?? [];
    if (alike.some((other) => sameValue(other, command))) return true;
    if (this.#sizeBytes + command.length > queueBytes) return false;
    this.#alike.set(hash, [...alike, command]);
    this.#commands.push(command);
    this.#sizeBytes += command.length;
    return true;
  }

  /** The one that came first. */
  take(): Value {
    const command = this.#commands.shift();
    if (command === undefined) throw new RangeError("no command waits");
    const hash = hashOf(command);
    const alike = (this.#alike.get(hash) ?? []).filter((other) => other !== command);
    if (alike.length > 0) this.#alike.set(hash, alike);
    else this.#alike.delete(hash);
    this.#sizeBytes -= command.length;
    return command;
  }
}
