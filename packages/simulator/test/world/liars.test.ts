import { expect, test } from "vitest";
import { faultKinds, simulate } from "../../src/index.ts";

const lies = faultKinds.filter(({ group }) => group === "liars").map(({ name }) => name);
const seeds = Array.from({ length: 5 }, (_, index) => index + 1);

test.each(lies)("%s strikes when it is asked for, and breaks nothing", (name) => {
  const runs = seeds.map((seed) => simulate({ protocol: "byzantine", seed, nodes: 4, liars: 1, faults: [name] }));
  expect(runs.map(({ violation }) => violation)).toEqual(seeds.map(() => undefined));
  expect(runs.filter(({ faults }) => (faults[name] ?? 0) > 0).length).toBeGreaterThan(1);
});

test("without liars nobody lies, and a protocol that bears none has none", () => {
  for (const protocol of ["byzantine", "multi"]) {
    const { faults } = simulate({ protocol, seed: 1, liars: 0, faults: ["liars"] });
    expect(faults).toEqual({});
  }
});

test("one liar more than is borne makes honest nodes disagree, and that is found", () => {
  const found = new Set<string | undefined>();
  for (let seed = 1; seed <= 30 && !found.has("agreement"); seed++) {
    const faults = ["equivocation"];
    found.add(simulate({ protocol: "byzantine", seed, nodes: 4, liars: 2, faults }).violation?.checker);
  }
  expect([...found]).toContain("agreement");
});
