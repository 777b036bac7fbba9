/**
 * Commit protocols under the same faults: what Paxos Commit bears, and what the ones that it replaces do not.
 */
import { describe, expect, test } from "vitest";
import { simulate, type Fault } from "../../src/index.ts";
import { commitExhibits } from "../../src/museum/commit-exhibits.ts";
import { visit } from "../../src/museum/index.ts";

const millisecond = 1000;

/** One node is cut off and comes back; another one is cut off, loses its disk, and never comes back. */
const schedule: readonly Fault[] = [
  { index: 0, name: "partition", at: 200 * millisecond, microseconds: 1100 * millisecond, nodes: [2], amount: 0 },
  { index: 1, name: "partition", at: 1400 * millisecond, microseconds: 1300 * millisecond, nodes: [3], amount: 0 },
  { index: 2, name: "disk-lost", at: 1800 * millisecond, microseconds: 300 * millisecond, nodes: [3], amount: 0 },
];

const under = (protocol: string, seed: number) => simulate({ protocol, seed, nodes: 3, schedule });

describe("the same schedule of faults", () => {
  const seed = 22;

  test("blocks two-phase commit: a coordinator is lost after the votes", () => {
    const { violation, faults } = under("two-phase", seed);
    expect(faults).toMatchObject({ "disk-lost": 1 });
    expect(violation).toMatchObject({ checker: "progress" });
    expect(violation?.message).toMatch(/^participant \d is in doubt about transaction \d+, and its locks are held/);
  });

  test("makes three-phase commit decide both ways", () => {
    const { violation } = under("three-phase", seed);
    expect(violation).toMatchObject({ checker: "atomicity" });
    expect(violation?.message).toMatch(/commits it, participant \d aborts it$/);
  });

  test("splits the brain of primary-backup", () => {
    expect(under("primary-backup", seed).violation).toMatchObject({ checker: "split-brain" });
  });

  test("is borne by Paxos Commit, with any clients", () => {
    const reached: Record<string, number> = {};
    for (const each of [seed, ...Array.from({ length: 40 }, (_, index) => index + 1)]) {
      const run = under("commit", each);
      expect(run.schedule).toEqual(schedule);
      expect(run.violation, `seed ${each}`).toBeUndefined();
      for (const [name, count] of Object.entries(run.reached)) reached[name] = (reached[name] ?? 0) + count;
    }
    expect(reached["votes-finished"]).toBeGreaterThan(0);
    expect(reached["votes-replaced"]).toBeGreaterThan(0);
  });
});

describe("without a fault", () => {
  test.each(["commit", "two-phase", "three-phase", "primary-backup"])("%s breaks no rule", (protocol) => {
    for (let seed = 1; seed <= 10; seed++) {
      const { violation, reached } = simulate({ protocol, seed, faults: ["none"] });
      expect(violation, `seed ${seed}`).toBeUndefined();
      expect(reached["operations-answered"]).toBeGreaterThan(10);
    }
  });

  test.each(["commit", "two-phase", "three-phase"])("%s aborts only what meets another transaction", (protocol) => {
    for (let seed = 1; seed <= 10; seed++) {
      const { reached } = simulate({ protocol, seed, faults: ["none"] });
      expect(reached["aborted"] ?? 0).toBeLessThanOrEqual(reached["conflicts"] ?? 0);
      expect(reached["committed"]).toBeGreaterThan(0);
    }
  });
});

test("three-phase commit bears crashes, as long as silence means a crash", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { violation } = simulate({
      protocol: "three-phase",
      seed,
      faults: ["node-crash", "node-kill", "role-crash"],
    });
    expect(violation, `seed ${seed}`).toBeUndefined();
  }
});

test("two-phase commit is atomic under all faults: it only blocks", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { violation } = simulate({ protocol: "two-phase", seed });
    if (violation !== undefined) expect(violation.checker, `seed ${seed}`).toBe("progress");
  }
});

test.each(commitExhibits)("$name is caught", (exhibit) => {
  expect(visit(exhibit, 100)).toMatchObject({ caught: true });
});
