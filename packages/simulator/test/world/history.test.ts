import { expect, test } from "vitest";
import { checkHistory, HistoryError, keyValueModel, readHistory, simulate, writeHistory } from "../../src/index.ts";

const events = [
  { process: 1, type: "invoke", f: "put", key: "k", value: "a", time: 0 },
  { process: 1, type: "ok", f: "put", key: "k", value: "ok", time: 1000 },
] as const;

test("a history is an event a line, and is read back as it was", () => {
  const text = writeHistory(events);
  expect(text.split("\n")[0]).toBe('{"process":1,"type":"invoke","f":"put","key":"k","value":"a","time":0}');
  expect(readHistory(text)).toEqual(events);
  expect(readHistory("")).toEqual([]);
});

test("the history of a run goes through JSON lines unchanged, and is judged the same", () => {
  const { history, violation } = simulate({ seed: 3, faults: ["people"] });
  expect(violation).toBeUndefined();
  expect(history.length).toBeGreaterThan(20);
  const read = readHistory(writeHistory(history));
  expect(read).toEqual(history);
  expect(checkHistory(read, keyValueModel).outcome).toBe("linearizable");
});

const good = '{"process":1,"type":"invoke","f":"get","key":"k","time":0}';

test.each([
  ["{", "line 2: line: expected a JSON object (", "line"],
  ["", "line 2: line: expected a JSON object", "line"],
  ["[]", "line 2: line: expected a JSON object, got []", "line"],
  ['{"process":1.5}', "line 2: process: expected a safe integer, got 1.5", "process"],
  ['{"process":1,"key":"k","time":1}', "line 2: f: expected the name of an operation, got nothing", "f"],
  ['{"process":1,"f":"get","key":7,"time":1}', "line 2: key: expected a text, got 7", "key"],
  ['{"process":1,"f":"get","key":"k","time":"1"}', 'line 2: time: expected a number of microseconds, got "1"', "time"],
  [
    '{"process":1,"type":"done","f":"get","key":"k","time":1}',
    'line 2: type: expected invoke, ok, fail or info, got "done"',
    "type",
  ],
])("a line that is wrong is refused by its number and field: %s", (line, message, field) => {
  const refused = refusalOf(() => readHistory(`${good}\n${line}\n${good}`));
  expect(refused.message).toContain(message);
  expect(refused).toMatchObject({ line: 2, field });
});

test("a value that is missing is null", () => {
  expect(readHistory(good)).toEqual([{ process: 1, type: "invoke", f: "get", key: "k", value: null, time: 0 }]);
});

const event = (process: number, type: string, f = "get", key = "k", time = 0, value: unknown = null): string =>
  JSON.stringify({ process, type, f, key, time, value });

test.each([
  ["two operations at once", [event(1, "invoke"), event(1, "invoke")], "process"],
  ["an end without a beginning", [event(1, "invoke"), event(2, "ok")], "type"],
  ["the end of something else", [event(1, "invoke"), event(1, "ok", "put")], "f"],
  ["the end of another key", [event(1, "invoke"), event(1, "ok", "get", "j")], "key"],
  ["time that goes back", [event(1, "invoke", "get", "k", 5), event(1, "ok", "get", "k", 4)], "time"],
  ["an operation that there is not", [event(1, "invoke", "get"), event(2, "invoke", "fly")], "f"],
  ["an operation without what it needs", [event(1, "invoke"), event(2, "invoke", "put")], "value"],
])("what is no history of this model is refused: %s", (_name, lines, field) => {
  const refused = refusalOf(() => checkHistory(readHistory(lines.join("\n")), keyValueModel));
  expect(refused).toMatchObject({ line: 2, field });
});

test("after an unknown end a client is another process", () => {
  const lines = [event(1, "invoke"), event(1, "info"), event(1, "invoke")];
  const refused = refusalOf(() => checkHistory(readHistory(lines.join("\n")), keyValueModel));
  expect(refused).toMatchObject({ line: 3, field: "process" });
});

function refusalOf(act: () => unknown): HistoryError {
  try {
    act();
  } catch (failure) {
    if (failure instanceof HistoryError) return failure;
    throw failure;
  }
  throw new Error("nothing was refused");
}
