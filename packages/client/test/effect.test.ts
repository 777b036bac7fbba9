import { LimitError } from "@synod/machines";
import { Cause, Effect, Exit, Fiber } from "effect";
import { expect, test } from "vitest";
import {
  Cancelled,
  Closed,
  CommandRefused,
  KeyValue,
  KeyValueClient,
  NoQuorum,
  Overloaded,
  SessionExpired,
  Timeout,
  UnreadableReply,
  type CallOptions,
} from "../src/index.ts";
import { connectToOneNode } from "./one-node.ts";

/** A client whose puts do what the test says. */
class ScriptedClient extends KeyValueClient {
  readonly #put: (signal: AbortSignal | undefined) => Promise<void>;

  constructor(put: (signal: AbortSignal | undefined) => Promise<void>) {
    const { connection } = connectToOneNode();
    connection.close();
    super(connection);
    this.#put = put;
  }

  override put(_key: string, _value: string, options?: CallOptions): Promise<void> {
    return this.#put(options?.signal);
  }
}

test.each([
  new NoQuorum({ reachable: 1, needed: 2, afterMs: 3 }),
  new Timeout({ afterMs: 1 }),
  new Overloaded({ message: "full", mayTakeEffect: false }),
  new Cancelled({ reason: "why" }),
  new SessionExpired(),
  new CommandRefused({ message: "no" }),
  new UnreadableReply({ message: "no", cause: undefined }),
  new Closed(),
  new LimitError("keyBytes", 5000),
])("the failure $name is in the type of an effect", async (failure) => {
  const store = KeyValue.over(new ScriptedClient(() => Promise.reject(failure)));
  expect(await Effect.runPromise(Effect.flip(store.put("a", "1")))).toBe(failure);
});

test("anything else is a defect", async () => {
  const store = KeyValue.over(new ScriptedClient(() => Promise.reject(new TypeError("a bug"))));
  const exit = await Effect.runPromiseExit(store.put("a", "1"));
  expect(Exit.isFailure(exit) && Cause.hasDies(exit.cause)).toBe(true);
});

test("interrupting an effect cancels its call", async () => {
  let signal: AbortSignal | undefined;
  const store = KeyValue.over(
    new ScriptedClient((given) => {
      signal = given;
      return new Promise(() => undefined);
    }),
  );
  await Effect.runPromise(
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(store.put("a", "1"), { startImmediately: true });
      expect(signal?.aborted).toBe(false);
      yield* Fiber.interrupt(fiber);
    }),
  );
  expect(signal?.aborted).toBe(true);
});

test("every operation, as effects", async () => {
  using client = new KeyValueClient(connectToOneNode().connection);
  const store = KeyValue.over(client);
  const answers = await Effect.runPromise(
    Effect.all([
      store.put("a", "1"),
      store.get("a"),
      store.append("a", "2"),
      store.cas("a", "12", "3"),
      store.delete("a"),
      store.get("a"),
    ]),
  );
  expect(answers).toEqual([undefined, "1", 2, true, true, undefined]);
});
