/**
 * The key-value client for Effect programs: the same client, with its errors in the types.
 */
import { LimitError } from "@synod/machines";
import { Context, Effect } from "effect";
import {
  Cancelled,
  Closed,
  CommandRefused,
  NoQuorum,
  Overloaded,
  SessionExpired,
  Timeout,
  UnreadableReply,
  type ClientError,
} from "./errors.ts";
import type { KeyValueClient } from "./key-value.ts";

type Failure = ClientError | LimitError;

export class KeyValue extends Context.Service<
  KeyValue,
  {
    /** Stores a value. */
    put(key: string, value: string): Effect.Effect<void, Failure>;
    /** The value, or undefined when there is none. */
    get(key: string): Effect.Effect<string | undefined, Failure>;
    /** Adds to the end of a value; its new length in bytes. */
    append(key: string, value: string): Effect.Effect<number, Failure>;
    /** Removes a value; whether there was one. */
    delete(key: string): Effect.Effect<boolean, Failure>;
    /** Stores `value` if the value is `expected` (undefined: if there is none); whether it did. */
    cas(key: string, expected: string | undefined, value: string): Effect.Effect<boolean, Failure>;
  }
>()("@synod/client/KeyValue") {
  /** The service over a client; interrupting an effect cancels its call. */
  static readonly over = (client: KeyValueClient): KeyValue["Service"] => ({
    put: (key, value) => call((signal) => client.put(key, value, { signal })),
    get: (key) => call((signal) => client.get(key, { signal })),
    append: (key, value) => call((signal) => client.append(key, value, { signal })),
    delete: (key) => call((signal) => client.delete(key, { signal })),
    cas: (key, expected, value) => call((signal) => client.cas(key, expected, value, { signal })),
  });
}

const failures = [
  NoQuorum,
  Timeout,
  Overloaded,
  Cancelled,
  SessionExpired,
  CommandRefused,
  UnreadableReply,
  Closed,
  LimitError,
];

function call<Answer>(run: (signal: AbortSignal) => Promise<Answer>): Effect.Effect<Answer, Failure> {
  return Effect.tryPromise({ try: run, catch: (failure) => failure }).pipe(
    Effect.catch((failure) => (isFailure(failure) ? Effect.fail(failure) : Effect.die(failure))),
  );
}

function isFailure(failure: unknown): failure is Failure {
  return failures.some((each) => failure instanceof each);
}
