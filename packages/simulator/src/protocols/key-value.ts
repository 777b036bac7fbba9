/**
 * What clients ask of the key-value machine: few hot keys, so that they get in each other's way, and values that are
 * never written twice, so that every answer says which write it saw.
 */
import {
  encodeAppend,
  encodeCas,
  encodeDelete,
  encodeGet,
  encodePut,
  readInteger,
  readOk,
  readValue,
} from "@synod/machines";
import type { Model } from "../world/history.ts";
import type { Operation, Workload } from "../world/workload.ts";

type Stored = string | undefined;

const keys = ["a", "b", "c"];

/** One key of a key-value store, one operation at a time. */
export const keyValueModel: Model = {
  initial: undefined,
  apply(state, f, asked) {
    const stored = state as Stored;
    switch (f) {
      case "get":
        return { state, answer: stored };
      case "put":
        return { state: asked, answer: "ok" };
      case "append": {
        const value = `${stored ?? ""}${String(asked)}`;
        return { state: value, answer: value.length };
      }
      case "delete":
        return { state: undefined, answer: stored === undefined ? 0 : 1 };
      default: {
        const [expected, value] = asked as readonly [Stored, string];
        return stored === expected ? { state: value, answer: 1 } : { state, answer: 0 };
      }
    }
  },
  sameAnswer: (expected, given) => expected === given,
  keyOf: (state) => (state === undefined ? "" : `=${String(state)}`),
};

/** Keeps values short: appending to one for ever would make the later part of a run slower than the earlier. */
export const keyValueWorkload: Workload = {
  model: keyValueModel,
  next(randomness, unique): Operation {
    const key = randomness.pick(keys);
    const token = `${unique};`;
    const luck = randomness.next();
    if (luck < 0.35) return operation("query", "get", key, undefined, (writer) => encodeGet(writer, key), readValue);
    if (luck < 0.6) {
      return operation("command", "append", key, token, (writer) => encodeAppend(writer, key, token), readInteger);
    }
    if (luck < 0.85) {
      const done = (reader: Parameters<typeof readOk>[0]): string => {
        readOk(reader);
        return "ok";
      };
      return operation("command", "put", key, token, (writer) => encodePut(writer, key, token), done);
    }
    if (luck < 0.9)
      return operation("command", "delete", key, undefined, (writer) => encodeDelete(writer, key), readInteger);
    return operation(
      "command",
      "cas",
      key,
      [undefined, token],
      (writer) => encodeCas(writer, key, undefined, token),
      readInteger,
    );
  },
};

function operation(
  kind: Operation["kind"],
  f: string,
  key: string,
  value: unknown,
  encode: Operation["encode"],
  decode: Operation["decode"],
): Operation {
  return { kind, f, key, value, encode, decode };
}
