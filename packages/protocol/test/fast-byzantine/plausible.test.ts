import { expect, test } from "vitest";
import { addressOf } from "../../src/address.ts";
import { configurationOf } from "../../src/fast-byzantine/index.ts";
import { isPlausible } from "../../src/fast-byzantine/plausible.ts";

const configuration = configurationOf(6);
const vote = (slot: number) => ({ ballot: 1, slot, digest: Uint8Array.of(1) });

function promised(stableThrough: number, slots: readonly number[]): boolean {
  const votes = slots.map(vote);
  const message = { kind: "Promised", ballot: 2, stableThrough, votes, signature: new Uint8Array(64) } as const;
  return isPlausible(configuration, addressOf("acceptor", 1), message);
}

test("a report tells of a slot that it is stable or what was voted for, not both", () => {
  expect(promised(4, [5, 6])).toBe(true);
  expect(promised(4, [4])).toBe(false);
  expect(promised(4, [5, 1])).toBe(false);
});

test("a report reaches no higher than an honest acceptor votes, after a restart as well", () => {
  const { learnerSlots, windowSlots } = configuration.limits;
  expect(promised(4, [4 + learnerSlots + windowSlots])).toBe(true);
  expect(promised(4, [5 + learnerSlots + windowSlots])).toBe(false);
});

test("nobody shows more suspicions or reports than there are nodes", () => {
  const suspicions = Array.from({ length: 7 }, (_, index) => ({
    node: Math.min(6, index + 1),
    ballot: 1,
    signature: new Uint8Array(64),
  }));
  const prepare = (count: number): boolean =>
    isPlausible(configuration, addressOf("proposer", 2), {
      kind: "Prepare",
      ballot: 2,
      suspicions: suspicions.slice(0, count),
    });
  expect([prepare(6), prepare(7)]).toEqual([true, false]);
  const certificate = (count: number): boolean =>
    isPlausible(configuration, addressOf("proposer", 2), {
      kind: "Certificate",
      ballot: 2,
      reports: suspicions.slice(0, count).map((each) => ({ ...each, stableThrough: 0, votes: [] })),
    });
  expect([certificate(6), certificate(7)]).toEqual([true, false]);
});
