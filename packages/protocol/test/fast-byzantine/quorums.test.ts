/**
 * Which quorums tell what was learned: the rule against every way in which quorums, reporters and liars can lie to each
 * other, for all small clusters.
 */
import { describe, expect, test } from "vitest";
import { fastByzantine, QuorumError } from "@synod/protocol";

const { quorumsOf, mostFaults } = fastByzantine;

/** All sets of `size` of the first `count` acceptors, as bit masks. */
function sets(count: number, size: number): readonly number[] {
  return Array.from({ length: 2 ** count }, (_, mask) => mask).filter((mask) => bits(mask) === size);
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Whether those who made a value known, and report it truly, are most of the reporters, whoever reports and whoever lies. */
function tells(acceptors: number, faults: number, learn: number): boolean {
  const reporters = sets(acceptors, acceptors - faults);
  const liars = sets(acceptors, faults);
  return sets(acceptors, learn).every((learned) =>
    reporters.every((reporting) => liars.every((lying) => 2 * bits(learned & reporting & ~lying) > acceptors - faults)),
  );
}

function isAllowed(options: fastByzantine.QuorumOptions): boolean {
  try {
    quorumsOf(options);
    return true;
  } catch (failure) {
    if (failure instanceof QuorumError) return false;
    throw failure;
  }
}

describe("quorums", () => {
  test("are allowed exactly when reports tell what was learned, and all but t acceptors can make it known", () => {
    let allowed = 0;
    for (let acceptors = 1; acceptors <= 7; acceptors++) {
      for (let faults = 0; faults <= 2 && faults < acceptors; faults++) {
        for (let fastFaults = 0; fastFaults <= faults; fastFaults++) {
          for (let learn = 1; learn <= acceptors; learn++) {
            const expected = learn <= acceptors - fastFaults && tells(acceptors, faults, learn);
            const found = isAllowed({ acceptors, faults, fastFaults, learn });
            expect(found, JSON.stringify({ acceptors, faults, fastFaults, learn })).toBe(expected);
            if (found) allowed += 1;
          }
        }
      }
    }
    expect(allowed).toBe(25);
  });

  test.each([
    [6, 1, 1, 5, 5, 3],
    [11, 2, 2, 9, 9, 5],
    [4, 1, 0, 4, 3, 2],
    [7, 1, 1, 6, 6, 4],
    [1, 0, 0, 1, 1, 1],
  ])("%i acceptors, f = %i, t = %i: learned by %i, %i reports, %i of them vouch", (n, f, t, learn, reports, vouch) => {
    expect(quorumsOf({ acceptors: n, faults: f, fastFaults: t })).toMatchObject({ learn, reports, vouch });
  });

  test("of 5f + 1 acceptors are of 4f + 1, and so many are left when f are silent", () => {
    for (let faults = 0; faults <= 5; faults++) {
      const { learn, reports, elect } = quorumsOf({ acceptors: 5 * faults + 1, faults });
      expect(learn).toBe(4 * faults + 1);
      expect(reports).toBe(4 * faults + 1);
      expect(elect).toBeLessThanOrEqual(reports);
    }
  });

  test("are refused with the two that intersect in too few", () => {
    expect(() => quorumsOf({ acceptors: 6, faults: 1, learn: 4 })).toThrow(
      "quorums intersect in too few to tell what was learned: {1, 2, 3, 4} make a value known, {2, 3, 4, 5, 6} report " +
        "later, in both are only 2, 3, 4; with 1 of them lying, 2 of 5 reports tell of it, which is no majority; of 6 " +
        "acceptors 5 must make it known",
    );
  });

  test("are refused for fewer acceptors than 3f + 2t + 1", () => {
    expect(() => quorumsOf({ acceptors: 5, faults: 1 })).toThrow("3 * 1 + 2 * 1 + 1 = 6 do");
    expect(() => quorumsOf({ acceptors: 3, faults: 1, fastFaults: 0 })).toThrow(QuorumError);
  });

  test("bear as many liars as 5f + 1 acceptors do", () => {
    expect([1, 5, 6, 10, 11, 16].map(mostFaults)).toEqual([0, 0, 1, 1, 2, 3]);
  });
});
