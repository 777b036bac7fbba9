/**
 * Time for tests of guests: it passes while they wait for an answer, and what is sent arrives meanwhile, however busy the
 * machine is.
 */
import { tickMilliseconds } from "@synod/protocol";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, vi } from "vitest";

let now = 0;

/** More turns of the event loop than a message and its answer take. */
const turnsOfTick = 10;

/** In each test of a file. */
export function holdTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    vi.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

/** Lets time pass until a call is answered or has failed. */
export async function answerTo<Answer>(call: Promise<Answer>): Promise<Answer> {
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  call.then(settle, settle);
  while (!isSettled) {
    for (let turn = 0; turn < turnsOfTick; turn += 1) await setImmediate();
    now += tickMilliseconds;
    vi.advanceTimersByTime(tickMilliseconds);
  }
  return call;
}

/** The same, of a call that is to fail: why it did. */
export function failureOf(call: Promise<unknown>): Promise<unknown> {
  return answerTo(
    call.then(
      (answer) => new TypeError(`expected a failure, got ${String(answer)}`),
      (failure: unknown) => failure,
    ),
  );
}
