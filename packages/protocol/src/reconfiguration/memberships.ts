/**
 * Which membership governs which slot: "the set of servers that execute instance i + α of the consensus algorithm" is
 * "specified by the state after execution of the ith state machine command" (*Paxos Made Simple* §3). A change chosen in slot s governs from
 * s + alpha on, so that the slots up to there can be proposed before s is known.
 *
 * The history is that of a log up to some slot, and a value: what is chosen next gives another one. It holds what governs
 * the slots after that one, so it is never long: the membership in force, and at most one that is to follow, since a
 * second change that was chosen meanwhile is void.
 */
import type { Slot } from "../replication/messages.ts";
import type { Value } from "../value.ts";
import { decodeMembership, encodeMembership, isMembershipValue } from "./membership-value.ts";
import type { Membership } from "./membership.ts";

export interface Period {
  /** The first slot that it governs. */
  readonly from: Slot;
  readonly membership: Membership;
}

/** The bytes of a history in which nothing was changed yet. */
export const unchanged: Uint8Array = new Uint8Array(0);

const integerBytes = 8;
const mostPeriods = 2;

export class Memberships {
  readonly #first: Membership;
  readonly #alphaSlots: number;
  /** In order; the next one follows on the one before. */
  readonly periods: readonly Period[];
  #bytes: Uint8Array | undefined;

  private constructor(first: Membership, alphaSlots: number, periods: readonly Period[]) {
    this.#first = first;
    this.#alphaSlots = alphaSlots;
    this.periods = periods;
  }

  /** Before anything was chosen. */
  static first(membership: Membership, alphaSlots: number): Memberships {
    return new Memberships(membership, alphaSlots, [{ from: 1, membership }]);
  }

  /** The newest one, in force or to follow. */
  get latest(): Period {
    return this.periods.at(-1) ?? { from: 1, membership: this.#first };
  }

  /** What governs a slot, of those up to alpha after what was chosen. */
  at(slot: Slot): Membership {
    const { from, membership } = this.latest;
    if (slot >= from) return membership;
    return this.periods[0]?.membership ?? membership;
  }

  /** What governs the slots from `slot` on: what is in force there, and what follows. */
  periodsFrom(slot: Slot): readonly Period[] {
    return this.periods.filter((_, index) => (this.periods[index + 1]?.from ?? Infinity) > slot);
  }

  /** The members of all that governs the slots from `slot` on, each once. */
  membersFrom(slot: Slot): readonly number[] {
    return [...new Set(this.periodsFrom(slot).flatMap(({ membership }) => membership.members))];
  }

  /** Those of them that have a proposer and a learner, each once. */
  mainsFrom(slot: Slot): readonly number[] {
    return [...new Set(this.periodsFrom(slot).flatMap(({ membership }) => membership.mains))];
  }

  /** Whether this history goes further than another of the same log. */
  isAfter(other: Memberships): boolean {
    return this.latest.membership.number > other.latest.membership.number;
  }

  /** The history once `value` is chosen in `slot`, and all before it. */
  chosen(slot: Slot, value: Value): Memberships {
    if (!isMembershipValue(value)) return this;
    const membership = decodeMembership(value);
    if (membership === undefined || !this.#mayFollow(membership, slot)) return this;
    const { latest } = this;
    return new Memberships(this.#first, this.#alphaSlots, [latest, { from: slot + this.#alphaSlots, membership }]);
  }

  /** One change at a time: the next one, once the one before is in force. */
  #mayFollow({ number }: Membership, slot: Slot): boolean {
    const { from, membership } = this.latest;
    return from <= slot && number === membership.number + 1;
  }

  /** As it goes with snapshots and trims; empty as long as nothing was changed. */
  get bytes(): Uint8Array {
    this.#bytes ??= this.latest.membership.number === 0 ? unchanged : encodePeriods(this.periods);
    return this.#bytes;
  }

  /** The history that another node has told by its bytes, of the same log; undefined when they are none. */
  from(bytes: Uint8Array): Memberships | undefined {
    if (bytes.length === 0) return Memberships.first(this.#first, this.#alphaSlots);
    const periods = decodePeriods(bytes);
    return periods && new Memberships(this.#first, this.#alphaSlots, periods);
  }
}

/** Whether bytes from elsewhere are a history: those of `Memberships.bytes`. */
export function areMemberships(bytes: Uint8Array): boolean {
  return bytes.length === 0 || decodePeriods(bytes) !== undefined;
}

function encodePeriods(periods: readonly Period[]): Uint8Array {
  const values = periods.map(({ membership }) => encodeMembership(membership));
  const bytes = new Uint8Array(values.reduce((sum, { length }) => sum + integerBytes + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, { from }] of periods.entries()) {
    const value = values[index] ?? unchanged;
    view.setFloat64(at, from, true);
    view.setUint32(at + integerBytes, value.length, true);
    bytes.set(value, at + integerBytes + 4);
    at += integerBytes + 4 + value.length;
  }
  return bytes;
}

function decodePeriods(bytes: Uint8Array): readonly Period[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const periods: Period[] = [];
  for (let at = 0; at < bytes.length;) {
    if (periods.length >= mostPeriods || bytes.length - at < integerBytes + 4) return undefined;
    const from = view.getFloat64(at, true);
    const start = at + integerBytes + 4;
    const end = start + view.getUint32(at + integerBytes, true);
    const membership = end > bytes.length ? undefined : decodeMembership(bytes.subarray(start, end));
    const before = periods.at(-1)?.from ?? 0;
    if (membership === undefined || !Number.isSafeInteger(from) || from <= before) return undefined;
    periods.push({ from, membership });
    at = end;
  }
  return periods;
}
