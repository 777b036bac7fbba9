/**
 * Why a history is not linearizable, for people: the first answer that has no place, and what could have explained it.
 */
import type { ClientOperation } from "./linearizability-operations.ts";
import type { SearchOutcome } from "./linearizability-search.ts";

/** How many operations at the same time are shown. */
const mostShown = 6;

export function explainStuck(
  key: string,
  operations: readonly ClientOperation[],
  { stuckAt, states = [] }: SearchOutcome,
): string {
  const where = `key ${JSON.stringify(key)}`;
  if (stuckAt === undefined) return `${where}: its operations have no order`;
  const concurrent = operations.filter(
    (operation) => operation.begin !== stuckAt.begin && operation.begin < stuckAt.end && operation.end > stuckAt.begin,
  );
  const last = lastBefore(stuckAt, operations);
  return [
    `${where}: ${show(stuckAt)} has no place`,
    `before it the key may hold ${states.join(" or ")}`,
    ...(last === undefined ? [] : [`the last to end before it: ${show(last)}`]),
    ...list(
      "at the same time",
      concurrent.filter(({ answered }) => answered !== undefined),
    ),
    ...list("with an unknown end", concurrent.filter(({ answered }) => answered === undefined).reverse()),
  ].join("; ");
}

function lastBefore(stuckAt: ClientOperation, operations: readonly ClientOperation[]): ClientOperation | undefined {
  return operations
    .filter(({ end }) => end < stuckAt.begin)
    .reduce<ClientOperation | undefined>(
      (last, each) => (last === undefined || each.end > last.end ? each : last),
      undefined,
    );
}

function list(title: string, operations: readonly ClientOperation[]): readonly string[] {
  if (operations.length === 0) return [];
  const more = operations.length > mostShown ? ` and ${operations.length - mostShown} more` : "";
  return [`${title}: ${operations.slice(0, mostShown).map(show).join(", ")}${more}`];
}

/** `append "7;" -> 4 (process 3, 12.5 to 13.1 ms)` */
function show({ process, f, asked, answered, beganAt, endedAt }: ClientOperation): string {
  const what = asked === null ? f : `${f} ${JSON.stringify(asked)}`;
  return answered === undefined
    ? `${what} (process ${process}, from ${beganAt / 1000} ms)`
    : `${what} -> ${JSON.stringify(answered.answer)} (process ${process}, ${beganAt / 1000} to ${endedAt / 1000} ms)`;
}
