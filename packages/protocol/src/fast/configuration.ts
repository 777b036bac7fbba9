/**
 * Who takes part in Fast Paxos, and how.
 */
import { limits, timing, type Bounds, type Timing } from "../limits.ts";
import type { Access } from "../service.ts";
import type { Recovery } from "./ballots.ts";
import { fastMajority, type FastQuorums } from "./quorums.ts";

export type { Bounds, Timing };

/** When a leader gives up fast ballots, and for how long. */
export interface FallBack {
  /** It counts the collisions among so many slots ... */
  readonly windowSlots: number;
  /** ... and bears so many. */
  readonly mostCollisions: number;
  /** How long it stays with classic ballots, in ticks. */
  readonly classicTicks: number;
}

export interface Configuration {
  /** Node numbers from 1 without a gap; each has a proposer, an acceptor and a learner. */
  readonly nodes: readonly number[];
  readonly quorums: FastQuorums;
  /** How a leader begins its fast terms. */
  readonly recovery: Recovery;
  readonly fallBack: FallBack;
  readonly timing: Timing;
  readonly limits: Bounds;
}

export const fallBack: FallBack = { windowSlots: 32, mostCollisions: 8, classicTicks: 200 };

/** Nodes 1 to `count`, coordinated recovery, the smallest quorums, the usual times and limits. */
export function configurationOf(count: number, changes: Partial<Omit<Configuration, "nodes">> = {}): Configuration {
  return {
    nodes: Array.from({ length: count }, (_, index) => index + 1),
    quorums: fastMajority(count),
    recovery: "coordinated",
    fallBack,
    timing,
    limits,
    ...changes,
  };
}

/** Clients send to all acceptors. Those may order two requests of one session differently: one is under way at once. */
export function accessOf({ nodes }: Configuration): Access {
  return { nodes, requests: "acceptors", acceptors: nodes, reads: "logged", answers: 1, requestsUnderWay: 1 };
}
