/**
 * Who takes part in Multi-Paxos, and how.
 */
import { majority, type QuorumSystem } from "../quorum.ts";
import { membershipOf } from "../reconfiguration/membership.ts";
import { Memberships } from "../reconfiguration/memberships.ts";
import { limits, timing, type Bounds, type Timing } from "../limits.ts";

export type { Bounds, Timing };

/** Who is told of a vote (*Paxos Made Simple* §2.3): the learner of the leader's node, or every learner. */
export type Learning = "distinguished" | "every";

export interface Configuration {
  /** The first members, by node number; each has a proposer, an acceptor and a learner. Which follow, the log says. */
  readonly nodes: readonly number[];
  /** Of the first members. */
  readonly quorums: QuorumSystem;
  /**
   * How many node numbers there can ever be: proposer i owns the ballots i, i + identities, i + 2 identities, ... So two
   * proposers never share a ballot, whichever members come and go. The same as long as the cluster lives.
   */
  readonly identities: number;
  /**
   * Alpha: what is chosen in slot s says who chooses s + alpha. Not below `windowSlots`; the same as long as the cluster
   * lives.
   */
  readonly alphaSlots: number;
  readonly learning: Learning;
  readonly timing: Timing;
  readonly limits: Bounds;
}

/** Nodes 1 to `count`, majorities, a distinguished learner, the usual times and limits. */
export function configurationOf(count: number, changes: Partial<Omit<Configuration, "nodes">> = {}): Configuration {
  return {
    nodes: Array.from({ length: count }, (_, index) => index + 1),
    quorums: majority(count),
    identities: count,
    alphaSlots: changes.limits?.windowSlots ?? limits.windowSlots,
    learning: "distinguished",
    timing,
    limits,
    ...changes,
  };
}

/** The history of a log in which nothing is chosen. @throws QuorumError */
export function firstMemberships({ nodes, quorums, alphaSlots }: Configuration): Memberships {
  return Memberships.first(membershipOf(nodes, quorums), alphaSlots);
}
