import { expect, test } from "vitest";
import { checkHistory } from "../../src/check/linearizability.ts";
import { keyValueModel, type Stored } from "../../src/protocols/key-value-model.ts";
import type { HistoryEvent } from "../../src/world/history.ts";
import type { Model } from "../../src/world/model.ts";
import { jsonModel } from "../../src/world/json-workload.ts";
import { historyOf } from "./linearizability-history.ts";

/** Many clients that never hear what became of what they asked for, then one that is told `read`. */
function unsureThenRead(asked: readonly string[], ...read: readonly string[]): readonly HistoryEvent[] {
  const unsure = asked.flatMap((each, index) => [`${index} invoke ${each}`, `${index} info ${each}`]);
  return historyOf(...unsure, ...read);
}

const tokens = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `"${1000 + index};"`);

const { mayLeadTo: _mayLeadTo, madeFor: _madeFor, ...withoutAid } = keyValueModel;
const unaided: Model<Stored> = withoutAid;

test("a hundred writes with unknown ends cost little, when an answer has a place and when it has none", () => {
  const writes = tokens(100).flatMap((token) => [`put ${token}`, `append ${token}`, `cas [null,${token}]`]);
  const read = (answer: string): readonly string[] => [
    '999 invoke put "x"',
    '999 ok put "ok"',
    "999 invoke get",
    `999 ok get ${answer}`,
  ];
  for (const answer of ['"x"', '"1007;"', '"x1042;1003;"', '"1099;1000;1077;"']) {
    const verdict = checkHistory(unsureThenRead(writes, ...read(answer)), keyValueModel);
    expect(verdict.outcome, answer).toBe("linearizable");
    expect(verdict.configurations).toBeLessThan(2000);
  }
  for (const answer of ['"y"', "null", '"x1042;1042;"', '"1042;x"']) {
    const verdict = checkHistory(unsureThenRead(writes, ...read(answer)), keyValueModel);
    expect(verdict.outcome, answer).toBe("violation");
    expect(verdict.configurations).toBeLessThan(2000);
  }
});

test("a long good history costs a configuration for each change, however many ends are unknown", () => {
  const lines: string[] = [];
  for (let round = 0; round < 400; round++) {
    lines.push(`${1000 + round} invoke append "u${round};"`, `${1000 + round} info append`);
    lines.push(`1 invoke put "${round};"`, '1 ok put "ok"', "1 invoke get", `1 ok get "${round};"`);
  }
  const verdict = checkHistory(historyOf(...lines), keyValueModel);
  expect(verdict).toEqual({ outcome: "linearizable", configurations: 400 });
});

test("equal commands with unknown ends take each other's place", () => {
  const verdict = checkHistory(
    unsureThenRead(Array<string>(60).fill('append "a"'), "999 invoke get", '999 ok get "b"'),
    unaided,
  );
  expect(verdict.outcome).toBe("violation");
  expect(verdict.configurations).toBeLessThan(100);
});

test("what appends that nobody read have added up to is not tried in every order", () => {
  const history = unsureThenRead(
    tokens(40).map((token) => `append ${token}`),
    '999 invoke append "x"',
    "999 ok append 101",
    '999 invoke put "y"',
    '999 ok put "ok"',
    "999 invoke get",
    '999 ok get "x"',
  );
  const verdict = checkHistory(history, keyValueModel);
  expect(verdict.outcome).toBe("violation");
  expect(verdict.configurations).toBeLessThan(200);
});

test("past the bound it says that it has not decided", () => {
  const history = unsureThenRead(
    tokens(12).map((token) => `append ${token}`),
    "999 invoke get",
    '999 ok get "y"',
  );
  const verdict = checkHistory(history, unaided, { maxConfigurations: 5000 });
  expect(verdict).toMatchObject({ outcome: "undecided", keys: ["k"] });
  expect(verdict.configurations).toBeLessThanOrEqual(5001);
  expect(checkHistory(history, keyValueModel).outcome).toBe("violation");
});

test("a violation of one key counts although another is undecided", () => {
  const hard = unsureThenRead(
    tokens(12).map((token) => `append ${token}`),
    "999 invoke get",
    '999 ok get "y"',
  ).map((event) => ({ ...event, key: "hard" }));
  const wrong = historyOf("1000 invoke get", '1000 ok get "z"').map((event) => ({ ...event, key: "wrong", time: 1e6 }));
  const verdict = checkHistory([...hard, ...wrong], unaided, { maxConfigurations: 1000 });
  expect(verdict).toMatchObject({ outcome: "violation", key: "wrong" });
});

test("many commands with unknown ends that may add up to an answer in very many ways are no trouble", () => {
  const adding = jsonModel({
    initial: () => ({ sum: 0 }),
    apply: (state: { sum: number }, add: number) => {
      state.sum += add;
      return "ok";
    },
    query: ({ sum }) => sum,
  });
  const adds = Array.from({ length: 60 }, (_, index) => `command ${1 + (index % 9)}`);
  const reads = ["999 invoke query", "999 ok query 77", "999 invoke query", "999 ok query 130"];
  const verdict = checkHistory(unsureThenRead(adds, ...reads), adding);
  expect(verdict.outcome).toBe("linearizable");
  expect(verdict.configurations).toBeLessThan(10_000);
});
