/**
 * Which quorums are taken, against every set of acceptors.
 */
import { expect, test } from "vitest";
import { countAcceptors, QuorumError } from "../../src/index.ts";
import { fastMajority, fastQuorums } from "../../src/fast/index.ts";

const setsOf = (acceptors: number, size: number): readonly number[] =>
  Array.from({ length: 2 ** acceptors }, (_, set) => set).filter((set) => countAcceptors(set) === size);

/** Whether every phase 1 quorum meets each of the others, and any two fast ones in one acceptor. */
function meet(acceptors: number, phase1: number, phase2: number, fast: number): boolean {
  const [fasts, seconds] = [setsOf(acceptors, fast), setsOf(acceptors, phase2)];
  return setsOf(acceptors, phase1).every(
    (first) =>
      seconds.every((second) => (first & second) !== 0) &&
      fasts.every((one) => fasts.every((other) => (first & one & other) !== 0)),
  );
}

test("quorums are taken exactly when they meet as the fast rule asks", () => {
  let [taken, refused] = [0, 0];
  for (let acceptors = 1; acceptors <= 5; acceptors++) {
    const sizes = Array.from({ length: acceptors }, (_, index) => index + 1);
    for (const phase1 of sizes) {
      for (const phase2 of sizes) {
        for (const fast of sizes) {
          if (meet(acceptors, phase1, phase2, fast)) {
            expect(fastQuorums(acceptors, phase1, phase2, fast)).toEqual({ acceptors, phase1, phase2, fast });
            taken += 1;
          } else {
            expect(() => fastQuorums(acceptors, phase1, phase2, fast)).toThrow(QuorumError);
            refused += 1;
          }
        }
      }
    }
  }
  expect(taken).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(50);
});

test("the quorums that share no acceptor are named, and share none", () => {
  for (let acceptors = 2; acceptors <= 7; acceptors++) {
    for (let phase1 = Math.floor(acceptors / 2) + 1; phase1 <= acceptors; phase1++) {
      for (let fast = 1; phase1 + 2 * fast <= 2 * acceptors; fast++) {
        const [one, other, first] = namedBy(() => fastQuorums(acceptors, phase1, phase1, fast));
        expect([one?.length, other?.length, first?.length]).toEqual([fast, fast, phase1]);
        expect(one?.filter((node) => other?.includes(node) === true && first?.includes(node) === true)).toEqual([]);
      }
    }
  }
  expect(() => fastQuorums(4, 3, 3, 2)).toThrow("fast {3, 4}, fast {1, 2} and phase 1 {1, 2, 3} of 4 acceptors");
});

function namedBy(make: () => unknown): readonly (readonly number[])[] {
  try {
    make();
  } catch (failure) {
    if (!(failure instanceof QuorumError)) throw failure;
    return [...failure.message.matchAll(/\{([^}]*)\}/g)].map(([, list = ""]) =>
      list === "" ? [] : list.split(", ").map(Number),
    );
  }
  throw new Error("expected a QuorumError");
}

test("the usual ones are the smallest, and bear one failure from four nodes on", () => {
  expect(fastMajority(4)).toEqual({ acceptors: 4, phase1: 3, phase2: 3, fast: 3 });
  expect(fastMajority(5)).toEqual({ acceptors: 5, phase1: 3, phase2: 3, fast: 4 });
  for (let acceptors = 1; acceptors <= 30; acceptors++) {
    const { phase1, phase2, fast } = fastMajority(acceptors);
    expect(phase1 + 2 * fast).toBeGreaterThan(2 * acceptors);
    expect(fast === 1 || phase1 + 2 * (fast - 1) <= 2 * acceptors).toBe(true);
    expect(phase1 + phase2).toBeGreaterThan(acceptors);
  }
});

test("sizes out of range are refused with what was expected", () => {
  for (const fast of [0, 5, 1.5]) expect(() => fastQuorums(4, 3, 3, fast)).toThrow("expected a fast quorum of 1 to 4");
  expect(() => fastQuorums(4, 2, 2, 4)).toThrow("phase 1 {1, 2} and phase 2 {3, 4}");
});
