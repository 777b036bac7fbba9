/**
 * Who takes part in Generalized Paxos, and how. What interferes, the state machine says: see `interference.ts`.
 */
import { limits, timing, type Bounds, type Timing } from "../limits.ts";
import type { QuorumSystem } from "../quorum.ts";
import type { Access } from "../service.ts";
import { leastQuorums } from "./quorums.ts";

/** A history may not grow for ever: past one of these the leader closes its instance. All nodes must have the same. */
export interface HistoryBounds extends Bounds {
  /** Commands of an instance. */
  readonly historyCommands: number;
  /** Bytes of the commands of an instance. */
  readonly historyBytes: number;
}

/** When a leader gives up fast ballots, and for how long. */
export interface FallBack {
  /** It counts the collisions among so many commands ... */
  readonly windowCommands: number;
  /** ... and bears so many. */
  readonly mostCollisions: number;
  /** How long it stays with classic ballots, in ticks. */
  readonly classicTicks: number;
}

export interface Configuration {
  /** Node numbers from 1 without a gap; each has a proposer, an acceptor and a learner. */
  readonly nodes: readonly number[];
  /** Any two of phase 2 meet in each of phase 1: see `fastQuorums`. */
  readonly quorums: QuorumSystem;
  readonly fallBack: FallBack;
  readonly timing: Timing;
  readonly limits: HistoryBounds;
}

/** The most commands of a history: each acceptor adds up to its own bound, and a leader puts together what they have. */
export function mostCommands({ nodes, limits: { historyCommands } }: Configuration): number {
  return nodes.length * historyCommands + 1;
}

/**
 * Bytes of a history that is not closed: whoever adds to it stops at `historyBytes`, and the last command may be as large
 * as a value. What acceptors have added is put an end to in the same ballot only when it is no longer than this together.
 */
export function openBytes({ limits: { historyBytes, valueBytes } }: Configuration): number {
  return historyBytes + valueBytes;
}

/**
 * The most bytes of a history. A leader that takes a ballot begins it with all that may be chosen in the one before, and
 * that is no longer than three open ones, however many acceptors there are:
 *
 * - What may be chosen has been reported by `phase2 - (acceptors - phase1)` of the `phase1` acceptors that answered, each
 *   command of it; that is by more than half of them, since `phase1 + 2 * phase2 > 2 * acceptors`. So all of it together
 *   is less than twice the longest of their histories: two open ones.
 * - Some may have reported the same closed one, which a leader put together: one more, of `openBytes`. What is not in
 *   that, as many of the others have.
 * - What is as long as that is closed at once: it never grows.
 */
export function mostBytes(configuration: Configuration): number {
  return 3 * openBytes(configuration);
}

export const fallBack: FallBack = { windowCommands: 32, mostCollisions: 8, classicTicks: 200 };

/** Nodes 1 to `count`, the least quorums, the usual times and limits. */
export function configurationOf(count: number, changes: Partial<Omit<Configuration, "nodes">> = {}): Configuration {
  return {
    nodes: Array.from({ length: count }, (_, index) => index + 1),
    quorums: leastQuorums(count),
    fallBack,
    timing,
    limits,
    ...changes,
  };
}

/** Requests go to every acceptor at once; reads are commands like others. */
export function accessOf(nodes: readonly number[]): Access {
  return { nodes, requests: "acceptors", acceptors: nodes, reads: "logged", answers: 1, requestsUnderWay: 1 };
}
