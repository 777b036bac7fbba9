/**
 * A membership as a value of the log. A batch of clients' entries begins with the size of the first one; that of a
 * membership begins with a size that no entry can have, by which every role can tell it without reading further.
 *
 *     mark u32, all ones | format u8 | number u32 | highest u32 | members | auxiliaries
 *     | absent, in format 2 | phase 1 u32 | phase 2 u32 | weights
 *
 * Format 1 is for memberships from which nobody is absent.
 * A list is its length and its items, all u32. Numbers are little-endian.
 */
import { QuorumError, flexible, maxAcceptors, weighted, type QuorumSystem } from "../quorum.ts";
import type { Value } from "../value.ts";
import { membershipOf, type Membership } from "./membership.ts";

const format = 1;
const formatWithAbsent = 2;

/** True for a value that only a leader may propose, and no client ask for: it looks at the mark and no further. */
export function isMembershipValue(value: Value): boolean {
  return value[0] === 0xff && value[1] === 0xff && value[2] === 0xff && value[3] === 0xff;
}

export function encodeMembership({ number, highest, members, auxiliaries, absent, quorums }: Membership): Value {
  const { phase1, phase2, weights = [] } = quorums;
  const numbers = [
    number,
    highest,
    members.length,
    ...members,
    auxiliaries.length,
    ...auxiliaries,
    ...(absent.length > 0 ? [absent.length, ...absent] : []),
    phase1,
    phase2,
    weights.length,
    ...weights,
  ];
  const value = new Uint8Array(5 + 4 * numbers.length);
  value.fill(0xff, 0, 4);
  value[4] = absent.length > 0 ? formatWithAbsent : format;
  const view = new DataView(value.buffer);
  for (const [index, each] of numbers.entries()) view.setUint32(5 + 4 * index, each, true);
  return value;
}

/** Undefined for bytes that are no membership, or one whose quorums do not meet: chosen, it changes nothing. */
export function decodeMembership(value: Value): Membership | undefined {
  const hasAbsent = value[4] === formatWithAbsent;
  const isKnown = hasAbsent || value[4] === format;
  if (!isMembershipValue(value) || !isKnown || (value.length - 5) % 4 !== 0) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  let at = 5;
  const next = (): number => {
    at += 4;
    return at > value.length ? 0 : view.getUint32(at - 4, true);
  };
  const list = (): number[] => Array.from({ length: Math.min(next(), maxAcceptors) }, next);
  const number = next();
  const highest = next();
  const members = list();
  const auxiliaries = list();
  const absent = hasAbsent ? list() : [];
  const phase1 = next();
  const phase2 = next();
  const weights = list();
  if (at !== value.length) return undefined;
  try {
    const quorums = quorumsOf(members.length, phase1, phase2, weights);
    return membershipOf(members, quorums, { number, auxiliaries, absent, highest });
  } catch (failure) {
    if (!(failure instanceof QuorumError)) throw failure;
    return undefined;
  }
}

function quorumsOf(acceptors: number, phase1: number, phase2: number, weights: readonly number[]): QuorumSystem {
  return weights.length === 0 ? flexible(acceptors, phase1, phase2) : weighted(weights, phase1, phase2);
}
