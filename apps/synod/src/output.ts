/**
 * What a command prints: a reader that is slow is waited for, and one that is gone ends it.
 */
import { Effect } from "effect";
import { ProgramError, ReaderGone } from "./failure.ts";

/** Without a listener an output that has lost its reader would end the process where it stands. */
const heard = (): void => undefined;

/** Writes a text and a newline to stdout. */
export function print(text: string): Effect.Effect<void, ProgramError | ReaderGone> {
  return Effect.callback((resume) => {
    if (!process.stdout.listeners("error").includes(heard)) process.stdout.on("error", heard);
    process.stdout.write(`${text}\n`, (failure) => {
      resume(failure instanceof Error ? Effect.fail(outputError(failure)) : Effect.void);
    });
  });
}

/** What it means that stdout cannot be written to. */
export function outputError(failure: Error): ProgramError | ReaderGone {
  if ("code" in failure && failure.code === "EPIPE") return new ReaderGone();
  return new ProgramError({ message: `stdout cannot be written to: ${failure.message}` });
}
