/**
 * How long a proposer waits before it tries again with a higher ballot. Two proposers that wait equally long can kill
 * each other's proposals for ever (*Paxos Made Simple* §2.4); unequal waits end that sooner or later.
 */
import type { Random } from "../output.ts";

/** The wait in ticks, at least 1, before attempt `attempt` (from 1) that follows a refusal. */
export type RetryDelay = (attempt: number) => number;

/** Always `ticks`: simple, and open to a duel without end. */
export function fixedDelay(ticks: number): RetryDelay {
  return () => ticks;
}

const maxDoublings = 6;

/** A random wait of 1 to `ticks`, the range doubled with each attempt, up to 64 times. */
export function randomDelay(random: Random, ticks: number): RetryDelay {
  return (attempt) => 1 + Math.floor(random() * ticks * 2 ** Math.min(attempt - 1, maxDoublings));
}
