/**
 * What clients ask of the key-value machine: few hot keys, so that they get in each other's way, and values that are
 * never written twice, so that every answer says which write it saw.
 */
import { encodeAppend, encodeCas, encodeDelete, encodeGet, encodePut, readInteger, readOk } from "@synod/machines";
import { readValue } from "@synod/machines";
import type { ByteReader } from "@synod/wire";
import type { Operation, Workload } from "../world/workload.ts";
import { keyValueModel } from "./key-value-model.ts";

const keys = ["a", "b", "c"];

/** Keeps values short: appending to one for ever would make the later part of a run slower than the earlier. */
export const keyValueWorkload: Workload = {
  model: keyValueModel,
  next(randomness, unique): Operation {
    const key = randomness.pick(keys);
    const token = `${unique};`;
    const luck = randomness.next();
    if (luck < 0.35) return get(key);
    if (luck < 0.6) return append(key, token);
    if (luck < 0.85) return put(key, token);
    if (luck < 0.9) return remove(key);
    return putIfAbsent(key, token);
  },
};

const get = (key: string): Operation => ({
  kind: "query",
  f: "get",
  key,
  value: null,
  encode: (writer) => encodeGet(writer, key),
  decode: readValue,
});

const append = (key: string, token: string): Operation => ({
  kind: "command",
  f: "append",
  key,
  value: token,
  encode: (writer) => encodeAppend(writer, key, token),
  decode: readInteger,
});

const put = (key: string, token: string): Operation => ({
  kind: "command",
  f: "put",
  key,
  value: token,
  encode: (writer) => encodePut(writer, key, token),
  decode: readDone,
});

const remove = (key: string): Operation => ({
  kind: "command",
  f: "delete",
  key,
  value: null,
  encode: (writer) => encodeDelete(writer, key),
  decode: readInteger,
});

const putIfAbsent = (key: string, token: string): Operation => ({
  kind: "command",
  f: "cas",
  key,
  value: [null, token],
  encode: (writer) => encodeCas(writer, key, undefined, token),
  decode: readInteger,
});

function readDone(reader: ByteReader): string {
  readOk(reader);
  return "ok";
}
