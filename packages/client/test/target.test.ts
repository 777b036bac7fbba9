import { leaderAccess, nodeOf } from "@synod/protocol";
import { expect, test } from "vitest";
import { Target } from "../src/target.ts";

/** Numbers in [0, 1), the same each time. */
function newRandom(): () => number {
  let state = 1;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

test.each([
  { nodes: 3, leader: 3, up: [2, 3] },
  { nodes: 3, leader: 1, up: [1, 2] },
  { nodes: 5, leader: 2, up: [2, 3, 5] },
  { nodes: 5, leader: 1, up: [1] },
])("a client of $nodes nodes finds leader $leader with a learner beside it, of nodes $up", ({ nodes, leader, up }) => {
  const all = Array.from({ length: nodes }, (_, index) => index + 1);
  const target = new Target(leaderAccess(all), newRandom());
  let now = 0;
  let tries = 0;
  for (; tries < 200; tries++) {
    const asked = nodeOf(target.proposer);
    if (asked === leader && up.includes(target.learner)) break;
    // Who is up and does not lead redirects at once.
    if (up.includes(asked) && asked !== leader) target.follow(leader, now);
    else target.unanswered(now);
    now += 250;
  }
  expect(tries).toBeLessThan(100);
});

test("a client of two nodes finds the one that is left, also when it is sent back to the one that died", () => {
  const target = new Target(leaderAccess([1, 2]), newRandom());
  let now = 0;
  const wait = (): void => target.unanswered((now += 250));
  target.follow(2, now);
  wait();
  // It has not heard yet that node 2 is gone.
  target.follow(2, now);
  let tries = 0;
  for (; tries < 200 && (nodeOf(target.proposer) !== 1 || target.learner !== 1); tries++) wait();
  expect(tries).toBeLessThan(50);
});
