/**
 * Who takes part in Byzantine Paxos, and how.
 */
import type { Digest } from "../digest.ts";
import { limits, timing, type Bounds, type Timing } from "../limits.ts";
import type { Access } from "../service.ts";
import { believedBy, byzantineQuorums, type ByzantineQuorums } from "./quorums.ts";

export interface Configuration {
  /** Node numbers from 1 without a gap; each has a proposer, an acceptor and a learner. */
  readonly nodes: readonly number[];
  readonly quorums: ByzantineQuorums;
  /** Collision-resistant; the same on all nodes. */
  readonly digest: Digest;
  readonly timing: Timing;
  /** `windowSlots` is counted from the stable checkpoint here, and at least 2. */
  readonly limits: Bounds;
}

/** A leader is doubted when a request is not served in twice this: clients must have had time to ask again. */
const byzantineTiming: Timing = { ...timing, electionTicks: 30 };

/** Nodes 1 to `count`, as many liars as they bear, the usual times and limits. */
export function configurationOf(
  count: number,
  digest: Digest,
  changes: Partial<Omit<Configuration, "nodes" | "digest">> = {},
): Configuration {
  return {
    nodes: Array.from({ length: count }, (_, index) => index + 1),
    quorums: byzantineQuorums(count),
    digest,
    timing: byzantineTiming,
    limits,
    ...changes,
  };
}

/** Requests go to all, and f + 1 equal answers are believed. */
export function accessOf({ nodes, quorums }: Pick<Configuration, "nodes" | "quorums">): Access {
  return {
    nodes,
    requests: "proposers",
    acceptors: nodes,
    reads: "logged",
    answers: believedBy(quorums),
    requestsUnderWay: 4,
  };
}
