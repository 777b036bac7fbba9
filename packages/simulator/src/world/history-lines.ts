/**
 * Histories as JSON lines, so that any tool can check them and any history can be checked: an event a line,
 * `{process, type, f, key, value, time}`.
 */
import type { HistoryEvent } from "./history.ts";

/** A line of a history is not what it should be. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
  /** From 1; of a history that is not text, the place of the event in it. */
  readonly line: number;
  /** The field that is wrong; `line` when it is the whole of it. */
  readonly field: string;
  readonly expected: string;

  constructor(line: number, field: string, expected: string, found: unknown) {
    super(`line ${line}: ${field}: expected ${expected}, got ${JSON.stringify(found) ?? "nothing"}`);
    this.line = line;
    this.field = field;
    this.expected = expected;
  }
}

/** An event a line, each ended by a line feed; times in microseconds. */
export function writeHistory(events: readonly HistoryEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

/**
 * Reads what `writeHistory` wrote, or another program in the same form. A value that is missing is null; fields that
 * are not known are dropped.
 *
 * @throws HistoryError at the first line that is wrong
 */
export function readHistory(text: string): readonly HistoryEvent[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => readEvent(line, index + 1));
}

function readEvent(text: string, line: number): HistoryEvent {
  const fields = readObject(text, line);
  const field = (name: string): unknown => fields.get(name);
  const refuse = (name: string, expected: string): never => {
    throw new HistoryError(line, name, expected, field(name));
  };
  const process = field("process");
  const f = field("f");
  const key = field("key");
  const time = field("time");
  if (typeof process !== "number" || !Number.isSafeInteger(process)) return refuse("process", "a safe integer");
  if (typeof f !== "string" || f === "") return refuse("f", "the name of an operation");
  if (typeof key !== "string") return refuse("key", "a text");
  if (typeof time !== "number") return refuse("time", "a number of microseconds");
  const type = typeOf(field("type")) ?? refuse("type", "invoke, ok, fail or info");
  return { process, type, f, key, value: field("value") ?? null, time };
}

function readObject(text: string, line: number): ReadonlyMap<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (failure) {
    if (!(failure instanceof SyntaxError)) throw failure;
    throw new HistoryError(line, "line", `a JSON object (${failure.message})`, text);
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return new Map(Object.entries(json));
  throw new HistoryError(line, "line", "a JSON object", json);
}

function typeOf(type: unknown): HistoryEvent["type"] | undefined {
  return type === "invoke" || type === "ok" || type === "fail" || type === "info" ? type : undefined;
}
