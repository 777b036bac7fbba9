import { expect, test } from "vitest";
import { Ending, shrink, simulationOf, watchMessages, type Fault, type Run, type RunOptions } from "../src/index.ts";
import { newMultiProtocol } from "../src/protocols/multi.ts";

/**
 * Not a world: a run whose violation depends on the faults and clients that it is given, as `breaks` says. The last fault
 * stays.
 */
function executorOf(breaks: (faults: ReadonlySet<number>, people: number) => string | undefined) {
  const schedule: readonly Fault[] = Array.from({ length: 40 }, (_, index) => ({
    index,
    name: "loss",
    at: index * 1000,
    microseconds: 10,
    nodes: [],
    amount: 0,
    ...(index === 39 ? { lasting: true } : {}),
  }));
  let runs = 0;
  const execute = ({ seed, only, people = 5 }: RunOptions): Run => {
    runs += 1;
    const struck = schedule.filter(({ index }) => only?.includes(index) !== false).map(({ index }) => index);
    const checker = breaks(new Set(struck), people);
    return {
      protocol: "none",
      seed,
      hash: `${struck.join()} ${people}`,
      events: 1,
      simulatedSeconds: 1,
      faults: {},
      reached: {},
      violation: checker === undefined ? undefined : { checker, message: "broken", at: 30_000 },
      schedule,
      people,
      history: [],
    };
  };
  return { execute, runs: () => runs };
}

test("only the faults and the clients that it takes are left", () => {
  const { execute, runs } = executorOf((faults, people) =>
    faults.has(3) && faults.has(17) && people >= 2 ? "p2c" : undefined,
  );
  const shrunk = shrink(execute, { seed: 9, nodes: 3 });
  expect(shrunk.options).toEqual({ seed: 9, nodes: 3, only: [3, 17], people: 2 });
  expect(shrunk.run.hash).toBe("3,17 2");
  expect(shrunk.runs).toBe(runs());
  expect(runs()).toBeLessThan(100);
});

test("a bug that needs no fault is left without any", () => {
  const { execute } = executorOf(() => "p2c");
  expect(shrink(execute, { seed: 1 }).options).toEqual({ seed: 1, only: [], people: 1 });
});

test("what stays may be what the bug is about, though it begins after the end", () => {
  const { execute } = executorOf((faults) => (faults.has(3) && faults.has(39) ? "p2c" : undefined));
  expect(shrink(execute, { seed: 1 }).options.only).toEqual([3, 39]);
});

test("what another checker finds with fewer faults is another bug", () => {
  const { execute } = executorOf((faults) => (faults.has(3) && faults.has(4) ? "p2c" : "progress"));
  expect(shrink(execute, { seed: 1 }).options.only).toEqual([3, 4]);
});

test("a run that was shrunk before is shrunk further, and never grows", () => {
  const { execute } = executorOf((faults) => (faults.has(5) ? "p2c" : undefined));
  expect(shrink(execute, { seed: 1, only: [4, 5, 39] }).options.only).toEqual([5]);
});

test("it takes no more runs than it may, and still breaks the rule", () => {
  const { execute, runs } = executorOf((faults) => (faults.has(3) && faults.has(17) ? "p2c" : undefined));
  const shrunk = shrink(execute, { seed: 1 }, { runs: 5 });
  expect(runs()).toBe(5);
  expect(shrunk.run.violation?.checker).toBe("p2c");
  expect(shrunk.options.only).toEqual(expect.arrayContaining([3, 17]));
});

test("a run that breaks no rule cannot be shrunk", () => {
  const { execute } = executorOf(() => undefined);
  expect(() => shrink(execute, { seed: 4 })).toThrow("seed 4: expected a run that breaks a rule");
});

test("a planted bug: quorums that do not meet, shrunk to few faults, and again the same run", () => {
  const broken = simulationOf(
    newMultiProtocol({
      configuration: (configuration) => ({
        ...configuration,
        quorums: { ...configuration.quorums, phase1: 1, phase2: 1 },
      }),
    }),
  );
  const execute = (options: RunOptions): Run => broken.run({ ...options, nodes: 3 });
  const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
  const failing = seeds
    .map((seed) => execute({ seed }))
    .find(({ violation, schedule }) => {
      return violation !== undefined && schedule.filter(({ at }) => at <= violation.at).length >= 3;
    });
  if (failing === undefined) throw new Error("expected one of the seeds to fail after some faults");
  const shrunk = shrink(execute, { seed: failing.seed });
  expect(shrunk.run.violation?.checker).toBe(failing.violation?.checker);
  expect(shrunk.options.only?.length).toBeLessThanOrEqual(2);
  expect(shrink(execute, { seed: failing.seed })).toEqual(shrunk);

  // Watching changes nothing.
  const ending = new Ending(10);
  const watched = execute({ ...shrunk.options, ...watchMessages(ending.take) });
  expect(watched).toEqual(shrunk.run);
  const { messages, outcome } = ending.trace(watched, shrunk.options.only);
  expect(messages).toHaveLength(10);
  expect(outcome.summary).toContain(watched.violation?.message);
  const end = watched.violation?.at ?? 0;
  for (const { at } of messages) expect(at).toBeLessThanOrEqual(end);
});
