/**
 * Who takes part in a commit protocol, and how.
 */
import { limits } from "../limits.ts";

export interface CommitTiming {
  /** Before what was not answered is sent again, in ticks. */
  readonly retryTicks: number;
  /** How long a coordinator waits for the votes, in ticks. */
  readonly voteTicks: number;
  /** How long a participant that has voted waits before it asks, in ticks; longer than a coordinator waits twice. */
  readonly doubtTicks: number;
  /** How long a participant holds the locks of a transaction that nobody asks it to vote on, in ticks. */
  readonly holdTicks: number;
}

/** The times of nodes that are not told others. */
export const commitTiming: CommitTiming = { retryTicks: 10, voteTicks: 40, doubtTicks: 100, holdTicks: 6000 };

/** The bounds that the roles keep; `limits` says what each is for. */
export interface CommitBounds {
  readonly transactions: number;
  readonly transactionWrites: number;
  readonly outcomes: number;
  readonly participantBytes: number;
}

export interface CommitConfiguration {
  /** Nodes 1 to `nodes` each have a coordinator and a participant. */
  readonly nodes: number;
  readonly timing: CommitTiming;
  readonly limits: CommitBounds;
}

/** Nodes 1 to `nodes`, the usual times and limits. */
export function commitConfigurationOf(
  nodes: number,
  changes: Partial<Omit<CommitConfiguration, "nodes">> = {},
): CommitConfiguration {
  return { nodes, timing: commitTiming, limits, ...changes };
}

/** The node whose participant has a key, of nodes 1 to `nodes`: by the hash of its bytes (FNV-1a). */
export function ownerOf(key: Uint8Array, nodes: number): number {
  let hash = 0x811c9dc5;
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193);
  return ((hash >>> 0) % nodes) + 1;
}
