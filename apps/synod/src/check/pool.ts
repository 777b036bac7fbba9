/**
 * The threads that runs are spread over: one for each core.
 */
import { Effect, type Scope } from "effect";
import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { ProgramError } from "../failure.ts";
import type { TaskKind, Tasks } from "./tasks.ts";

export interface Pool {
  readonly threads: number;
  run<Kind extends TaskKind>(kind: Kind, given: Tasks[Kind]["given"]): Promise<Tasks[Kind]["result"]>;
}

/**
 * A task that takes longer hangs, in a run that goes on for ever at one moment of its time. Its thread is ended. Far more
 * than a busy machine needs, in milliseconds.
 */
const mostTaskMs: Readonly<Record<TaskKind, number>> = { seeds: 120_000, shrink: 1_200_000, visit: 3_600_000 };

/** Its threads end, at whatever they are doing, when the scope closes. */
export const openPool: Effect.Effect<Pool, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const threads = availableParallelism();
      const script = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
      return new Piscina<unknown, unknown>({
        filename: script.href,
        minThreads: threads,
        maxThreads: threads,
        // A thread that waits for its next task sleeps, and can be ended.
        atomics: "disabled",
        recordTiming: false,
      });
    }),
    (piscina) => Effect.promise(() => piscina.destroy()),
  ),
  (piscina) => ({
    threads: piscina.maxThreads,
    run: <Kind extends TaskKind>(kind: Kind, given: Tasks[Kind]["given"]) =>
      piscina.run(given, { name: kind, signal: AbortSignal.timeout(mostTaskMs[kind]) }) as Promise<
        Tasks[Kind]["result"]
      >,
  }),
);

/** What a task that fails means to the program. */
export function attempt<Result>(command: string, ask: () => Promise<Result>): Effect.Effect<Result, ProgramError> {
  return Effect.tryPromise({
    try: ask,
    catch: (cause) =>
      new ProgramError({ message: `${command}: ${cause instanceof Error ? cause.message : String(cause)}` }),
  });
}
