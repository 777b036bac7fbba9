/**
 * The bounds of a run of Generalized Paxos. In most runs histories are short, so that instances are closed often.
 */
import { limits, type generalized } from "@synod/protocol";
import type { Randomness } from "../world/randomness.ts";
import { drawLimits } from "./multi-limits.ts";

/** @param smallRequests whether no request is large: see `drawLimits` */
export function drawHistoryLimits(randomness: Randomness, smallRequests: boolean): generalized.HistoryBounds {
  return {
    ...drawLimits(randomness, smallRequests),
    historyCommands: randomness.pick([3, 5, 8, 20, limits.historyCommands]),
    historyBytes: randomness.pick([500, 2000, limits.historyBytes, limits.historyBytes]),
  };
}
