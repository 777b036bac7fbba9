/**
 * `synod replay`: one seed again, to the last message.
 */
import {
  showFaults,
  showSeconds,
  watchMessages,
  writeHistory,
  type Fault,
  type Run,
  type TracedMessage,
} from "@synod/simulator";
import { Effect } from "effect";
import { writeFile } from "node:fs/promises";
import { ProgramError, RuleBroken, type ReaderGone } from "../failure.ts";
import { print } from "../output.ts";
import type { Replayed } from "./replay-command.ts";
import { showCounts } from "./show.ts";
import { executorOf } from "./target.ts";
import { brokenRule, type BrokenRule } from "./violation.ts";

export interface ReplaySettings extends Replayed {
  /** Whether each message is printed. */
  readonly messages: boolean;
  /** The file that the clients' history is written to. */
  readonly history: string | undefined;
  readonly json: boolean;
}

/** What `--json` prints. */
export interface ReplayReport {
  readonly protocol: string;
  readonly exhibit?: string;
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  readonly simulatedSeconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
  /** The faults that strike, in the order of their beginning. */
  readonly schedule: readonly Fault[];
  /** None or one. */
  readonly violations: readonly BrokenRule[];
  /** In the order of sending, with times in microseconds, when they were asked for. */
  readonly messages?: readonly TracedMessage[];
}

export const replay = Effect.fnUntraced(function* (
  settings: ReplaySettings,
): Effect.fn.Return<void, ProgramError | ReaderGone | RuleBroken> {
  const { seed, only, people, target, history, json } = settings;
  const messages: TracedMessage[] = [];
  const run = yield* Effect.try({
    try: () =>
      executorOf(settings)({
        seed,
        ...(only === undefined ? {} : { only }),
        ...(people === undefined ? {} : { people }),
        ...(settings.messages ? watchMessages((message) => void messages.push(message)) : {}),
      }),
    catch: (cause) =>
      new ProgramError({ message: `replay: ${cause instanceof Error ? cause.message : String(cause)}` }),
  });
  yield* checkIndexes(run, only ?? []);
  const schedule = run.schedule.filter(({ index }) => only?.includes(index) !== false);
  if (history !== undefined) yield* saveHistory(run, history);
  const report: ReplayReport = {
    protocol: run.protocol,
    ...(target.kind === "exhibit" ? { exhibit: target.name } : {}),
    seed,
    hash: run.hash,
    events: run.events,
    simulatedSeconds: run.simulatedSeconds,
    faults: run.faults,
    reached: run.reached,
    schedule,
    violations: run.violation === undefined ? [] : [brokenRule(run.violation)],
    ...(settings.messages ? { messages } : {}),
  };
  if (!json) for (const message of messages) yield* print(showMessage(message));
  yield* print(json ? JSON.stringify(report) : showReplay(report));
  if (run.violation !== undefined) return yield* new RuleBroken();
});

/** An index that the seed does not have comes of other flags than those it was found with. */
function checkIndexes({ seed, schedule }: Run, only: readonly number[]): Effect.Effect<void, ProgramError> {
  const unknown = only.filter((index) => index >= schedule.length);
  if (unknown.length === 0) return Effect.void;
  const message = `replay: --only: seed ${seed} has ${schedule.length} faults, from 0, with these flags, and none with index ${unknown.join(", ")}`;
  return Effect.fail(new ProgramError({ message }));
}

/** As JSON lines: {process, type, f, key, value, time}, time in microseconds. */
function saveHistory({ history }: Run, file: string): Effect.Effect<void, ProgramError> {
  return Effect.tryPromise({
    try: () => writeFile(file, writeHistory(history)),
    catch: (cause) => new ProgramError({ message: `replay: --history: ${String(cause)}` }),
  });
}

function showMessage({ at, from, to, kind, ...fields }: TracedMessage): string {
  return `${showSeconds(at)}  ${from} -> ${to}  ${kind} ${JSON.stringify(fields)}`;
}

function showReplay(report: ReplayReport): string {
  const { protocol, exhibit, seed, hash, events, simulatedSeconds, schedule, violations } = report;
  const target = exhibit === undefined ? protocol : `${protocol} with ${exhibit}`;
  return [
    `${target}, seed ${seed}: hash ${hash}, ${events} events, ${simulatedSeconds} s simulated`,
    "",
    schedule.length === 0 ? "no faults" : showFaults(schedule),
    "",
    ...showCounts("faults that struck", report.faults),
    "",
    ...showCounts("what the run reached", report.reached),
    "",
    ...(violations.length === 0
      ? ["no violation"]
      : violations.flatMap(({ checker, message, atSeconds }) => [
          `${checker}, after ${atSeconds.toFixed(6)} s:`,
          "",
          `  ${message}`,
        ])),
  ].join("\n");
}
