import { describe, expect, test } from "vitest";
import { simulate, simulations } from "../../src/index.ts";

/** What runs of a protocol must go through to be worth anything. */
const worthwhile: Readonly<Record<string, readonly string[]>> = {
  basic: ["rejections", "values-found", "learned", "inquiries", "restarts"],
  "fast-byzantine": ["leader-changes", "slots-finished", "log-catch-ups", "trims", "vote-trims", "restarts"],
  byzantine: ["leader-changes", "views-with-votes", "repairs", "snapshots-restored", "relayed-requests", "restarts"],
  commit: ["votes-found", "votes-finished", "votes-replaced", "restarts-in-doubt", "conflicts", "busy-reads"],
  fast: [
    ...["fast-slots", "classic-slots", "collisions", "coordinated-recoveries", "uncoordinated-recoveries"],
    ...["fall-backs", "returns-to-fast", "relays", "leader-changes", "log-catch-ups", "repairs", "trims", "restarts"],
  ],
  multi: ["leader-changes", "log-catch-ups", "repairs", "trims", "reads", "restarts"],
};

const flawless = simulations.filter(({ knownFlaw }) => knownFlaw === undefined);

describe.each(flawless)("$name", ({ name: protocol }) => {
  test("runs seeds without a violation, and goes through what they are for", () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) {
      const run = simulate({ protocol, seed });
      expect(run.violation, `seed ${seed}`).toBeUndefined();
      for (const name of Object.keys(run.reached)) reached.add(name);
    }
    for (const name of worthwhile[protocol] ?? ["restarts"]) expect(reached).toContain(name);
  });
});

describe.each(simulations)("$name", ({ name: protocol }) => {
  test("gives the same run for the same seed, and another for another", () => {
    const [one, again, other] = [7, 7, 8].map((seed) => simulate({ protocol, seed }));
    expect(again).toEqual(one);
    expect(other?.hash).not.toBe(one?.hash);
  });
});
