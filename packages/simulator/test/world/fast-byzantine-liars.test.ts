import { expect, test } from "vitest";
import { faultKinds, simulate } from "../../src/index.ts";

const lies = faultKinds.filter(({ group }) => group === "liars").map(({ name }) => name);
const seeds = [1, 2, 3, 4, 5];
const options = { protocol: "fast-byzantine", nodes: 6 };

test.each(lies)("of six nodes one may lie: %s strikes when it is asked for, and breaks nothing", (name) => {
  const runs = seeds.map((seed) => simulate({ ...options, seed, liars: 1, faults: [name] }));
  expect(runs.map(({ violation }) => violation)).toEqual(seeds.map(() => undefined));
  expect(runs.filter(({ faults }) => (faults[name] ?? 0) > 0).length).toBeGreaterThan(1);
});

test("two liars of six make honest nodes learn what was not chosen, and that is found", () => {
  const faults = ["equivocation", "forgery"];
  const found = seeds.map((seed) => simulate({ ...options, seed, liars: 2, faults }).violation?.checker);
  expect(found.some((checker) => checker === "agreement" || checker === "learning")).toBe(true);
});
