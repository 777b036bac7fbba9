/**
 * Commands that wait: at an acceptor for the end of the turn, or for a ballot in which it may add them; at a leader for
 * room in a classic ballot.
 */
import type { Bounds } from "../limits.ts";
import type { Value } from "../value.ts";

export class WaitingCommands {
  readonly #limits: Bounds;
  readonly #commands: Value[] = [];
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
   * Keeps a command; false when it holds as much as it may. An empty command is none: a checkpoint is a leader's to make.
   */
  add(command: Value): boolean {
    const { queueBytes, valueBytes } = this.#limits;
    if (command.length === 0 || command.length > valueBytes) return false;
    if (this.#sizeBytes + command.length > queueBytes) return false;
    this.#commands.push(command);
    this.#sizeBytes += command.length;
    return true;
  }

  /** The one that came first. */
  take(): Value {
    const command = this.#commands.shift();
    if (command === undefined) throw new RangeError("no command waits");
    this.#sizeBytes -= command.length;
    return command;
  }
}
