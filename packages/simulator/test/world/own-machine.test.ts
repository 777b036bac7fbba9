import { describe, expect, test } from "vitest";
import {
  jsonMachine,
  jsonWorkload,
  keyValueWorkload,
  simulate,
  WorkloadError,
  type Run,
  type SimulateOptions,
  type StateMachine,
  type Workload,
} from "../../src/index.ts";

/** In the order in which they are registered. */
const names =
  "basic, multi, fast, byzantine, fast-byzantine, generalized, cheap, commit, two-phase, three-phase, primary-backup";

interface Counter {
  total: number;
  additions: number;
}

interface Command {
  readonly add: number;
}

const counter = {
  name: "counter/1",
  initial: (): Counter => ({ total: 0, additions: 0 }),
  apply(state: Counter, { add }: Command) {
    state.total += add;
    state.additions += 1;
    return { total: state.total, additions: state.additions };
  },
  query: (state: Counter) => state.total,
};
const newCounter = (): StateMachine => jsonMachine(counter);

/** Counts beside its state: a snapshot does not have that. */
function newForgetfulCounter(): StateMachine {
  let additions = 0;
  return jsonMachine({
    ...counter,
    apply(state: Counter, { add }: Command) {
      state.total += add;
      additions += 1;
      return { total: state.total, additions };
    },
  });
}

/** Answers a little wrong, on every node alike. */
const newGenerousCounter = (): StateMachine =>
  jsonMachine({ ...counter, query: ({ total, additions }: Counter) => (additions > 5 ? total + 1 : total) });

const next: Parameters<typeof jsonWorkload<Counter, Command>>[0]["next"] = (randomness) =>
  randomness.chance(0.3) ? { query: null } : { command: { add: randomness.integer(1, 9) } };
const checked = jsonWorkload<Counter, Command>({ next, model: counter });
const unchecked = jsonWorkload<Counter, Command>({ next });

function firstFound(seeds: number, options: Omit<SimulateOptions, "seed">): Run | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const run = simulate({ ...options, seed });
    if (run.violation !== undefined) return run;
  }
  return undefined;
}

const checkerOf = (run: Run | undefined): string | undefined => run?.violation?.checker;

describe("a counter that keeps something beside its state", () => {
  test("seems right without faults", () => {
    expect(firstFound(10, { machine: newForgetfulCounter, workload: checked, faults: ["none"] })).toBeUndefined();
  });

  test("is found by faults, and mended it passes the same seeds", () => {
    const faults = ["process", "network"];
    const found = firstFound(40, { machine: newForgetfulCounter, workload: checked, faults });
    expect(found?.violation).toBeDefined();
    expect(firstFound(found?.seed ?? 0, { machine: newCounter, workload: checked, faults })).toBeUndefined();
  });
});

test("with a model answers are checked, without one replicas are only compared with each other", () => {
  const found = firstFound(5, { machine: newGenerousCounter, workload: checked, faults: ["none"] });
  expect(checkerOf(found)).toBe("linearizability");
  expect(firstFound(5, { machine: newGenerousCounter, workload: unchecked, faults: ["none"] })).toBeUndefined();
});

test("a command that the machine refuses has no effect, and is none for the model either", () => {
  const parse = (json: unknown): Command => {
    const add: unknown = Object(json).add;
    if (typeof add !== "number") throw new TypeError("add must be a number");
    return { add };
  };
  const run = simulate({
    seed: 4,
    machine: () => jsonMachine({ ...counter, parse }),
    workload: jsonWorkload<Counter, unknown>({
      next: (randomness) => (randomness.chance(0.5) ? { command: { add: "all" } } : { command: { add: 1 } }),
      model: { ...counter, parse, apply: (state, command) => counter.apply(state, parse(command)) },
    }),
  });
  expect(run.violation).toBeUndefined();
  expect(run.history.some(({ type, f }) => f === "command" && type === "fail")).toBe(true);
});

test("what the machine throws is a violation", () => {
  const machine = (): StateMachine =>
    jsonMachine({
      ...counter,
      apply() {
        throw new Error("out of numbers");
      },
    });
  const found = firstFound(3, { machine, workload: unchecked });
  expect(checkerOf(found)).toBe("invariant");
  expect(found?.violation?.message).toContain('apply of the state machine "counter/1" throws Error: out of numbers: ');
  expect(found?.violation?.message).toContain("refuse the command with a DecodeError");
});

test("without a machine the key-value store runs, with what is asked of it if that is given", () => {
  const { violation, history } = simulate({ seed: 5, workload: keyValueWorkload });
  expect(violation).toBeUndefined();
  expect(history).toEqual(simulate({ seed: 5 }).history);
});

describe("bad options are refused by name:", () => {
  const notANumber: number = JSON.parse('"7"');
  const noWorkload: Workload = JSON.parse("{}");
  const notAMachine: StateMachine = JSON.parse('{"name":"x"}');
  test.each<readonly [string, SimulateOptions, new (message: string) => Error]>([
    ["seed: expected a safe integer from 0, got -1", { seed: -1 }, RangeError],
    ["seed: expected a safe integer from 0, got 0.5", { seed: 0.5 }, RangeError],
    ['seed: expected a safe integer from 0, got "7"', { seed: notANumber }, RangeError],
    ["nodes: expected an integer from 1 to 30, got 31", { seed: 1, nodes: 31 }, RangeError],
    ["liars: expected none, as multi bears no liars, got 1", { seed: 1, liars: 1 }, RangeError],
    ["people: expected a safe integer from 1, got 0", { seed: 1, people: 0 }, RangeError],
    ["only: expected a safe integer from 0, got -2", { seed: 1, only: [-2] }, RangeError],
    ["faults: expected any of all, none", { seed: 1, faults: ["gremlins"] }, RangeError],
    [`protocol: expected one of ${names}, got "raft"`, { seed: 1, protocol: "raft" }, RangeError],
    ["workload.next: expected a function", { seed: 1, workload: noWorkload }, TypeError],
    ["machine().apply: expected a function", { seed: 1, machine: () => notAMachine }, TypeError],
    ["workload: expected what clients ask of the machine counter/1", { seed: 1, machine: newCounter }, TypeError],
    ["machine: expected none", { seed: 1, protocol: "basic", machine: newCounter }, TypeError],
    ["workload: expected none", { seed: 1, protocol: "basic", workload: keyValueWorkload }, TypeError],
  ])("%s", (message, options, kind) => {
    expect(() => simulate(options)).toThrow(message);
    expect(() => simulate(options)).toThrow(kind);
  });
});

describe("a workload that gives what nobody can ask ends the run with an error, not with a violation:", () => {
  test("an operation without its parts", () => {
    const workload: Workload = { next: () => Object({ kind: "order", f: "x", key: "" }) };
    expect(() => simulate({ seed: 1, workload })).toThrow('workload.next(): kind: expected "command" or "query"');
    expect(() => simulate({ seed: 1, workload: { next: () => Object({ kind: "query", f: "x", key: "k" }) } })).toThrow(
      "workload.next(): encode: expected a function that writes it, got nothing",
    );
  });

  test("neither a command nor a query", () => {
    const workload = jsonWorkload({ next: () => Object({}) });
    expect(() => simulate({ seed: 1, machine: newCounter, workload })).toThrow(WorkloadError);
  });

  test("an error of its own", () => {
    const workload: Workload = {
      next() {
        throw new Error("no idea");
      },
    };
    expect(() => simulate({ seed: 1, workload })).toThrow("workload: next threw: no idea");
  });
});
