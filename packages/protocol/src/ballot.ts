/**
 * Ballots: the proposal numbers of *Paxos Made Simple* §2.2.
 *
 * "Different proposals have different numbers": proposer i of n owns the ballots i, i+n, i+2n, ... (§2.5 asks for
 * disjoint sets). A ballot is a safe integer; 0 is below every ballot and means "none".
 */
export type Ballot = number;

export const noBallot: Ballot = 0;

/** The smallest ballot above `above` that proposer `proposer` of `proposers` owns. */
export function nextBallot(above: Ballot, proposer: number, proposers: number): Ballot {
  const rounds = Math.max(0, Math.ceil((above + 1 - proposer) / proposers));
  return proposer + rounds * proposers;
}

/** The proposer, of `proposers`, that owns `ballot`; 0 for no ballot. */
export function ballotOwner(ballot: Ballot, proposers: number): number {
  return ballot === noBallot ? 0 : ((ballot - 1) % proposers) + 1;
}
