/**
 * Which value may be proposed in a ballot, by what acceptors report of the ballots below: the rule of *Fast Paxos* §3,
 * which is P2c where no fast ballot is about.
 */
import { noBallot, type Ballot } from "../ballot.ts";
import { countAcceptors, type AcceptorSet } from "../quorum.ts";
import { noOp, sameValue, type Value } from "../value.ts";
import { isFast } from "./ballots.ts";
import type { FastQuorums } from "./quorums.ts";

/** The last vote of an acceptor in a slot. */
export interface Report {
  readonly ballot: Ballot;
  readonly value: Value;
}

/** How many acceptors choose a value in a ballot. */
export function quorumOf(quorums: FastQuorums, ballot: Ballot): number {
  return isFast(ballot) ? quorums.fast : quorums.phase2;
}

/** A value, and by how many acceptors it was voted for. */
export interface Candidate {
  readonly value: Value;
  readonly votes: number;
}

/**
 * What a proposer, or an acceptor that recovers, must propose in a slot; a no-op when the choice is its own and nobody
 * has voted.
 *
 * With k the highest ballot reported, v may have been chosen in k only if there is a quorum R of k whose every member
 * that answered has voted for v in k (O4): at least as many as R has when all who did not answer are in it. The quorum
 * rule leaves at most one such v. When there is none, no value has been or will be chosen in k or below, and any that was
 * proposed will do: the one with the most votes.
 *
 * @param answered at least one whole phase 1 quorum
 * @param reports one each of those that have voted in the slot
 * @param isElsewhere values that another slot has, which are not picked as long as there is a choice
 */
export function valueToPick(
  quorums: FastQuorums,
  answered: AcceptorSet,
  reports: readonly Report[],
  isElsewhere: (value: Value) => boolean = () => false,
): Value {
  const highest = reports.reduce<Ballot>((most, { ballot }) => Math.max(most, ballot), noBallot);
  const candidates = candidatesOf(reports.filter(({ ballot }) => ballot === highest));
  const silent = quorums.acceptors - countAcceptors(answered);
  const bound = candidates.find(({ votes }) => votes + silent >= quorumOf(quorums, highest));
  if (bound !== undefined) return bound.value;
  const wanted = candidates.filter(({ value }) => !isElsewhere(value));
  return (favourite(wanted) ?? favourite(candidates))?.value ?? noOp;
}

/** The values voted for, with their votes. */
export function candidatesOf(reports: readonly Report[]): readonly Candidate[] {
  const candidates: { value: Value; votes: number }[] = [];
  for (const { value } of reports) {
    const same = candidates.find((candidate) => sameValue(candidate.value, value));
    if (same === undefined) candidates.push({ value, votes: 1 });
    else same.votes += 1;
  }
  return candidates;
}

/** The candidate with the most votes; of several, that of the smallest bytes, so that all who see them pick the same. */
export function favourite(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.reduce<Candidate | undefined>((best, candidate) => {
    if (best === undefined || candidate.votes > best.votes) return candidate;
    return candidate.votes === best.votes && isBelow(candidate.value, best.value) ? candidate : best;
  }, undefined);
}

function isBelow(one: Value, other: Value): boolean {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const [left = 0, right = 0] = [one[at], other[at]];
    if (left !== right) return left < right;
  }
  return one.length < other.length;
}
