/**
 * Simulated time, and all that is going to happen in it. Nothing here or anywhere in a world reads a real clock.
 */
import { Schedule } from "../schedule.ts";

export const microsecondsPerMillisecond = 1000;
export const microsecondsPerSecond = 1_000_000;

export class Clock {
  readonly #schedule = new Schedule();
  #now = 0;

  /** Microseconds since the run began. */
  get now(): number {
    return this.#now;
  }

  /** Plans something for a time from now on; at one time, in the order planned. */
  at(time: number, action: () => void): void {
    if (!(time >= this.#now)) throw new RangeError(`time ${time} has passed, it is ${this.#now}`);
    this.#schedule.plan(time, action);
  }

  after(microseconds: number, action: () => void): void {
    this.at(this.#now + microseconds, action);
  }

  /** Does what comes next, if it comes not later than `until`. */
  step(until: number): boolean {
    const time = this.#schedule.nextTime;
    if (time > until) return false;
    this.#now = time;
    this.#schedule.take()?.();
    return true;
  }
}
