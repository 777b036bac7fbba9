import { expect, test } from "vitest";
import { faultKinds, resolveFaults, simulate, usualFaults } from "../../src/index.ts";
import { drawFaults, type Setting } from "../../src/world/faults/schedule.ts";
import { Randomness } from "../../src/world/randomness.ts";

const microseconds = 3_000_000;
const usual: Setting = {
  kinds: resolveFaults(["all"]),
  asked: false,
  nodes: [1, 2, 3, 4, 5],
  microseconds,
  mayLast: () => true,
};
const draw = (seed: number, setting: Partial<Setting> = {}) =>
  drawFaults(new Randomness(seed), { ...usual, ...setting });
const seeds = Array.from({ length: 300 }, (_, index) => index + 1);

test("the same seed draws the same schedule, and another seed another", () => {
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("faults are numbered in the order of their beginning, and all but one that stays end in time", () => {
  for (const seed of seeds) {
    const schedule = draw(seed);
    expect(schedule.map(({ index }) => index)).toEqual(schedule.map((_, index) => index));
    expect(schedule.map(({ at }) => at)).toEqual(schedule.map(({ at }) => at).toSorted((one, other) => one - other));
    for (const fault of schedule) {
      expect(fault.at).toBeGreaterThanOrEqual(0);
      expect(fault.at + fault.microseconds).toBeLessThanOrEqual(microseconds);
    }
    expect(schedule.filter(({ lasting }) => lasting === true).length).toBeLessThanOrEqual(1);
  }
});

test("there are quiet runs and violent ones, with few kinds and with many", () => {
  const schedules = seeds.map((seed) => draw(seed));
  const counts = schedules.map(({ length }) => length);
  const kinds = schedules.map((schedule) => new Set(schedule.map(({ name }) => name)).size);
  expect(Math.min(...counts)).toBe(0);
  expect(Math.max(...counts)).toBeGreaterThan(25);
  expect(counts.filter((count) => count <= 3).length).toBeGreaterThan(seeds.length / 10);
  expect(counts.filter((count) => count >= 10).length).toBeGreaterThan(seeds.length / 5);
  expect(kinds.filter((count) => count > 0 && count <= 4).length).toBeGreaterThan(seeds.length / 10);
  expect(Math.max(...kinds)).toBeGreaterThan(12);
});

test("a partition stays only when progress is due under it", () => {
  const lasting = (setting: Partial<Setting>) =>
    seeds.filter((seed) => draw(seed, setting).some((fault) => fault.lasting === true)).length;
  expect(lasting({})).toBeGreaterThan(10);
  expect(lasting({ mayLast: () => false })).toBe(0);
  expect(lasting({ nodes: [1, 2] })).toBe(0);
});

test("exactly the kinds that are asked for strike, each of a few in every run", () => {
  const kinds = resolveFaults(["loss", "node-crash"]);
  for (const seed of seeds) {
    const names = new Set(draw(seed, { kinds, asked: true }).map(({ name }) => name));
    expect(names).toEqual(new Set(["loss", "node-crash"]));
  }
  expect(draw(1, { kinds: [], asked: true })).toEqual([]);
});

test("names and groups stand for kinds; what there is not is refused, with what there is", () => {
  const names = (...asked: readonly string[]) => resolveFaults(asked).map(({ name }) => name);
  expect(names()).toEqual([]);
  expect(names("none")).toEqual([]);
  expect(names("all")).toEqual(usualFaults);
  expect(names("loss", "people", "loss")).toEqual([
    "loss",
    ...faultKinds.filter(({ group }) => group === "people").map(({ name }) => name),
  ]);
  for (const group of ["network", "process", "people"]) expect(names(group).length).toBeGreaterThan(3);
  for (const kind of faultKinds) expect(names(kind.name)).toEqual([kind.name]);
  expect(() => names("los")).toThrow(RangeError);
  expect(() => names("los")).toThrow(/faults: expected any of all, none, network, .*loss.*, got "los"/);
  expect(() => simulate({ seed: 1, faults: ["los"] })).toThrow(RangeError);
});

test("kinds have names of their own, and titles", () => {
  const names = faultKinds.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, title } of faultKinds) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(title.length).toBeGreaterThan(10);
  }
});

test("a run with only some of its faults has the same schedule, and no others strike", () => {
  const seed = seeds.find(
    (each) => new Set(simulate({ seed: each, nodes: 5 }).schedule.map(({ name }) => name)).size > 3,
  );
  if (seed === undefined) throw new Error("no seed has many kinds");
  const whole = simulate({ seed, nodes: 5 });
  const name = whole.schedule.at(0)?.name ?? "";
  const only = whole.schedule.filter((fault) => fault.name === name).map(({ index }) => index);
  const part = simulate({ seed, nodes: 5, only });
  expect(part.schedule).toEqual(whole.schedule);
  expect(Object.keys(part.faults).filter((each) => each !== name)).toEqual([]);
  expect(Object.keys(whole.faults).length).toBeGreaterThan(1);
  expect(simulate({ seed, nodes: 5, only: [] }).faults).toEqual({});
});

test("every usual kind strikes within 150 seeds", () => {
  const missing = new Set(usualFaults);
  // One client of three nodes: what strikes them is drawn as in any run, and takes a third of the time.
  for (let seed = 1; seed <= 150 && missing.size > 0; seed++) {
    for (const name of Object.keys(simulate({ seed, nodes: 3, people: 1 }).faults)) missing.delete(name);
  }
  expect([...missing]).toEqual([]);
});

test.each(usualFaults)("%s strikes when it is asked for", (name) => {
  const struck = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(
    (seed) => (simulate({ seed, nodes: 3, faults: [name] }).faults[name] ?? 0) > 0,
  );
  expect(struck.length).toBeGreaterThan(2);
});
