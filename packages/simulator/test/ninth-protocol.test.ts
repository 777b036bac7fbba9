/**
 * The worked example of CONTRIBUTING: a protocol from its messages to the world.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { drawSequence, simulationOf, visit } from "../src/index.ts";
import { majorityIsEnough } from "./ninth-protocol/exhibit.ts";
import { unanimousScenarios } from "./ninth-protocol/scenarios.ts";
import { newUnanimousProtocol } from "./ninth-protocol/simulated.ts";

const seeds = Array.from({ length: 60 }, (_, index) => index + 1);

test("under every fault it keeps its agreement, and goes on when the faults are over", () => {
  const simulation = simulationOf(newUnanimousProtocol());
  const runs = seeds.map((seed) => simulation.run({ seed }));
  expect(runs.flatMap(({ seed, violation }) => (violation === undefined ? [] : [{ seed, ...violation }]))).toEqual([]);
  const reached = (what: string): number => runs.reduce((sum, run) => sum + (run.reached[what] ?? 0), 0);
  for (const what of ["decrees", "learned", "restarts", "inquiries", "power-failures"])
    expect(reached(what), what).toBeGreaterThan(0);
});

test("that it bears the loss of a node is found to be untrue", () => {
  const simulation = simulationOf(newUnanimousProtocol({ spareNodes: 1 }));
  const violations = seeds.flatMap((seed) => simulation.run({ seed }).violation ?? []);
  expect(violations.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/has not learned the value, 3000 ticks after the last fault$/),
  );
  expect([...new Set(violations.map(({ checker }) => checker))]).toEqual(["progress"]);
});

test("its mistake is caught", () => {
  expect(visit(majorityIsEnough, 100)).toMatchObject({ caught: true, checker: "learning" });
});

describe.each(unanimousScenarios)("$name", ({ name, run }) => {
  test("is drawn as it was reviewed", () => {
    const file = new URL(`./ninth-protocol/${name}.txt`, import.meta.url);
    const drawing = drawSequence(run());
    if (process.env["SYNOD_DRAWINGS"] === "update") writeFileSync(file, drawing);
    expect(existsSync(file)).toBe(true);
    expect(drawing).toBe(readFileSync(file, "utf8"));
  });
});
