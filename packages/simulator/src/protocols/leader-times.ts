/**
 * The times of a run whose leader is elected. Hasty elections make leaders compete, late retries leave gaps to the next
 * one, or commands waiting; the last are the times of nodes.
 */
import { timing, type Timing } from "@synod/protocol";
import type { Randomness } from "../world/randomness.ts";

export function drawLeaderTimes(randomness: Randomness): Timing {
  return randomness.pick([
    { heartbeatTicks: 2, electionTicks: 6, retryTicks: 40, catchUpTicks: 2 },
    { heartbeatTicks: 2, electionTicks: 5, retryTicks: 3, catchUpTicks: 2 },
    { heartbeatTicks: 3, electionTicks: 10, retryTicks: 5, catchUpTicks: 2 },
    timing,
  ]);
}
