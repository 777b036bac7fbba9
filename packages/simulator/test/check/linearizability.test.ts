import { describe, expect, test } from "vitest";
import { checkHistory } from "../../src/check/linearizability.ts";
import { keyValueModel } from "../../src/protocols/key-value-model.ts";
import type { HistoryEvent } from "../../src/world/history.ts";
import type { Model } from "../../src/world/model.ts";
import { historyOf, inOrder } from "./linearizability-history.ts";

const outcomeOf = (history: readonly HistoryEvent[]): string => checkHistory(history, keyValueModel).outcome;

const good: Readonly<Record<string, readonly HistoryEvent[]>> = {
  "an empty one": [],
  "one after another": inOrder('put "a" -> "ok"', 'append "b" -> 2', 'get -> "ab"', "delete -> 1", "get -> null"),
  "a swap that finds what it expects, and one that does not": inOrder(
    'cas [null,"a"] -> 1',
    'cas [null,"b"] -> 0',
    'cas ["a","c"] -> 1',
    'get -> "c"',
  ),
  "a read that sees a write under way, or not": historyOf(
    '1 invoke put "x"',
    "2 invoke get",
    "2 ok get null",
    "3 invoke get",
    '3 ok get "x"',
    '1 ok put "ok"',
  ),
  "writes at the same time, in the order that only later answers tell": historyOf(
    '1 invoke append "a"',
    '2 invoke append "b"',
    '3 invoke append "c"',
    "1 ok append 3",
    "2 ok append 1",
    "3 ok append 2",
    "1 invoke get",
    '1 ok get "bca"',
  ),
  "a write with an unknown end that takes effect late": historyOf(
    '1 invoke put "late"',
    "1 info put",
    '2 invoke put "x"',
    '2 ok put "ok"',
    "2 invoke get",
    '2 ok get "x"',
    "2 invoke get",
    '2 ok get "late"',
  ),
  "a write with an unknown end that never takes effect": historyOf(
    '1 invoke put "never"',
    "1 info put",
    "2 invoke get",
    "2 ok get null",
  ),
  "a write whose end is not in the history": historyOf('1 invoke put "x"', "2 invoke get", '2 ok get "x"'),
  "a write that failed, and was not seen": historyOf('1 invoke put "x"', "1 fail put", "1 invoke get", "1 ok get null"),
  "unknown ends that explain an answer together, in another order than they began": historyOf(
    '1 invoke append "a"',
    "1 info append",
    '2 invoke append "b"',
    "2 info append",
    '3 invoke append "c"',
    "3 ok append 3",
    "3 invoke get",
    '3 ok get "bac"',
  ),
};

const bad: Readonly<Record<string, readonly HistoryEvent[]>> = {
  "a stale read": inOrder('put "a" -> "ok"', 'put "b" -> "ok"', 'get -> "a"'),
  "a lost update": inOrder('append "a" -> 1', 'append "b" -> 1'),
  "a doubled append": inOrder('append "a" -> 1', 'get -> "aa"'),
  "a swap that won twice": historyOf('1 invoke cas [null,"a"]', '2 invoke cas [null,"b"]', "1 ok cas 1", "2 ok cas 1"),
  "a read of a write that failed": historyOf('1 invoke put "x"', "1 fail put", "2 invoke get", '2 ok get "x"'),
  "a read of what was never written": inOrder('get -> "x"'),
  "a read before the write began": historyOf("1 invoke get", '1 ok get "x"', '2 invoke put "x"', '2 ok put "ok"'),
  "two reads one after another that see a write come and go": historyOf(
    '1 invoke put "x"',
    "2 invoke get",
    '2 ok get "x"',
    "3 invoke get",
    "3 ok get null",
    '1 ok put "ok"',
  ),
  "a write with an unknown end that takes effect twice": historyOf(
    '1 invoke append "a"',
    "1 info append",
    "2 invoke get",
    '2 ok get "a"',
    "2 invoke get",
    '2 ok get "aa"',
  ),
  "a write with an unknown end that is seen before it began": historyOf(
    "2 invoke get",
    '2 ok get "x"',
    '1 invoke put "x"',
    "1 info put",
  ),
  "writes in another order than that of time": historyOf(
    '1 invoke append "a"',
    "1 ok append 1",
    '1 invoke append "b"',
    "1 ok append 2",
    "2 invoke get",
    '2 ok get "ba"',
  ),
};

describe("linearizable:", () => {
  test.each(Object.entries(good))("%s", (_name, history) => {
    expect(outcomeOf(history)).toBe("linearizable");
  });
});

describe("not linearizable:", () => {
  test.each(Object.entries(bad))("%s", (_name, history) => {
    expect(outcomeOf(history)).toBe("violation");
  });
});

test("keys are checked each by itself", () => {
  const elsewhere = inOrder('put "a" -> "ok"', 'get -> "b"').map((event) => ({ ...event, key: "other", process: 9 }));
  const both = [...elsewhere, ...inOrder('put "b" -> "ok"').map((event) => ({ ...event, time: 9000 }))];
  expect(checkHistory(both, keyValueModel)).toMatchObject({ outcome: "violation", key: "other" });
});

test("a violation says which answer has no place, and what there was", () => {
  const history = historyOf(
    '4 invoke append "z"',
    "4 info append",
    '1 invoke put "a"',
    '1 ok put "ok"',
    '2 invoke put "b"',
    "3 invoke get",
    '2 ok put "ok"',
    '3 ok get "c"',
  );
  const verdict = checkHistory(history, keyValueModel);
  expect(verdict.outcome === "violation" ? verdict.message : "").toBe(
    'key "k": get -> "c" (process 3, 5 to 7 ms) has no place; before it the key may hold "b"; ' +
      'the last to end before it: put "a" -> "ok" (process 1, 2 to 3 ms); ' +
      'at the same time: put "b" -> "ok" (process 2, 4 to 6 ms); with an unknown end: append "z" (process 4, from 0 ms)',
  );
});

test("a model that says of an operation that it has no effect, when it has one, is refused", () => {
  const lying: Model<number> = {
    initial: 0,
    apply: (count) => ({ state: count + 1, answer: "ok" }),
    sameAnswer: (expected, given) => expected === given,
    keyOf: String,
    effectOf: () => "none",
  };
  expect(() => checkHistory(inOrder('put "a" -> "ok"'), lying)).toThrow("put has an effect, where effectOf says none");
});
