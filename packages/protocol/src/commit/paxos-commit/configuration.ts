/**
 * Who takes part in Paxos Commit, and whose a ballot is.
 */
import { ballotOwner, nextBallot, type Ballot } from "../../ballot.ts";
import { majority, type QuorumSystem } from "../../quorum.ts";
import { commitConfigurationOf, type CommitConfiguration } from "../configuration.ts";

export interface Configuration extends CommitConfiguration {
  /** Nodes 1 to `nodes` each have a leader and a participant; nodes 1 to `quorums.acceptors` have an acceptor. */
  readonly quorums: QuorumSystem;
}

/** Nodes 1 to `nodes`, an acceptor on each, majorities, the usual times and limits. */
export function configurationOf(nodes: number, changes: Partial<Omit<Configuration, "nodes">> = {}): Configuration {
  return { ...commitConfigurationOf(nodes), quorums: majority(nodes), ...changes };
}

/**
 * The first ballot of each instance is its participant's, which needs no phase 1 for it (§4.2, where it is ballot 0):
 * no other can have been used before. All above are the leaders'.
 */
export const participantBallot: Ballot = 1;

/** The smallest ballot above `above` that the leader of a node owns. */
export function nextLeaderBallot(above: Ballot, node: number, nodes: number): Ballot {
  return participantBallot + nextBallot(Math.max(0, above - participantBallot), node, nodes);
}

/** The node of the leader that owns a ballot above the first one. */
export function leaderOf(ballot: Ballot, nodes: number): number {
  return ballotOwner(ballot - participantBallot, nodes);
}
