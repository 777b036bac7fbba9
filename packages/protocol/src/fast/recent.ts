/**
 * What a role has done about requests lately, so that one that comes again costs no second slot. It forgets by time and
 * by number, and tells requests apart by a fingerprint: a mistake costs a delay, as the client asks again, and nothing
 * else, for a request that is in two slots is run once by its session.
 */
import type { Value } from "../value.ts";

/** Requests that are remembered from one age; there are two. */
const mostRequests = 4096;

export class RecentRequests {
  readonly #ageTicks: number;
  #ticks = 0;
  #young = new Map<number, number>();
  #old = new Map<number, number>();

  /** @param ageTicks how long a request is remembered at least, and half of how long at most */
  constructor(ageTicks: number) {
    this.#ageTicks = ageTicks;
  }

  /** Remembers where a request was put. */
  add(request: Value, slot: number): void {
    if (this.#young.size >= mostRequests) this.#turn();
    this.#young.set(fingerprint(request), slot);
  }

  /** Where it was put last; undefined when it is not remembered. */
  slotOf(request: Value): number | undefined {
    const key = fingerprint(request);
    return this.#young.get(key) ?? this.#old.get(key);
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % this.#ageTicks === 0) this.#turn();
  }

  #turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}

const lowStart = 0x811c9dc5;
const highStart = 0x01000193;

/** 52 bits: two runs of FNV-1a that begin differently. */
function fingerprint(bytes: Value): number {
  let low = lowStart;
  let high = highStart;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x5bd1e995);
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}
