import { leaderAccess, nodeOf } from "@synod/protocol";
import { expect, test } from "vitest";
import { Target } from "../src/target.ts";

test.each([2, 3, 4, 5])(
  "of %d nodes every proposer is asked with every learner in the end, when nobody answers",
  (count) => {
    const nodes = Array.from({ length: count }, (_, index) => index + 1);
    const target = new Target(leaderAccess(nodes));
    // As after a redirect to a leader whose own learner did not answer.
    target.unanswered(0);
    target.follow(1, 1);
    const pairs = new Set<string>();
    for (let step = 0; step < count * count; step++) {
      pairs.add(`${nodeOf(target.proposer)} ${target.learner}`);
      target.unanswered(10_000 * step);
    }
    expect(pairs.size).toBe(count * count);
  },
);
