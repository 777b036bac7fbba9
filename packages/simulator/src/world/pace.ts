/**
 * How time passes for who lives in a world: how long a tick takes, and a turn.
 */
import { tickMilliseconds } from "@synod/protocol";
import { microsecondsPerMillisecond, type Clock } from "./clock.ts";

/** How time passes when nothing is wrong, and for clients always. */
export const usualPace = {
  tickMicroseconds: tickMilliseconds * microsecondsPerMillisecond,
  turnMicroseconds: 20,
} as const;

/** How the time of a process passes; faults change it. */
export class Pace {
  /** Microseconds before it takes its turn when something has arrived. */
  turnMicroseconds: number = usualPace.turnMicroseconds;
  readonly #clock: Clock;
  #tickMicroseconds: number = usualPace.tickMicroseconds;
  /** What its clock showed when the tick took another time, and when that was. */
  #ticksBefore = 0;
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Microseconds of simulated time that a tick takes. */
  get tickMicroseconds(): number {
    return this.#tickMicroseconds;
  }

  set tickMicroseconds(microseconds: number) {
    this.#ticksBefore = this.ticks;
    this.#since = this.#clock.now;
    this.#tickMicroseconds = microseconds;
  }

  /** What its clock shows: ticks and parts of them since the run began, also while it was paused or down. */
  get ticks(): number {
    return this.#ticksBefore + (this.#clock.now - this.#since) / this.#tickMicroseconds;
  }
}
