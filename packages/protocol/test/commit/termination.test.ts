/**
 * The rules by which participants of three-phase commit decide without a coordinator (Skeen 1981), over all states of
 * two others: silent, up, or back after a crash; told that all have voted for it, or not.
 */
import { expect, test } from "vitest";
import { Termination } from "../../src/commit/three-phase/termination.ts";

const others = [2, 3];
const states = [
  undefined,
  ...[true, false].flatMap((preCommitted) => [true, false].map((recovered) => ({ preCommitted, recovered }))),
];

test("commits when somebody who counts knows that all have voted for it, and aborts otherwise", () => {
  for (const preCommitted of [true, false]) {
    for (const recovered of [true, false]) {
      for (const two of states) {
        for (const three of states) {
          const termination = new Termination(others);
          const told = [two, three];
          told.forEach((state, index) => {
            if (state !== undefined) termination.state(index + 2, { kind: "State", transaction: 1, ...state });
          });
          const isComplete = told.every((state) => state !== undefined);
          const counted = told.filter((state) => state !== undefined && (isComplete || !state.recovered));
          const isKnown = preCommitted || counted.some((state) => state?.preCommitted === true);
          const expected = recovered && !isComplete ? "wait" : isKnown ? "move" : "abort";
          expect(termination.next({ preCommitted, recovered })).toBe(expected);
        }
      }
    }
  }
});

test("commits once those who count were told", () => {
  const termination = new Termination(others);
  expect(termination.silent).toEqual([2, 3]);
  termination.state(2, { kind: "State", transaction: 1, preCommitted: true, recovered: false });
  termination.state(7, { kind: "State", transaction: 1, preCommitted: true, recovered: false });
  expect(termination.silent).toEqual([3]);
  termination.move();
  expect(termination.silent).toEqual([2]);
  termination.moved(2);
  expect(termination.silent).toEqual([]);
  expect(termination.next({ preCommitted: true, recovered: false })).toBe("commit");
});
