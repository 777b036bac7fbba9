/**
 * How the program ends when something it was asked cannot be done: one line that says what, where and what to do, exit
 * code 1.
 */
import type { StartError } from "@synod/cluster";
import { Data, Effect, Runtime } from "effect";
import { CliError } from "effect/cli";

export class ProgramError extends Data.TaggedError("ProgramError")<{ readonly message: string }> {
  override get [CliError.userMessage](): string {
    return showError(this.message);
  }
}

/** Nobody reads stdout any more, as behind `| head -1`: the program ends as SIGPIPE would end it, and quietly. */
export class ReaderGone extends Data.TaggedError("ReaderGone") {
  override readonly [Runtime.errorExitCode] = 141;
  override readonly [Runtime.errorReported] = false;
}

/** A rule was broken in a simulated run, as was reported: nothing is left to say. */
export class RuleBroken extends Data.TaggedError("RuleBroken") {
  override readonly [Runtime.errorExitCode] = 1;
  override readonly [Runtime.errorReported] = false;
}

/** One line, whatever the message is made of. */
export function showError(message: string): string {
  return `(error) ${message.trim().replace(/\s*\n\s*/g, " ")}`;
}

type StorageError = Extract<StartError, { readonly reason: string }>;

const advice: Readonly<Record<StorageError["reason"], string>> = {
  corrupt: "nothing was changed; restore the folder from a copy, or use another with --data",
  version: "use the version of synod that wrote it, or another folder with --data",
  "in-use": "stop that one first, or use another folder with --data",
  full: "make room on that disk, or use a folder on another one with --data",
  io: "name a folder that can be read and written with --data",
};

function explain(failure: StartError | ProgramError): string {
  if ("reason" in failure) return `${failure.message}; ${advice[failure.reason]}`;
  if (failure._tag === "ActorError" && isFromStorage(failure.cause)) {
    return `${failure.message}; mend what it names, restore the folder from a copy, or use another with --data`;
  }
  return failure.message;
}

/** Of an error in a worker thread only the name and the message come over. */
function isFromStorage(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "StorageError";
}

/** Turns a failure into one that the command line prints as it is. */
export const failWith = Effect.mapError((failure: StartError | ProgramError | ReaderGone | RuleBroken) =>
  failure instanceof ReaderGone || failure instanceof RuleBroken
    ? failure
    : new ProgramError({ message: explain(failure) }),
);
