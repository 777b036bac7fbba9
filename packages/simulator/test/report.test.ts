import { expect, test } from "vitest";
import { Ending, showFaults, type Fault, type Run } from "../src/index.ts";

const schedule: readonly Fault[] = [
  { index: 0, name: "clock-jump", at: 5, microseconds: 0, nodes: [2], amount: 7 },
  { index: 1, name: "loss", at: 10, microseconds: 500_000, nodes: [], amount: 0.25 },
  { index: 2, name: "chained", at: 20, microseconds: 2_900_000, nodes: [3, 1, 2], amount: 0, lasting: true },
];

test("faults are listed with how long they last, if they end", () => {
  expect(showFaults(schedule).split("\n")).toEqual([
    "fault      begins       lasts  name        nodes  amount",
    "    0  0.000005 s           -  clock-jump  2      7",
    "    1  0.000010 s  0.500000 s  loss        all    0.25",
    "    2  0.000020 s       stays  chained     3 1 2",
  ]);
});

test("what stays is not drawn as ending", () => {
  const run: Run = {
    protocol: "none",
    seed: 1,
    hash: "",
    events: 0,
    simulatedSeconds: 9,
    faults: {},
    reached: {},
    violation: undefined,
    schedule,
    people: 1,
    history: [],
  };
  expect(new Ending().trace(run, undefined).notes).toEqual([
    { at: 5, text: "clock-jump of 2" },
    { at: 10, text: "loss begins" },
    { at: 20, text: "chained of 3 1 2 begins, and stays" },
    { at: 500_010, text: "loss ends" },
  ]);
});
