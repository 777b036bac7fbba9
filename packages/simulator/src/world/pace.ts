/**
 * How time passes for who lives in a world: how long a tick takes, and a turn.
 */
import { tickMilliseconds } from "@synod/protocol";
import { microsecondsPerMillisecond } from "./clock.ts";

/** How the time of a process passes; faults change it. */
export interface Pace {
  /** Microseconds of simulated time that it takes for a tick. */
  tickMicroseconds: number;
  /** Microseconds before it takes its turn when something has arrived. */
  turnMicroseconds: number;
}

/** How it passes when nothing is wrong, and for clients always. */
export const usualPace: Readonly<Pace> = {
  tickMicroseconds: tickMilliseconds * microsecondsPerMillisecond,
  turnMicroseconds: 20,
};
