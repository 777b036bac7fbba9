/**
 * What a thread of the pool does when it is asked: some seeds, a run to be made smaller, a visit to the museum. Tasks
 * and their results are plain data.
 */
import {
  acquit,
  Ending,
  exhibits,
  shrink,
  visit,
  type Acquittal,
  type Fault,
  type Run,
  type Trace,
  type Violation,
  type Visit,
} from "@synod/simulator";
import { Totals, type Counts } from "./totals.ts";
import { executorOf, type CheckOptions } from "./target.ts";

/** Each kind of task: what it takes and what it gives. */
export interface Tasks {
  readonly seeds: { readonly given: SeedsTask; readonly result: SeedsResult };
  readonly shrink: { readonly given: SeedTask; readonly result: Finding };
  readonly visit: { readonly given: VisitTask; readonly result: Visited };
}

export type TaskKind = keyof Tasks;

export interface SeedTask extends CheckOptions {
  readonly seed: number;
}

export interface SeedsTask extends CheckOptions {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

export interface SeedsResult {
  readonly counts: Counts;
  /** The first seed that broke a rule: those after it were not run. */
  readonly failed: Failed | undefined;
}

/** A run that broke a rule, as its seed draws it. */
export interface Failed {
  readonly seed: number;
  readonly violation: Violation;
  readonly hash: string;
  /** All faults that were drawn. */
  readonly schedule: readonly Fault[];
}

/** The smallest run that breaks the rule. */
export interface Finding {
  readonly violation: Violation;
  readonly hash: string;
  readonly simulatedSeconds: number;
  /** The faults that strike. */
  readonly faults: readonly Fault[];
  /** How many were drawn. */
  readonly drawnFaults: number;
  /** How many clients there are; undefined when all that were drawn. */
  readonly people: number | undefined;
  /** How many runs it took. */
  readonly runs: number;
  /** The messages that the violation is about, or its last ones. */
  readonly ending: Trace;
  /** Which they are. */
  readonly endingWords: string;
}

export interface VisitTask {
  readonly exhibit: string;
}

export interface Visited {
  readonly visit: Visit;
  /** The code without the bug, in the same seeds. */
  readonly acquittal: Acquittal;
}

export const tasks: { readonly [Kind in TaskKind]: (given: Tasks[Kind]["given"]) => Tasks[Kind]["result"] } = {
  seeds({ first, last, ...options }) {
    const execute = executorOf(options);
    const totals = new Totals();
    const began = performance.now();
    let failed: Failed | undefined;
    for (let seed = first; seed <= last && failed === undefined; seed++) {
      const run = named(seed, () => execute({ seed }));
      totals.addRun(run);
      const { violation, hash, schedule } = run;
      if (violation !== undefined) failed = { seed, violation, hash, schedule };
    }
    totals.addBusySeconds((performance.now() - began) / 1000);
    return { counts: totals.counts(), failed };
  },

  shrink({ seed, ...options }) {
    const execute = executorOf(options);
    const { options: smallest, runs, run: found } = shrink(execute, { seed });
    const ending = new Ending(30, found.violation);
    const run = execute({ ...smallest, ...ending.options });
    const { only, people } = smallest;
    const { violation } = run;
    if (violation === undefined) throw new Error(`seed ${seed}: the same run went another way`);
    return {
      violation,
      hash: run.hash,
      simulatedSeconds: run.simulatedSeconds,
      faults: run.schedule.filter(({ index }) => only?.includes(index) !== false),
      drawnFaults: run.schedule.length,
      people,
      runs,
      ending: ending.trace(run, only),
      endingWords: ending.words,
    };
  },

  visit({ exhibit: name }) {
    const exhibit = exhibits.find((each) => each.name === name);
    if (exhibit === undefined) throw new RangeError(`there is no exhibit ${JSON.stringify(name)}`);
    const visited = visit(exhibit);
    return { visit: visited, acquittal: acquit(exhibit, visited.seeds) };
  },
};

/** What is thrown outside of the rules that are checked must say in which seed. */
function named(seed: number, run: () => Run): Run {
  try {
    return run();
  } catch (cause) {
    throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
