/**
 * Who takes part in Multi-Paxos, and how.
 */
import { majority, type QuorumSystem } from "../quorum.ts";
import { limits, timing, type Bounds, type Timing } from "../limits.ts";

export type { Bounds, Timing };

/** Who is told of a vote (*Paxos Made Simple* §2.3): the learner of the leader's node, or every learner. */
export type Learning = "distinguished" | "every";

export interface Configuration {
  /** Node numbers from 1 without a gap; each has a proposer, an acceptor and a learner. */
  readonly nodes: readonly number[];
  readonly quorums: QuorumSystem;
  readonly learning: Learning;
  readonly timing: Timing;
  readonly limits: Bounds;
}

/** Nodes 1 to `count`, majorities, a distinguished learner, the usual times and limits. */
export function configurationOf(count: number, changes: Partial<Omit<Configuration, "nodes">> = {}): Configuration {
  return {
    nodes: Array.from({ length: count }, (_, index) => index + 1),
    quorums: majority(count),
    learning: "distinguished",
    timing,
    limits,
    ...changes,
  };
}
