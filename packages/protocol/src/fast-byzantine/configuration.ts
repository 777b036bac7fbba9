/**
 * Who takes part in Fast Byzantine Paxos, and how.
 */
import { limits, timing, type Bounds, type Timing } from "../limits.ts";
import type { Access } from "../service.ts";
import { mostFaults, quorumsOf, type Quorums } from "./quorums.ts";

export interface Configuration {
  /** Node numbers from 1 without a gap; each has a proposer, an acceptor and a learner, which lie or are honest together. */
  readonly nodes: readonly number[];
  readonly quorums: Quorums;
  /**
   * Heartbeats are what learners tell each other of how far they are; an election time is how long a request may wait
   * before its leader is suspected.
   */
  readonly timing: Timing;
  readonly limits: Bounds;
}

/** Nodes 1 to `count`, as many liars as they bear, the usual times and limits. */
export function configurationOf(count: number, changes: Partial<Omit<Configuration, "nodes">> = {}): Configuration {
  return {
    nodes: Array.from({ length: count }, (_, index) => index + 1),
    quorums: quorumsOf({ acceptors: count, faults: mostFaults(count) }),
    timing,
    limits,
    ...changes,
  };
}

/** Every proposer is asked, so that none can suppress a request; of f+1 equal answers one is honest. */
export function accessOf({ nodes, quorums }: Configuration): Access {
  return {
    nodes,
    acceptors: nodes,
    requests: "proposers",
    reads: "logged",
    answers: quorums.trust,
    // A leader that lies could put off one request behind others of its session.
    requestsUnderWay: 1,
  };
}
