/**
 * The bounds of a run of Multi-Paxos. In most runs they are small, so that windows fill, promises come in pages and
 * learners let votes go: with those that nodes use a run would have to be far longer for that.
 */
import { limits, type multi } from "@synod/protocol";
import type { Randomness } from "../world/randomness.ts";

/** Room for one request of the largest kind that the protocol's own workload makes, and a few more. */
const smallQueueBytes = 2048;

/** @param smallRequests whether no request comes near `smallQueueBytes`: one that does must still be taken */
export function drawLimits(randomness: Randomness, smallRequests: boolean): multi.Bounds {
  if (randomness.chance(0.3)) return limits;
  const windowSlots = randomness.pick([1, 2, 3, 5, 8, 64]);
  return {
    windowSlots,
    windowBytes: randomness.pick([1, 300, 2000, limits.windowBytes]),
    queueBytes: smallRequests ? randomness.pick([smallQueueBytes, limits.queueBytes]) : limits.queueBytes,
    valueBytes: limits.valueBytes,
    batchBytes: randomness.pick([1, 200, limits.batchBytes]),
    pendingReads: randomness.pick([1, 2, limits.pendingReads]),
    learnerSlots: windowSlots + randomness.pick([0, 1, 8, 1024]),
    answerBytes: randomness.pick([1, 100, 1000, limits.answerBytes]),
    answerValues: limits.answerValues,
    logBytes: randomness.pick([1000, 10_000, limits.logBytes]),
  };
}

/** Bytes of a part of a snapshot on its way. */
export function drawPartBytes(randomness: Randomness): number {
  return randomness.pick([50, 500, limits.snapshotPartBytes]);
}
