/**
 * Which requests interfere, and that the order of those that do not makes no difference: not to their replies, and from
 * the next no-op on not to the state.
 */
import { addressOf, type Value } from "@synod/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeAppend,
  encodeCas,
  encodeDelete,
  encodeGet,
  encodeOpen,
  encodePut,
  encodeRead,
  jsonMachine,
  encodeJson,
  newInterference,
  newKeyValueMachine,
  QueryWriter,
  Replica,
  RequestWriter,
} from "../src/index.ts";
import type { ByteWriter } from "@synod/wire";

type Write = (writer: ByteWriter) => void;

const sender = { client: addressOf("client", 9), replyTo: 1 };

function request(session: number, ...commands: readonly Write[]): Value {
  return requestOf(session, 1, commands);
}

function requestOf(session: number, sequence: number, commands: readonly Write[]): Value {
  const writer = new RequestWriter();
  writer.begin({ ...sender, session, sequence, acknowledged: 1 });
  for (const command of commands) writer.add(command);
  return writer.take();
}

function read(...keys: readonly string[]): Value {
  const writer = new QueryWriter();
  writer.begin(1);
  for (const key of keys) writer.add((query) => encodeGet(query, key));
  return encodeRead(sender, writer.take());
}

const put =
  (key: string): Write =>
  (writer) =>
    encodePut(writer, key, "v");
const get =
  (key: string): Write =>
  (writer) =>
    encodeGet(writer, key);

describe("the key-value machine's requests", () => {
  const interfere = newInterference(newKeyValueMachine());

  test.each<[string, Value, Value, boolean]>([
    ["writes of two keys", request(1, put("a")), request(2, put("b")), false],
    ["writes of one key", request(1, put("a")), request(2, put("a")), true],
    ["a write and a read of one key", request(1, put("a")), read("a"), true],
    ["a write and a read of two keys", request(1, put("a")), read("b"), false],
    ["a write and a get of one key", request(1, put("a")), request(2, get("a")), true],
    ["two gets of one key", request(1, get("a")), request(2, get("a")), false],
    ["two reads of one key", read("a"), read("a"), false],
    ["batches that share a written key", request(1, put("a"), put("b")), request(2, get("c"), get("b")), true],
    ["batches that share a read key", request(1, put("a"), get("b")), request(2, put("c"), get("b")), false],
    ["a conditional write and a read", request(1, (w) => encodeCas(w, "a", undefined, "v")), read("a"), true],
    ["two requests of one session", request(1, put("a")), request(1, put("b")), true],
    ["two openings", encodeOpen(sender, 1), encodeOpen(sender, 2), true],
    ["an opening and a request", encodeOpen(sender, 1), request(1, put("a")), true],
    ["an opening and a read", encodeOpen(sender, 1), read("a"), false],
    ["what nobody can read, and a read", Uint8Array.of(1, 2, 3), read("a"), true],
  ])("%s", (_name, one, other, expected) => {
    expect(interfere(one, other)).toBe(expected);
    expect(interfere(other, one)).toBe(expected);
  });
});

test("of a machine that does not say what it touches, only reads commute", () => {
  const machine = jsonMachine<number[]>({
    name: "list/1",
    initial: () => [],
    apply: (list, item) => list.push(Number(item)),
  });
  const interfere = newInterference(machine);
  const add = (session: number): Value => request(session, (writer) => encodeJson(writer, 1));
  expect(interfere(add(1), add(2))).toBe(true);
  expect(interfere(add(1), read("a"))).toBe(true);
  expect(interfere(read("a"), read("a"))).toBe(false);
});

const sessions = 3;
const key = fc.constantFrom("a", "b", "c");
const command: fc.Arbitrary<Write> = fc.oneof(
  key.map(put),
  key.map(get),
  key.map(
    (name): Write =>
      (writer) =>
        encodeAppend(writer, name, "x"),
  ),
  key.map(
    (name): Write =>
      (writer) =>
        encodeDelete(writer, name),
  ),
  key.map(
    (name): Write =>
      (writer) =>
        encodeCas(writer, name, "v", "w"),
  ),
);
const entry: fc.Arbitrary<Value> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: sessions }), fc.integer({ min: 1, max: 2 }), fc.array(command, { maxLength: 3 }))
      .map((of) => requestOf(...of)),
  },
  { weight: 3, arbitrary: fc.array(key, { minLength: 1, maxLength: 2 }).map((keys) => read(...keys)) },
  { weight: 1, arbitrary: fc.nat(99).map((nonce) => encodeOpen(sender, nonce)) },
);

/** What a replica answers to each entry, and its state after a no-op. */
function outcome(entries: readonly Value[]): { readonly replies: ReadonlyMap<Value, string>; readonly digest: number } {
  const replica = new Replica({ machine: newKeyValueMachine(), node: 1, unordered: true });
  const replies = new Map<Value, string>();
  const opened = Array.from({ length: sessions }, (_, nonce) => encodeOpen(sender, 1000 + nonce));
  for (const [index, value] of [...opened, ...entries, new Uint8Array(0)].entries()) {
    replica.apply(index + 1, value, (_client, reply) => replies.set(value, reply.join()));
  }
  return { replies, digest: replica.digest() };
}

test("neighbours that do not interfere may be exchanged", () => {
  const interfere = newInterference(newKeyValueMachine());
  let exchanged = 0;
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 2, maxLength: 12 }),
      fc.array(fc.nat(10), { maxLength: 30 }),
      (entries, places) => {
        const other = [...entries];
        for (const place of places) {
          const [one, two] = [other[place], other[place + 1]];
          if (one === undefined || two === undefined || interfere(one, two)) continue;
          other.splice(place, 2, two, one);
          exchanged += 1;
        }
        expect(outcome(other)).toEqual(outcome(entries));
      },
    ),
    { numRuns: 300 },
  );
  expect(exchanged).toBeGreaterThan(100);
});
