import { Session } from "@synod/client";
import { roleOf } from "@synod/protocol";
import { describe, expect, test } from "vitest";
import { simulate, simulationOf, type Run } from "../../src/index.ts";
import { newMultiProtocol } from "../../src/protocols/multi.ts";

const seeds = [1, 2, 3, 4, 5, 6];

function runsWith(fault: string): readonly Run[] {
  return seeds.map((seed) => simulate({ seed, nodes: 3, faults: [fault] }));
}

function total(runs: readonly Run[], count: (run: Run) => number | undefined): number {
  return runs.reduce((sum, run) => sum + (count(run) ?? 0), 0);
}

function ends(runs: readonly Run[], type: string): number {
  return total(runs, ({ history }) => history.filter((event) => event.type === type).length);
}

function processes({ history }: Run): number {
  return new Set(history.map(({ process }) => process)).size;
}

const quiet = runsWith("none");

test("well-behaved clients get an answer to everything, one after the other, each request once", () => {
  expect(ends(quiet, "ok")).toBeGreaterThan(100);
  expect(ends(quiet, "ok")).toBe(ends(quiet, "invoke"));
  expect(total(quiet, ({ reached }) => reached["repeated-requests"])).toBe(0);
  for (const run of quiet) expect(processes(run)).toBe(run.people);
});

describe.each(["impatience", "fickleness", "repetition", "departure", "crowding"])("%s", (name) => {
  const runs = runsWith(name);

  test("strikes, and breaks nothing", () => {
    for (const { seed, violation } of runs) expect(violation, `seed ${seed}`).toBeUndefined();
    expect(runs.filter(({ faults }) => (faults[name] ?? 0) > 0).length).toBeGreaterThan(seeds.length / 3);
    for (const { faults } of runs) expect(Object.keys(faults).filter((each) => each !== name)).toEqual([]);
  });
});

test("who is fickle leaves operations of which nobody knows whether they ran", () => {
  const runs = runsWith("fickleness");
  expect(ends(runs, "info")).toBeGreaterThan(0);
  expect(ends(runs, "info") + ends(runs, "fail")).toBe(total(runs, ({ faults }) => faults["fickleness"]));
});

test("who is impatient gives up what takes long", () => {
  const runs = seeds.map((seed) => simulate({ seed, nodes: 3, faults: ["impatience", "partition"] }));
  expect(total(runs, ({ faults }) => faults["impatience"])).toBeGreaterThan(0);
  expect(ends(runs, "info")).toBeGreaterThan(0);
});

test("what is repeated comes to another proposer too, and replicas answer it from memory or not at all", () => {
  expect(total(runsWith("repetition"), ({ reached }) => reached["repeated-requests"])).toBeGreaterThan(0);
});

test("who departs comes back with a new session", () => {
  const opened = (fault: string): number => {
    let count = 0;
    const simulation = simulationOf(
      newMultiProtocol({
        session: (options) => {
          count += 1;
          return new Session(options);
        },
      }),
    );
    const departures = total(
      seeds.map((seed) => simulation.run({ seed, nodes: 3, faults: [fault] })),
      ({ faults, people }) => people + (faults["departure"] ?? 0),
    );
    expect(count).toBe(departures);
    return count;
  };
  expect(opened("departure")).toBeGreaterThan(opened("none"));
});

test("who comes back is another client: no reply to the one that left reaches it", () => {
  for (const fault of ["none", "departure"]) {
    const senders = seeds.map(() => new Set<number>());
    const runs = seeds.map((seed, index) =>
      simulate({
        seed,
        nodes: 3,
        faults: [fault],
        sent: (_at, from) => {
          if (roleOf(from) === "client") senders[index]?.add(from);
        },
      }),
    );
    const more = senders.reduce((sum, { size }) => sum + size, 0) - total(runs, ({ people }) => people);
    const departures = total(runs, ({ faults }) => faults["departure"]);
    expect(departures > 0).toBe(fault === "departure");
    expect(more > 0).toBe(fault === "departure");
    // Who leaves again before it has sent anything is not seen.
    expect(more).toBeLessThanOrEqual(departures);
  }
});

test("a crowd of one client has several operations under way at once", () => {
  const most = ({ history, people }: Run): number => {
    let open = 0;
    let highest = 0;
    for (const { type } of history) {
      open += type === "invoke" ? 1 : -1;
      highest = Math.max(highest, open);
    }
    return highest - people;
  };
  expect(Math.max(...quiet.map(most))).toBeLessThanOrEqual(0);
  expect(Math.max(...runsWith("crowding").map(most))).toBeGreaterThan(1);
});
