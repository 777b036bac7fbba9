import { expect, test } from "vitest";
import {
  countAcceptors,
  flexible,
  hasAcceptor,
  isPhase1Quorum,
  isPhase2Quorum,
  majority,
  maxAcceptors,
  maxWeight,
  mayBeLost,
  noAcceptors,
  QuorumError,
  weighted,
  withAcceptor,
  type QuorumSystem,
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

/** Every list of weights of up to four acceptors that weigh up to three. */
const weightings = [1, 2, 3, 4].flatMap((acceptors) =>
  Array.from({ length: 3 ** acceptors }, (_, number) =>
    Array.from({ length: acceptors }, (__, place) => (Math.floor(number / 3 ** place) % 3) + 1),
  ),
);

const weightOf = (weights: readonly number[], set: number): number =>
  weights.reduce((sum, weight, index) => sum + (hasAcceptor(set, index + 1) ? weight : 0), 0);

test("weights are accepted exactly when each quorum of phase 1 meets each of phase 2", () => {
  let refused = 0;
  for (const weights of weightings) {
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    const sets = Array.from({ length: 2 ** weights.length }, (_, set) => set);
    for (let phase1 = 1; phase1 <= whole; phase1++) {
      for (let phase2 = 1; phase2 <= whole; phase2++) {
        const isDisjoint = sets.some(
          (set) => weightOf(weights, set) >= phase1 && weightOf(weights, (sets.length - 1) & ~set) >= phase2,
        );
        if (isDisjoint) {
          expect(() => weighted(weights, phase1, phase2)).toThrow(QuorumError);
          refused += 1;
          continue;
        }
        const system = weighted(weights, phase1, phase2);
        for (const set of sets) {
          expect(isPhase1Quorum(system, set)).toBe(weightOf(weights, set) >= phase1);
          expect(isPhase2Quorum(system, set)).toBe(weightOf(weights, set) >= phase2);
        }
      }
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test("weights whose quorums miss each other are refused with the two, and weights out of range with what was expected", () => {
  expect(() => weighted([3, 1, 1, 1], 3, 3)).toThrow(
    "phase 1 {1} and phase 2 {2, 3, 4} of 4 acceptors share no member",
  );
  // No set weighs 3 and leaves 3, though 3 + 3 is not above the whole weight.
  expect(weighted([4, 2], 3, 3)).toMatchObject({ phase1: 3, phase2: 3 });
  expect(() => weighted([], 1, 1)).toThrow(`expected 1 to ${maxAcceptors} acceptors`);
  for (const weight of [0, 1.5, maxWeight + 1])
    expect(() => weighted([weight, 1], 2, 2)).toThrow("expected weights of 1");
  for (const size of [0, 1.5, 4]) expect(() => weighted([1, 2], size, 3)).toThrow("expected a quorum to weigh 1 to 3");
});

test("so many may be lost, whichever they are, and not one more", () => {
  const systems: QuorumSystem[] = [majority(3), majority(4), flexible(5, 4, 2), weighted([3, 1, 1, 1, 1], 4, 4)];
  for (const system of systems) {
    const sets = Array.from({ length: 2 ** system.acceptors }, (_, set) => set);
    const bears = (lost: number): boolean =>
      sets
        .filter((set) => countAcceptors(set) === system.acceptors - lost)
        .every((set) => isPhase1Quorum(system, set) && isPhase2Quorum(system, set));
    expect(bears(mayBeLost(system))).toBe(true);
    expect(bears(mayBeLost(system) + 1)).toBe(false);
  }
});
