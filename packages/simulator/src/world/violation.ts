/**
 * What a checker found: the first rule that was broken, and where.
 */
export interface Violation {
  /** The name of the checker. */
  readonly checker: string;
  /** What is wrong, with the nodes, ballots and slots that matter. */
  readonly message: string;
  /** Microseconds of simulated time. */
  readonly at: number;
}

/** Takes what a checker found; the run ends after the event that brought it to light. */
export type Report = (checker: string, message: string) => void;
