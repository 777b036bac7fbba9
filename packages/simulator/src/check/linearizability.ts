/**
 * Whether what clients were told could have come from one copy that does one thing at a time, each at some moment
 * between its beginning and its end (Herlihy and Wing, *Linearizability*, 1990).
 *
 * A history is linearizable when what it says of each key is (§3.3: locality), so that each key is checked by itself.
 */
import { HistoryError } from "../world/history-lines.ts";
import type { HistoryEvent } from "../world/history.ts";
import { UnknownOperation, type Model } from "../world/model.ts";
import type { Tally } from "../world/tally.ts";
import type { Period, Report } from "../world/violation.ts";
import { explainStuck } from "./linearizability-message.ts";
import { operationsByKey, type ClientOperation } from "./linearizability-operations.ts";
import { searchLinearization } from "./linearizability-search.ts";

/** What is known of a history. */
export type Verdict =
  | { readonly outcome: "linearizable"; readonly configurations: number }
  | {
      readonly outcome: "violation";
      readonly configurations: number;
      readonly key: string;
      /** The key, the operation that cannot be placed, and what was there at the same time. */
      readonly message: string;
      /** From the beginning to the end of that operation, in microseconds; unknown when the history as a whole is no order. */
      readonly during?: Period;
    }
  /** The bound was reached before these keys were decided, and no other key has a violation. */
  | { readonly outcome: "undecided"; readonly configurations: number; readonly keys: readonly string[] };

export interface CheckOptions {
  /** How many configurations of one key may be looked at, of which no more are in memory; 500,000 unless given. */
  readonly maxConfigurations?: number;
}

/** Some 100 MB, and seconds. */
const defaultConfigurations = 500_000;
const shownConfigurations = 20_000;

/**
 * Checks a history against a model of what one key holds.
 *
 * @throws HistoryError when the events are not a history, or not of this model's operations
 */
export function checkHistory<State>(
  events: readonly HistoryEvent[],
  model: Model<State>,
  { maxConfigurations = defaultConfigurations }: CheckOptions = {},
): Verdict {
  const undecided: string[] = [];
  let configurations = 0;
  for (const [key, operations] of operationsByKey(events)) {
    refuseUnknown(operations, model);
    const found =
      model.madeFor === undefined
        ? searchLinearization(operations, model, maxConfigurations)
        : searchLinearization(operations, model.madeFor(operations), maxConfigurations);
    configurations += found.configurations;
    if (found.outcome === "undecided") undecided.push(key);
    if (found.outcome !== "stuck") continue;
    // The states of the model itself say more to people, where the search with it comes to an end.
    const shown = searchLinearization(operations, model, shownConfigurations);
    const message = explainStuck(key, operations, shown.outcome === "stuck" ? shown : found);
    const stuckAt = found.stuckAt;
    const during = stuckAt && { from: stuckAt.beganAt, until: stuckAt.endedAt };
    return { outcome: "violation", configurations, key, message, ...(during === undefined ? {} : { during }) };
  }
  if (undecided.length > 0) return { outcome: "undecided", configurations, keys: undecided };
  return { outcome: "linearizable", configurations };
}

/** Checks the history of a run, and counts what there was to check. */
export function checkRun(
  events: readonly HistoryEvent[],
  model: Model | undefined,
  report: Report,
  reached: Tally,
): void {
  if (model === undefined) return;
  const verdict = checkHistory(events, model);
  reached.count("operations-answered", events.filter(({ type }) => type === "ok").length);
  reached.count("operations-unsure", events.filter(({ type }) => type === "info").length);
  if (verdict.outcome === "undecided") reached.count("linearizability-undecided", verdict.keys.length);
  if (verdict.outcome === "violation") report("linearizability", verdict.message, verdict.during);
}

function refuseUnknown<State>(operations: readonly ClientOperation[], model: Model<State>): void {
  for (const { f, asked, begin } of operations) {
    try {
      model.apply(model.initial, f, asked);
    } catch (failure) {
      if (!(failure instanceof UnknownOperation)) throw failure;
      throw new HistoryError(begin + 1, failure.field, failure.expected, failure.field === "f" ? f : asked);
    }
  }
}
