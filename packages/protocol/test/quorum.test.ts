import { expect, test } from "vitest";
import {
  countAcceptors,
  flexible,
  hasAcceptor,
  isPhase1Quorum,
  isPhase2Quorum,
  majority,
  maxAcceptors,
  noAcceptors,
  QuorumError,
  withAcceptor,
} from "../src/quorum.ts";

const setOf = (nodes: readonly number[]) => nodes.reduce(withAcceptor, noAcceptors);

test("quorums are accepted exactly when each of phase 1 meets each of phase 2", () => {
  for (let acceptors = 1; acceptors <= 6; acceptors++) {
    const sets = Array.from({ length: 2 ** acceptors }, (_, set) => set);
    for (let phase1 = 1; phase1 <= acceptors; phase1++) {
      for (let phase2 = 1; phase2 <= acceptors; phase2++) {
        const disjoint = sets.some((one) =>
          sets.some(
            (other) => (one & other) === 0 && countAcceptors(one) === phase1 && countAcceptors(other) === phase2,
          ),
        );
        if (disjoint) expect(() => flexible(acceptors, phase1, phase2)).toThrow(QuorumError);
        else expect(flexible(acceptors, phase1, phase2)).toEqual({ acceptors, phase1, phase2 });
      }
    }
  }
});

test("quorums that miss each other are named", () => {
  expect(() => flexible(5, 2, 3)).toThrow("phase 1 {1, 2} and phase 2 {3, 4, 5} of 5 acceptors share no member");
  expect(() => flexible(4, 2, 2)).toThrow("phase 1 {1, 2} and phase 2 {3, 4}");
});

test("sizes out of range are refused with what was expected", () => {
  for (const acceptors of [0, -1, 1.5, maxAcceptors + 1, Number.NaN]) {
    expect(() => majority(acceptors)).toThrow(`expected 1 to ${maxAcceptors} acceptors`);
  }
  for (const size of [0, 4, 1.5]) {
    expect(() => flexible(3, size, 3)).toThrow("expected a quorum of 1 to 3 acceptors");
    expect(() => flexible(3, 3, size)).toThrow("expected a quorum of 1 to 3 acceptors");
  }
});

test("a majority is more than half, in both phases", () => {
  for (let acceptors = 1; acceptors <= maxAcceptors; acceptors++) {
    const { phase1, phase2 } = majority(acceptors);
    expect(phase1).toBe(phase2);
    expect(phase1 * 2).toBeGreaterThan(acceptors);
    expect((phase1 - 1) * 2).toBeLessThanOrEqual(acceptors);
  }
});

test("an acceptor counts once, also the last one that fits", () => {
  const set = setOf([1, maxAcceptors, 1, maxAcceptors]);
  expect(countAcceptors(set)).toBe(2);
  expect(hasAcceptor(set, 1)).toBe(true);
  expect(hasAcceptor(set, maxAcceptors)).toBe(true);
  expect(hasAcceptor(set, 2)).toBe(false);
});

test("each phase takes its own number of acceptors", () => {
  const system = flexible(4, 3, 2);
  expect([setOf([1, 4]), setOf([1, 2, 4])].map((set) => isPhase1Quorum(system, set))).toEqual([false, true]);
  expect([setOf([3]), setOf([3, 4])].map((set) => isPhase2Quorum(system, set))).toEqual([false, true]);
});
