import fc from "fast-check";
import { expect, test } from "vitest";
import { checkHistory } from "../../src/check/linearizability.ts";
import { operationsByKey, type ClientOperation } from "../../src/check/linearizability-operations.ts";
import { keyValueModel, type Stored } from "../../src/protocols/key-value-model.ts";
import type { HistoryEvent } from "../../src/world/history.ts";
import type { Model } from "../../src/world/model.ts";

/** Every order of every choice of the operations with an unknown end: the definition, word for word. */
function isLinearizable(operations: readonly ClientOperation[], state: Stored): boolean {
  const done = operations.filter(({ answered }) => answered !== undefined);
  if (done.length === 0) return true;
  return operations.some((operation) => {
    const rest = operations.filter((other) => other !== operation);
    if (rest.some(({ end }) => end < operation.begin)) return false;
    const after = keyValueModel.apply(state, operation.f, operation.asked);
    if (operation.answered !== undefined && operation.answered.answer !== after.answer) return false;
    return isLinearizable(rest, after.state);
  });
}

interface Client {
  readonly process: number;
  readonly f: string;
  readonly asked: unknown;
  /** What a store said to it, if it has reached one. */
  answer: { readonly given: unknown } | undefined;
}

const asks = [
  ["get", null],
  ["put", "x"],
  ["put", "yy"],
  ["append", "x"],
  ["append", "y"],
  ["delete", null],
  ["cas", [null, "x"]],
  ["cas", ["x", "y"]],
  ["cas", ["yy", "x"]],
] as const;
const answers = [null, "x", "y", "xy", "yy", "ok", 0, 1, 2, 3];
const clientsAtOnce = 3;

/**
 * A history in which clients ask a real store, so that it is linearizable, but for answers that are changed now and
 * then. The choices decide all: who acts, what is asked, how it ends.
 */
function historyFrom(choices: readonly number[], mostOperations: number, lies: boolean): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const under: Client[] = [];
  const lost: Client[] = [];
  let stored: Stored;
  let processes = 0;
  const pick = <Item>(items: readonly Item[], choice: number): Item | undefined => items[choice % items.length];
  const add = (type: HistoryEvent["type"], { process, f }: Client, value: unknown): void => {
    events.push({ process, type, f, key: "k", value, time: events.length });
  };
  const reach = (client: Client): void => {
    const { state, answer } = keyValueModel.apply(stored, client.f, client.asked);
    stored = state;
    client.answer = { given: answer };
  };
  for (const choice of choices) {
    const [action, which] = [choice % 8, Math.floor(choice / 8)];
    const client = pick(under, which);
    if (action < 3 || client === undefined) {
      if (under.length === clientsAtOnce || processes === mostOperations) continue;
      const [f, asked] = pick(asks, which) ?? asks[0];
      const begun: Client = { process: (processes += 1), f, asked, answer: undefined };
      under.push(begun);
      add("invoke", begun, asked);
    } else if (action < 6) {
      if (client.answer === undefined) reach(client);
      else {
        under.splice(under.indexOf(client), 1);
        add("ok", client, lies && which % 3 === 0 ? pick(answers, which) : client.answer.given);
      }
    } else if (action === 6) {
      under.splice(under.indexOf(client), 1);
      if (client.answer === undefined && which % 2 === 0) add("fail", client, client.asked);
      else {
        add("info", client, client.asked);
        if (client.answer === undefined) lost.push(client);
      }
    } else {
      const late = lost.shift();
      if (late !== undefined) reach(late);
    }
  }
  return events;
}

const choicesOf = (least: number, most: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(8 * 45 - 1), { minLength: least, maxLength: most, size: "max" });
const { effectOf: _effectOf, mayLeadTo: _mayLeadTo, madeFor: _madeFor, ...withoutAid } = keyValueModel;
const unaided: Model<Stored> = withoutAid;

test("it agrees with brute force on small histories, good and bad", () => {
  const seen = { linearizable: 0, violation: 0 };
  fc.assert(
    fc.property(choicesOf(5, 40), fc.boolean(), (choices, lies) => {
      const history = historyFrom(choices, 7, lies);
      const expected = isLinearizable(operationsByKey(history).get("k") ?? [], undefined)
        ? "linearizable"
        : "violation";
      if (history.some(({ type }) => type === "ok")) seen[expected] += 1;
      expect(checkHistory(history, keyValueModel).outcome).toBe(expected);
      expect(checkHistory(history, unaided).outcome).toBe(expected);
    }),
    { numRuns: 4000, seed: 1993 },
  );
  expect(seen.linearizable).toBeGreaterThan(1000);
  expect(seen.violation).toBeGreaterThan(500);
});

test("what a real store answered is linearizable, however long", () => {
  fc.assert(
    fc.property(choicesOf(200, 300), (choices) => {
      const verdict = checkHistory(historyFrom(choices, 1000, false), keyValueModel);
      expect(verdict.outcome).toBe("linearizable");
    }),
    { numRuns: 300, seed: 2017 },
  );
});

test("what a model says to make the search short does not change what is found", () => {
  const seen = { linearizable: 0, violation: 0, undecided: 0 };
  fc.assert(
    fc.property(choicesOf(30, 90), (choices) => {
      const history = historyFrom(choices, 14, true);
      const { outcome } = checkHistory(history, keyValueModel);
      seen[outcome] += 1;
      expect(checkHistory(history, unaided).outcome).toBe(outcome);
    }),
    { numRuns: 2000, seed: 1990 },
  );
  expect(seen.undecided).toBe(0);
  expect(Math.min(seen.linearizable, seen.violation)).toBeGreaterThan(100);
});
