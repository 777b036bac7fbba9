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
  /** When it happened, where that is known to be before it was found. */
  readonly during?: Period;
}

/** Microseconds of simulated time, both included. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

/** Takes what a checker found; the run ends after the event that brought it to light. */
export type Report = (checker: string, message: string, during?: Period) => void;
