/**
 * What a check says when nothing was found.
 */
import { simulate } from "@synod/simulator";
import { expect, test } from "vitest";
import type { CheckReport } from "../src/check/check.ts";
import { showCheck, showInterrupted } from "../src/check/show.ts";
import { Totals } from "../src/check/totals.ts";

const report: CheckReport = {
  protocol: "multi",
  firstSeed: 1,
  seeds: 2000,
  events: 1,
  simulatedSeconds: 1,
  wallSeconds: 1,
  eventsPerCoreSecond: 1,
  threads: 1,
  faults: {},
  reached: {},
  undecided: 0,
  missing: [],
  interrupted: false,
  violations: [],
};

test("the bug that was put in is named", () => {
  expect(showCheck(report)).toMatch(/^multi, seeds 1 to 2000: no violation\n\n/);
  expect(showCheck({ ...report, exhibit: "old-bug" })).toMatch(/^multi with old-bug, seeds 1 to 2000: no violation\n/);
});

test("histories that were not decided on are told of at once", () => {
  expect(showCheck({ ...report, undecided: 3 }).split("\n")[1]).toBe(
    "UNDECIDED: whether 3 of 2 000 histories are linearizable: the search was given up",
  );
});

test("what was interrupted is told as such, also before anything was run", () => {
  const interrupted = { ...report, interrupted: true };
  expect(showInterrupted(interrupted)).toMatch(
    /^multi, INTERRUPTED after 2 000 seeds, from 1 on: no violation until then\n\nseeds /,
  );
  const nothing = { ...interrupted, seeds: 0, events: 0, simulatedSeconds: 0, wallSeconds: 0, eventsPerCoreSecond: 0 };
  expect(showInterrupted(nothing)).not.toMatch(/NaN|Infinity/);
});

test("what was found before an interruption is told as its seed gives it", () => {
  const broken = { seed: 17, checker: "p2c", message: "what is wrong", atSeconds: 1, schedule: [], hash: "abc" };
  const found = { ...report, interrupted: true, violations: [{ ...broken, replay: "npx synod replay 17" }] };
  expect(showInterrupted(found)).toMatch(/seed 17: p2c\n\n {2}what is wrong\n[^]*\n {2}npx synod replay 17$/);
});

test("a run with several keys that were not decided on is one run", () => {
  const run = simulate({ seed: 1, protocol: "basic" });
  const totals = new Totals();
  totals.addRun(run);
  totals.addRun({ ...run, reached: { "linearizability-undecided": 2 } });
  const sums = new Totals();
  sums.add(totals.counts());
  sums.add(totals.counts());
  expect(totals.counts().undecided).toBe(1);
  expect(sums.counts().undecided).toBe(2);
});
