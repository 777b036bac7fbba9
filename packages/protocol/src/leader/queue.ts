/**
 * Requests that wait at a leader for room in its window. They are batched: one slot takes as many as a value holds.
 */
import type { Address } from "../address.ts";
import type { Bounds } from "../limits.ts";
import { isMembershipValue } from "../reconfiguration/membership-value.ts";
import type { Value } from "../value.ts";

/** Who asked for a value, to be told when this proposer can no longer see to it. */
export interface Origin {
  readonly client: Address;
  readonly sequence: number;
}

/** What one slot will hold: requests end to end. */
export interface Batch {
  readonly value: Value;
  readonly origins: readonly Origin[];
}

export class RequestQueue {
  readonly #limits: Bounds;
  #origins: Origin[] = [];
  #commands: Value[] = [];
  #sizeBytes = 0;

  constructor(limits: Bounds) {
    this.#limits = limits;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isEmpty(): boolean {
    return this.#commands.length === 0;
  }

  /**
   * False when it holds as much as it may, or the command is no request: larger than a value may be, or empty, which
   * would be a no-op that nobody answers and that no bound in bytes counts, or a membership, which no client may choose.
   */
  add(origin: Origin, command: Value): boolean {
    if (command.length === 0 || isMembershipValue(command)) return false;
    const { queueBytes, valueBytes } = this.#limits;
    if (this.#sizeBytes + command.length > queueBytes || command.length > valueBytes) return false;
    this.#origins.push(origin);
    this.#commands.push(command);
    this.#sizeBytes += command.length;
    return true;
  }

  /** Takes the next batch. */
  take(): Batch {
    let count = 0;
    let sizeBytes = 0;
    for (const command of this.#commands) {
      if (count > 0 && sizeBytes + command.length > this.#limits.batchBytes) break;
      sizeBytes += command.length;
      count += 1;
    }
    const origins = this.#origins.splice(0, count);
    const commands = this.#commands.splice(0, count);
    this.#sizeBytes -= sizeBytes;
    const [only] = commands;
    return { value: only !== undefined && count === 1 ? only : joined(commands, sizeBytes), origins };
  }

  clear(): readonly Origin[] {
    this.#commands = [];
    this.#sizeBytes = 0;
    return this.#origins.splice(0);
  }
}

function joined(commands: readonly Value[], sizeBytes: number): Value {
  const value = new Uint8Array(sizeBytes);
  let at = 0;
  for (const command of commands) {
    value.set(command, at);
    at += command.length;
  }
  return value;
}
