/**
 * The requests of clients: what a proposer waits to see chosen, and what an acceptor may vote for.
 */
import type { Bounds } from "../limits.ts";
import type { Value } from "../value.ts";
import { keyOf, type Digest } from "../digest.ts";

interface PendingRequest {
  readonly command: Value;
  /** When it came, in ticks. */
  readonly since: number;
  /** This proposer leads, and has put it in a slot. */
  proposed: boolean;
}

/**
 * What clients asked a proposer for and is not known to be chosen. Every proposer has it, whoever leads: a leader that
 * lets one wait is suspected.
 */
export class PendingRequests {
  readonly #limits: Bounds;
  readonly #digest: Digest;
  readonly #requests = new Map<string, PendingRequest>();
  #waiting: string[] = [];
  #sizeBytes = 0;

  constructor(limits: Bounds, digest: Digest) {
    this.#limits = limits;
    this.#digest = digest;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether one waits to be put in a slot. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Since when the one waits that has waited longest; undefined when none does. */
  get oldest(): number | undefined {
    for (const { since } of this.#requests.values()) return since;
    return undefined;
  }

  /** False when it holds as much as it may, or the command is no request: empty, or larger than a value may be. */
  add(command: Value, now: number): boolean {
    const { queueBytes, valueBytes } = this.#limits;
    if (command.length === 0 || command.length > valueBytes) return false;
    const key = keyOf(this.#digest(command));
    if (this.#requests.has(key)) return true;
    if (this.#sizeBytes + command.length > queueBytes) return false;
    this.#requests.set(key, { command, since: now, proposed: false });
    this.#waiting.push(key);
    this.#sizeBytes += command.length;
    return true;
  }

  /** Takes what goes into the next slot. */
  take(): readonly Value[] {
    const taken: Value[] = [];
    let sizeBytes = 0;
    let count = 0;
    for (const key of this.#waiting) {
      const request = this.#requests.get(key);
      if (request !== undefined && !request.proposed) {
        if (taken.length > 0 && sizeBytes + request.command.length > this.#limits.batchBytes) break;
        sizeBytes += request.command.length;
        request.proposed = true;
        taken.push(request.command);
      }
      count += 1;
    }
    this.#waiting.splice(0, count);
    return taken;
  }

  /** These are in a slot that this proposer finishes: not in another one as well. */
  finishing(commands: readonly Value[]): void {
    for (const command of commands) {
      const request = this.#requests.get(keyOf(this.#digest(command)));
      if (request !== undefined) request.proposed = true;
    }
  }

  /** These have been chosen. Whether one of them was waited for. */
  served(commands: readonly Value[]): boolean {
    let known = false;
    for (const command of commands) {
      const key = keyOf(this.#digest(command));
      const request = this.#requests.get(key);
      if (request === undefined) continue;
      known = true;
      this.#requests.delete(key);
      this.#sizeBytes -= request.command.length;
    }
    return known;
  }

  /** Forgets what came before this tick. */
  forget(before: number): void {
    for (const [key, { since, command }] of this.#requests) {
      if (since >= before) return;
      this.#requests.delete(key);
      this.#sizeBytes -= command.length;
    }
  }

  /** Another ballot begins: what was put in a slot may not be chosen there. */
  beginAnew(): void {
    this.#waiting = [...this.#requests.keys()];
    for (const request of this.#requests.values()) request.proposed = false;
  }
}

/**
 * How often an acceptor may vote for a request: as often as clients have sent it to its node. So no leader makes up a
 * command, nor one that opens a session once more. What it voted for in a slot that gets another value, it may again.
 */
export class Permits {
  readonly #bytes: number;
  readonly #digest: Digest;
  readonly #counts = new Map<string, { count: number; readonly sizeBytes: number }>();
  #sizeBytes = 0;

  constructor({ queueBytes }: Bounds, digest: Digest) {
    this.#bytes = 2 * queueBytes;
    this.#digest = digest;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Clients sent these, or sent them again. Past its bound it forgets what came first. */
  give(commands: readonly Value[]): void {
    for (const command of commands) {
      const key = keyOf(this.#digest(command));
      const held = this.#counts.get(key);
      if (held !== undefined) held.count += 1;
      else {
        this.#counts.set(key, { count: 1, sizeBytes: command.length });
        this.#sizeBytes += command.length;
      }
    }
    for (const [key, { sizeBytes }] of this.#counts) {
      if (this.#sizeBytes <= this.#bytes) return;
      this.#counts.delete(key);
      this.#sizeBytes -= sizeBytes;
    }
  }

  /** Uses one permit for each of these; false, and none is used, when one is missing. */
  use(commands: readonly Value[]): boolean {
    const keys = commands.map((command) => keyOf(this.#digest(command)));
    // A request that is in it twice takes two.
    const needed = new Map<string, number>();
    for (const key of keys) needed.set(key, (needed.get(key) ?? 0) + 1);
    for (const [key, count] of needed) if ((this.#counts.get(key)?.count ?? 0) < count) return false;
    for (const [key, count] of needed) {
      const held = this.#counts.get(key);
      if (held === undefined) continue;
      held.count -= count;
      if (held.count > 0) continue;
      this.#counts.delete(key);
      this.#sizeBytes -= held.sizeBytes;
    }
    return true;
  }
}
