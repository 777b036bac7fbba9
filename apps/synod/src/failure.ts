/**
 * How the program ends when something it was asked cannot be done: one line that says what and where, exit code 1.
 */
import { Data, Effect } from "effect";
import { CliError } from "effect/cli";

export class ProgramError extends Data.TaggedError("ProgramError")<{ readonly message: string }> {
  override get [CliError.userMessage](): string {
    return `(error) ${this.message}`;
  }
}

/** Turns a failure with a message into one that the command line prints as it is. */
export const failWith = Effect.mapError((failure: Error) => new ProgramError({ message: failure.message }));
