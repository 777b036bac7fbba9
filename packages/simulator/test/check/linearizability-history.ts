/**
 * Short ways to write histories down for tests.
 */
import type { HistoryEvent } from "../../src/world/history.ts";

/** `process type f value`, e.g. `1 invoke put "x;"`; each a millisecond after the one before, on one key. */
export function historyOf(...lines: readonly string[]): readonly HistoryEvent[] {
  return lines.map((line, index): HistoryEvent => {
    const [process, type, f = "", ...value] = line.split(" ");
    if (type !== "invoke" && type !== "ok" && type !== "fail" && type !== "info") throw new Error(line);
    const json: unknown = value.length === 0 ? null : JSON.parse(value.join(" "));
    return { process: Number(process), type, f, key: "k", value: json, time: index * 1000 };
  });
}

/** One operation after another, by one client: `put "x;" -> "ok"`. */
export function inOrder(...operations: readonly string[]): readonly HistoryEvent[] {
  const lines = operations.flatMap((operation) => {
    const [begin = "", answer = ""] = operation.split(" -> ");
    const [f = ""] = begin.split(" ");
    return [`1 invoke ${begin}`, `1 ok ${f} ${answer}`];
  });
  return historyOf(...lines);
}
