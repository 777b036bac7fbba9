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
