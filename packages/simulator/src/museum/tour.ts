/**
 * A tour of the museum: each exhibit is run, seed after seed, until a checker finds the bug. The right code must pass
 * the same seeds with the same options: a checker that cries always finds nothing.
 */
import { simulate } from "../simulate.ts";
import type { Violation } from "../world/violation.ts";
import type { Exhibit } from "./exhibit.ts";

/** Seeds after which a bug counts as not caught. */
export const mostSeeds = 1000;

export interface Visit {
  /** The exhibit. */
  readonly name: string;
  readonly caught: boolean;
  /** How many seeds were run: the last one found the bug, if it was caught. */
  readonly seeds: number;
  /** The checker that found it; empty when none did. */
  readonly checker: string;
  /** What it said; empty when none did. */
  readonly message: string;
}

/**
 * Runs seeds 1, 2, 3 ... until the bug is found.
 *
 * @param most how many seeds at most
 */
export function visit({ name, simulation, options }: Exhibit, most = mostSeeds): Visit {
  for (let seed = 1; seed <= most; seed++) {
    const { violation } = simulation.run({ ...options, seed });
    if (violation === undefined) continue;
    return { name, caught: true, seeds: seed, checker: violation.checker, message: violation.message };
  }
  return { name, caught: false, seeds: most, checker: "", message: "" };
}

/** What the checkers say of the right code in the same seeds: nothing, unless they are wrong or it is. */
export interface Acquittal {
  /** The exhibit. */
  readonly name: string;
  /** How many seeds were run. */
  readonly seeds: number;
  /** The seed that failed, with what was found; undefined when all passed. */
  readonly failed: { readonly seed: number; readonly violation: Violation } | undefined;
}

/** Runs the code without the bug in seeds 1 to `seeds`, with the options of the exhibit. */
export function acquit({ name, simulation, options }: Exhibit, seeds: number): Acquittal {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violation } = simulate({ ...options, protocol: simulation.name, seed });
    if (violation !== undefined) return { name, seeds: seed, failed: { seed, violation } };
  }
  return { name, seeds, failed: undefined };
}
