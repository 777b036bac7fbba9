import { expect, test } from "vitest";
import { fixedDelay, randomDelay } from "../src/basic/delay.ts";
import { toldByAcceptors, toldByLearner, type Learning } from "../src/basic/learning.ts";

const learners = [11, 19, 27];

test.each<[Learning, readonly number[], readonly (readonly number[])[]]>([
  [{ way: "every" }, learners, [[], [], []]],
  [{ way: "distinguished", learner: 19 }, [19], [[], [11, 27], []]],
  [{ way: "set", learners: [11, 27] }, [11, 27], [[19], [], [19]]],
])("%o: each learner is told, by an acceptor or by a learner that is", (learning, first, then) => {
  expect(toldByAcceptors(learning, learners)).toEqual(first);
  expect(learners.map((learner) => toldByLearner(learning, learners, learner))).toEqual(then);
});

test("a distinguished learner must be one, and there must be one", () => {
  expect(() => toldByAcceptors({ way: "distinguished", learner: 12 }, learners)).toThrow("learner 12 is not one");
  expect(() => toldByAcceptors({ way: "set", learners: [11, 12] }, learners)).toThrow("learner 12 is not one");
  expect(() => toldByAcceptors({ way: "set", learners: [] }, learners)).toThrow("at least one");
});

test("a fixed delay is always the same", () => {
  expect([1, 2, 50].map(fixedDelay(3))).toEqual([3, 3, 3]);
});

test("a random delay is at least a tick, and its range doubles with each attempt, up to 64 times", () => {
  const least = randomDelay(() => 0, 10);
  const most = randomDelay(() => 1 - Number.EPSILON, 10);
  for (let attempt = 1; attempt <= 20; attempt++) {
    expect(least(attempt)).toBe(1);
    expect(most(attempt)).toBe(10 * Math.min(64, 2 ** (attempt - 1)));
  }
});
