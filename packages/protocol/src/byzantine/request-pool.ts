/**
 * The commands that a proposer knows to be asked for and not to be served, oldest first; and those that others relay,
 * until enough of them do. Bounded: what is too much is not taken, and its client asks again.
 */
import type { Bounds } from "../limits.ts";
import { joinCommands } from "../commands.ts";
import type { Value } from "../value.ts";

/** A client that waits asks again well within so many ticks: what it asks for no more is dropped. */
const askedTicks = 120;

/** Commands of which one other proposer may tell, before enough others do. */
const relayedKept = 256;

export interface Pending {
  readonly key: string;
  readonly digest: Uint8Array;
  readonly command: Value;
  ageTicks: number;
  /** Ticks since its client asked for it. */
  idleTicks: number;
  /** The age at which it is relayed next. */
  relayTicks: number;
  /** It is in a slot that this proposer has proposed. */
  proposed: boolean;
}

export class RequestPool {
  readonly #limits: Bounds;
  readonly #enough: number;
  readonly #pending = new Map<string, Pending>();
  #sizeBytes = 0;
  /** By proposer: keys of what it relayed, oldest first. */
  readonly #relayed = new Map<number, Set<string>>();

  /** @param enough how many proposers must relay a command before it is taken for asked */
  constructor(limits: Bounds, enough: number) {
    this.#limits = limits;
    this.#enough = enough;
  }

  get size(): number {
    return this.#pending.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** What has waited longest. */
  get oldest(): Pending | undefined {
    for (const pending of this.#pending.values()) return pending;
    return undefined;
  }

  has(key: string): boolean {
    return this.#pending.has(key);
  }

  [Symbol.iterator](): IterableIterator<Pending> {
    return this.#pending.values();
  }

  /** Takes a command that was asked for, to be relayed when it is so old; undefined when there is no room. */
  add(key: string, digest: Uint8Array, command: Value, relayTicks: number): Pending | undefined {
    const known = this.#pending.get(key);
    if (known !== undefined) {
      known.idleTicks = 0;
      return known;
    }
    if (this.#sizeBytes + command.length > this.#limits.queueBytes) return undefined;
    const pending: Pending = { key, digest, command, ageTicks: 0, idleTicks: 0, relayTicks, proposed: false };
    this.#pending.set(key, pending);
    this.#sizeBytes += command.length;
    return pending;
  }

  /** Another proposer relays a command. True when enough have. */
  relayed(node: number, key: string): boolean {
    let keys = this.#relayed.get(node);
    if (keys === undefined) this.#relayed.set(node, (keys = new Set()));
    keys.delete(key);
    keys.add(key);
    for (const first of keys) {
      if (keys.size <= relayedKept) break;
      keys.delete(first);
    }
    return [...this.#relayed.values()].filter((each) => each.has(key)).length >= this.#enough;
  }

  /** A tick has passed. What only this proposer knows, and its client has given up, nobody else would verify. */
  tick(): void {
    for (const pending of this.#pending.values()) {
      pending.ageTicks += 1;
      pending.idleTicks += 1;
      if (pending.idleTicks > askedTicks) this.#drop(pending.key);
    }
  }

  served(key: string): void {
    this.#drop(key);
    for (const keys of this.#relayed.values()) keys.delete(key);
  }

  /** The next batch, for one slot; undefined when nothing waits. */
  take(): Value | undefined {
    const batch: Pending[] = [];
    let sizeBytes = 0;
    for (const pending of this.#pending.values()) {
      if (pending.proposed) continue;
      if (batch.length > 0 && sizeBytes + pending.command.length > this.#limits.batchBytes) break;
      batch.push(pending);
      sizeBytes += pending.command.length;
    }
    for (const pending of batch) pending.proposed = true;
    return batch.length === 0 ? undefined : joinCommands(batch.map(({ command }) => command));
  }

  /** These commands are in a slot that this proposer proposes again. */
  propose(keys: readonly string[]): void {
    for (const key of keys) {
      const pending = this.#pending.get(key);
      if (pending !== undefined) pending.proposed = true;
    }
  }

  /** This proposer leads no more: what it proposed may be lost. */
  release(): void {
    for (const pending of this.#pending.values()) pending.proposed = false;
  }

  #drop(key: string): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#pending.delete(key);
    this.#sizeBytes -= pending.command.length;
  }
}
