/**
 * Values, and which of them a proposer may propose.
 */
import { noBallot, type Ballot } from "./ballot.ts";

/** What is chosen: bytes that the roles carry and never read. An empty value is a no-op. */
export type Value = Uint8Array;

export const noOp: Value = new Uint8Array(0);

/** An accepted proposal as an acceptor reports it; ballot 0 when it has accepted none. */
export interface Proposal {
  readonly ballot: Ballot;
  readonly value: Value;
}

/**
 * The value that P2c leaves a proposer (*Paxos Made Simple* §2.2): that of the highest-numbered proposal among those
 * which a phase 1 quorum reported, or `wanted` when the quorum reported none. `reported` must hold the answers of at
 * least one whole quorum to one Prepare, for one slot.
 */
export function valueToPropose(reported: Iterable<Proposal>, wanted: Value): Value {
  let highest: Proposal = { ballot: noBallot, value: wanted };
  for (const proposal of reported) {
    if (proposal.ballot > highest.ballot) highest = proposal;
  }
  return highest.value;
}

/** True when two values are the same bytes. */
export function sameValue(one: Value, other: Value): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
