/**
 * A broken rule, as reports tell of it.
 */
import { microsecondsPerSecond, type Violation } from "@synod/simulator";

export interface BrokenRule {
  readonly checker: string;
  readonly message: string;
  /** When, in seconds of simulated time. */
  readonly atSeconds: number;
}

export function brokenRule({ checker, message, at }: Violation): BrokenRule {
  return { checker, message, atSeconds: at / microsecondsPerSecond };
}
