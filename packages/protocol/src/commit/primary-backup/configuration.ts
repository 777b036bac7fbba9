/**
 * Who takes part in primary-backup, and how.
 */
import { limits } from "../../limits.ts";

export interface ViewTiming {
  /** Between the pings of a server, in ticks. */
  readonly pingTicks: number;
  /** After so long a silence the view server takes a server for dead, in ticks. */
  readonly deadTicks: number;
  /** Before what was not answered is sent again, in ticks. */
  readonly retryTicks: number;
  /** After so long a silence a primary takes its backup for dead, in ticks. */
  readonly aloneTicks: number;
}

/** The times of nodes that are not told others. */
export const viewTiming: ViewTiming = { pingTicks: 5, deadTicks: 25, retryTicks: 8, aloneTicks: 30 };

export interface Configuration {
  /** Node 1 has the view server; nodes 2 to `nodes` each have a server. */
  readonly nodes: number;
  readonly timing: ViewTiming;
  /** `participantBytes` of keys and values, `sessions` clients remembered and `transactions` writes under way, at most. */
  readonly limits: Pick<typeof limits, "participantBytes" | "sessions" | "transactions">;
}

export const viewServerNode = 1;

/** Nodes 1 to `nodes`, the usual times and limits. */
export function configurationOf(nodes: number, changes: Partial<Omit<Configuration, "nodes">> = {}): Configuration {
  return { nodes, timing: viewTiming, limits, ...changes };
}
