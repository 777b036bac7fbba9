/**
 * What a caller may say of a call, and what speaks against it at once.
 */
import { limits } from "@synod/protocol";
import { Cancelled, Overloaded } from "./errors.ts";

export interface CallOptions {
  /** How long to try, in milliseconds; 5000 unless told, and 30,000 for a change of members. */
  readonly deadlineMs?: number;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

const defaultDeadlineMs = 5000;

/**
 * Lets a call in beside those that wait already; how long to try it, in milliseconds.
 *
 * @throws Cancelled, RangeError, Overloaded
 */
export function admit(options: CallOptions | undefined, waiting: number): number {
  const signal = options?.signal;
  if (signal?.aborted === true) throw new Cancelled({ reason: signal.reason });
  const deadlineMs = options?.deadlineMs ?? defaultDeadlineMs;
  // NaN would be a deadline that never comes.
  if (!(deadlineMs >= 0)) throw new RangeError(`deadlineMs: expected a number from 0, got ${deadlineMs}`);
  if (waiting >= limits.clientCommands) {
    const message = `overloaded: ${waiting} calls of this client wait already`;
    throw new Overloaded({ message, mayTakeEffect: false });
  }
  return deadlineMs;
}
