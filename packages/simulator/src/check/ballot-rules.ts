/**
 * What a ballot is, in a protocol whose ballots are not all alike: how many acceptors choose in it, who owns it, and what
 * a vote in it promises. In most protocols all are classic.
 */
import { ballotOwner, isPhase2Quorum, type AcceptorSet, type Ballot, type QuorumSystem } from "@synod/protocol";

export interface BallotRules {
  /** Whether some ballots are fast. */
  readonly hasFast: boolean;
  /** Whether these acceptors, having voted for one value in a ballot, choose it. */
  isChosenBy(ballot: Ballot, voters: AcceptorSet): boolean;
  /** Whether acceptors may vote in it for different values: what clients ask, or what they pick themselves. */
  isFast(ballot: Ballot): boolean;
  /** Whether acceptors pick the value of a ballot by their votes in the one before. */
  isPickedByAcceptors(ballot: Ballot): boolean;
  /** The proposer that owns a ballot. */
  ownerOf(ballot: Ballot): number;
  /** What a vote in a ballot promises for all slots: nothing below this. */
  promiseOf(ballot: Ballot): Ballot;
}

/** Every ballot has one value, proposed by its owner, and a phase 2 quorum chooses it. */
export function classicBallots(quorums: QuorumSystem): BallotRules {
  return {
    hasFast: false,
    isChosenBy: (_ballot, voters) => isPhase2Quorum(quorums, voters),
    isFast: () => false,
    isPickedByAcceptors: () => false,
    ownerOf: (ballot) => ballotOwner(ballot, quorums.acceptors),
    promiseOf: (ballot) => ballot,
  };
}
