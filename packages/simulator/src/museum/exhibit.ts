/**
 * An exhibit: a known bug, put back into code that is right by replacing one part of it.
 */
import type { Simulation } from "../simulate.ts";
import type { RunOptions } from "../world/run.ts";

export interface Exhibit {
  /** As `museum NAME` names it, in kebab case. */
  readonly name: string;
  /** The bug, in a line. */
  readonly title: string;
  /** Where it happened and why it is wrong, in a paragraph. */
  readonly story: string;
  /** The paper and section, the issue or the report where it is told. */
  readonly source: string;
  /** The protocol with the bug in it. */
  readonly simulation: Simulation;
  /** How it is looked for: such as the faults that bring it to light. The right code must pass with the same. */
  readonly options?: Omit<RunOptions, "seed">;
}
