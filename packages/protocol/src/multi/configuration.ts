/**
 * Who takes part in Multi-Paxos, and how.
 */
import { majority, type QuorumSystem } from "../quorum.ts";
import { limits, timing } from "../limits.ts";

/** Who is told of a vote (*Paxos Made Simple* §2.3): the learner of the leader's node, or every learner. */
export type Learning = "distinguished" | "every";

export interface Timing {
  /** Between the heartbeats of a leader, in ticks. */
  readonly heartbeatTicks: number;
  /** The least silence after which a leader is suspected, in ticks. */
  readonly electionTicks: number;
  /** Before an unanswered message of a proposer is sent again, in ticks. */
  readonly retryTicks: number;
  /** Before a learner that is behind asks for what it lacks, in ticks. */
  readonly catchUpTicks: number;
}

/** The bounds that roles keep; `limits` says what each is for. All nodes must have the same. */
export interface Bounds {
  /** Not above `learnerSlots`: what a leader may have in flight, a learner can hold. */
  readonly windowSlots: number;
  readonly windowBytes: number;
  readonly queueBytes: number;
  readonly valueBytes: number;
  readonly batchBytes: number;
  readonly pendingReads: number;
  readonly learnerSlots: number;
  readonly answerBytes: number;
  readonly logBytes: number;
}

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
