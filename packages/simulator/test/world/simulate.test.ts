import { expect, test } from "vitest";
import { simulate } from "../../src/index.ts";

test("seeds run without a violation, and go through what they are for", () => {
  const reached = new Set<string>();
  const faults = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const run = simulate({ seed });
    expect(run.violation, `seed ${seed}`).toBeUndefined();
    for (const name of Object.keys(run.reached)) reached.add(name);
    for (const name of Object.keys(run.faults)) faults.add(name);
  }
  for (const name of ["leader-changes", "catch-ups", "repairs", "trims", "reads"]) expect(reached).toContain(name);
  for (const name of ["loss", "partition", "node-crash"]) expect(faults).toContain(name);
});

test("the same seed gives the same run, and another seed another", () => {
  const [one, again, other] = [simulate({ seed: 7 }), simulate({ seed: 7 }), simulate({ seed: 8 })];
  expect(again).toEqual(one);
  expect(other.hash).not.toBe(one.hash);
});
