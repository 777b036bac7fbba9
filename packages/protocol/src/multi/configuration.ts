/**
 * Who takes part in Multi-Paxos, and how.
 */
import { majority, type QuorumSystem } from "../quorum.ts";
import { membershipOf } from "../reconfiguration/membership.ts";
import { Memberships } from "../reconfiguration/memberships.ts";
import { limits, timing, type Bounds, type Timing } from "../limits.ts";
import type { Lease } from "./lease.ts";

export type { Bounds, Timing };

/** Who is told of a vote (*Paxos Made Simple* §2.3): the learner of the leader's node, or every learner. */
export type Learning = "distinguished" | "every";

export interface Configuration {
  /** The first members, by node number; each has a proposer, an acceptor and a learner. Which follow, the log says. */
  readonly nodes: readonly number[];
  /**
   * Those of them that are an acceptor alone, and get no message as long as the others do (Cheap Paxos); mostly none. Where
   * there are some, one of the others that is absent may come back under its own number, with its disk.
   */
  readonly auxiliaries: readonly number[];
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
  /** A leader answers reads under a lease; undefined, and a quorum confirms each. The same for all nodes. */
  readonly lease?: Lease | undefined;
  readonly timing: Timing;
  readonly limits: Bounds;
}

/** Nodes 1 to `count`, majorities, a distinguished learner, the usual times and limits. */
export function configurationOf(count: number, changes: Partial<Omit<Configuration, "nodes">> = {}): Configuration {
  return {
    nodes: Array.from({ length: count }, (_, index) => index + 1),
    auxiliaries: [],
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
export function firstMemberships({ nodes, auxiliaries, quorums, alphaSlots }: Configuration): Memberships {
  return Memberships.first(membershipOf(nodes, quorums, { auxiliaries }), alphaSlots);
}
