/**
 * The ballots of Fast Paxos: which are fast, and who owns them.
 *
 * A proposer that leads owns a term of five ballots, and begins in one of three:
 *
 *     0 fast, 1 classic            a collision in 0 is recovered by the leader, in 1     coordinated
 *     2 fast, 3 fast, 4 classic    one in 2 by the acceptors in 3, and one in 3 in 4     uncoordinated
 *     4 classic                    nothing is fast
 *
 * The recovery of a collision is always in the very next ballot, so that a vote is phase 1b of it as well: who has
 * voted in ballot i casts no other vote below i + 1 (*Fast Paxos* §3). Which ballot comes next says who recovers, so
 * that nodes that are set up differently cannot disagree about it.
 *
 * A ballot is `5 * term + position`. Terms are numbered as ballots are elsewhere: proposer i of n owns i, i+n, ...
 */
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";

const ballotsPerTerm = 5;
const fastPositions: readonly number[] = [0, 2, 3];

/** Who recovers from a collision: the leader, or each acceptor by itself. */
export type Recovery = "coordinated" | "uncoordinated";

/** How a term is begun: fast, with a recovery, or classic. */
export type Pace = Recovery | "classic";

const firstPosition: Readonly<Record<Pace, number>> = { coordinated: 0, uncoordinated: 2, classic: 4 };

/** The ballot in which a term begins: the leader prepares it. */
export function firstBallot(term: number, pace: Pace): Ballot {
  return term * ballotsPerTerm + firstPosition[pace];
}

/** The lowest ballot of the term that `ballot` is of. */
export function lowestOfTerm(ballot: Ballot): Ballot {
  return termOf(ballot) * ballotsPerTerm;
}

/** The term of a ballot; 0 for no ballot. */
export function termOf(ballot: Ballot): number {
  return Math.floor(ballot / ballotsPerTerm);
}

/** Whether acceptors may vote in it for what clients ask, and a fast quorum is needed. */
export function isFast(ballot: Ballot): boolean {
  return ballot !== noBallot && fastPositions.includes(ballot % ballotsPerTerm);
}

/** Whether the acceptors recover by themselves, in the next ballot, when they collide in this one. */
export function recoversItself(ballot: Ballot): boolean {
  return isFast(ballot) && isFast(ballot + 1);
}

/** The proposer, of `proposers`, that owns a ballot; 0 for no ballot. */
export function ownerOf(ballot: Ballot, proposers: number): number {
  return ballotOwner(termOf(ballot), proposers);
}
