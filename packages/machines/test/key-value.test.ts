import { limits } from "@synod/protocol";
import { ByteReader, ByteWriter } from "@synod/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encodeAppend,
  encodeCas,
  encodeDelete,
  encodeGet,
  encodePut,
  KeyValueMachine,
  LimitError,
  readInteger,
  readOk,
  readValue,
} from "../src/index.ts";

/** A machine and what its client sees of it. */
class Store {
  readonly machine = new KeyValueMachine();

  put = (key: string, value: string): void => this.#apply((c) => encodePut(c, key, value), readOk);
  get = (key: string): string | undefined => this.#apply((c) => encodeGet(c, key), readValue);
  append = (key: string, value: string): number => this.#apply((c) => encodeAppend(c, key, value), readInteger);
  delete = (key: string): number => this.#apply((c) => encodeDelete(c, key), readInteger);
  cas = (key: string, expected: string | undefined, value: string): number =>
    this.#apply((c) => encodeCas(c, key, expected, value), readInteger);

  #apply<Reply>(write: (command: ByteWriter) => void, read: (reply: ByteReader) => Reply): Reply {
    const [command, reply] = [new ByteWriter(), new ByteWriter()];
    write(command);
    this.machine.apply(new ByteReader(command.take()), reply);
    const reader = new ByteReader(reply.take());
    const result = read(reader);
    reader.end("reply");
    return result;
  }
}

function restored(parts: Iterable<Uint8Array>): Store {
  const store = new Store();
  store.machine.restore(parts);
  return store;
}

/** UTF-8, so that lengths are as the machine counts them. */
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

const keys = fc.constantFrom("", "a", "b", "key", "é", "日本", "😀", "\ufeffmarked", "k".repeat(limits.keyBytes));
const values = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom("", "x", "\ufeffmarked", "v".repeat(3000)),
);
const operations = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), key: keys, value: values }),
  fc.record({ kind: fc.constant("append" as const), key: keys, value: values }),
  fc.record({ kind: fc.constant("delete" as const), key: keys }),
  fc.record({
    kind: fc.constant("cas" as const),
    key: keys,
    expected: fc.option(values, { nil: undefined }),
    value: values,
  }),
  fc.record({ kind: fc.constant("casHeld" as const), key: keys, value: values }),
);
type Operation = typeof operations extends fc.Arbitrary<infer T> ? T : never;

/** What it must answer, by a plain map. */
function byModel(model: Map<string, string>, operation: Operation): unknown {
  const { key } = operation;
  const held = model.get(key);
  switch (operation.kind) {
    case "put":
      model.set(key, operation.value);
      return undefined;
    case "append":
      model.set(key, (held ?? "") + operation.value);
      return bytesOf((held ?? "") + operation.value);
    case "delete":
      return model.delete(key) ? 1 : 0;
    case "cas":
      if (held === operation.expected) model.set(key, operation.value);
      return held === operation.expected ? 1 : 0;
    case "casHeld":
      model.set(key, operation.value);
      return 1;
  }
}

function byStore(store: Store, operation: Operation): unknown {
  switch (operation.kind) {
    case "put":
      return store.put(operation.key, operation.value);
    case "append":
      return store.append(operation.key, operation.value);
    case "delete":
      return store.delete(operation.key);
    case "cas":
      return store.cas(operation.key, operation.expected, operation.value);
    case "casHeld":
      return store.cas(operation.key, store.get(operation.key), operation.value);
  }
}

function expectSame(store: Store, model: ReadonlyMap<string, string>): void {
  expect(store.machine.size).toBe(model.size);
  for (const [key, value] of model) expect(store.get(key)).toBe(value);
}

test("it answers as a plain map does, and so do its snapshots, taken and read at any point", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(operations, fc.nat({ max: 5 })), { maxLength: 60 }), (steps) => {
      const store = new Store();
      const model = new Map<string, string>();
      const open: { parts: Uint8Array[]; rest: Iterator<Uint8Array>; model: Map<string, string> }[] = [];
      for (const [operation, choice] of steps) {
        if (choice === 0) open.push({ parts: [], rest: store.machine.snapshot(), model: new Map(model) });
        if (choice === 1) open.forEach(({ rest, parts }) => parts.push(...next(rest)));
        expect(byStore(store, operation)).toEqual(byModel(model, operation));
      }
      expectSame(store, model);
      for (const { parts, rest, model: then } of open) {
        for (let more = next(rest); more.length > 0; more = next(rest)) parts.push(...more);
        expectSame(restored(parts), then);
      }
    }),
    { numRuns: 200 },
  );
});

function next(parts: Iterator<Uint8Array>): Uint8Array[] {
  const part = parts.next();
  return part.done === true ? [] : [part.value];
}

/** Enough for several parts, so that the snapshot is under way while commands change what it has and has not reached. */
test("a snapshot of many parts shows its instant only", () => {
  const store = new Store();
  const value = "v".repeat(200);
  for (let i = 0; i < 5000; i++) store.put(`key${i}`, value + i);
  const whole = [...store.machine.snapshot()];
  expect(whole.length).toBeGreaterThan(5);
  const parts: Uint8Array[] = [];
  let i = 0;
  for (const part of store.machine.snapshot()) {
    parts.push(part);
    for (const end = i + 600; i < end; i++) {
      store.delete(`key${(i * 7) % 5000}`);
      store.put(`key${(i * 11) % 5000}`, "changed");
      store.append(`new${i}`, "x");
    }
  }
  expect(Buffer.concat(parts).equals(Buffer.concat(whole))).toBe(true);
  expect(Buffer.concat([...store.machine.snapshot()]).equals(Buffer.concat(whole))).toBe(false);
});

test("a snapshot under way outlives a restore, which replaces the state it shows", () => {
  const store = new Store();
  store.put("k", "old");
  const snapshot = store.machine.snapshot();
  const empty = new Store();
  empty.put("other", "1");
  store.machine.restore(empty.machine.snapshot());
  store.put("k", "new");
  store.put("other", "2");
  const then = restored(snapshot);
  expect(then.get("k")).toBe("old");
  expect(then.get("other")).toBeUndefined();
  expect([store.get("k"), store.get("other")]).toEqual(["new", "2"]);
});

test("the same keys give the same snapshot, however they came", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 40 }), fc.nat(), (names, turn) => {
      const [one, other] = [new Store(), new Store()];
      for (const name of names) one.put(name, name);
      const from = turn % (names.length + 1);
      other.put("gone", "x");
      for (const name of [...names.slice(from), ...names.slice(0, from)]) other.put(name, name);
      if (!names.includes("gone")) other.delete("gone");
      expect(Buffer.concat([...other.machine.snapshot()])).toEqual(Buffer.concat([...one.machine.snapshot()]));
    }),
  );
});

test("cas of an absent key needs the absence to be expected", () => {
  const store = new Store();
  expect(store.cas("k", "", "1")).toBe(0);
  expect(store.get("k")).toBeUndefined();
  expect(store.cas("k", undefined, "1")).toBe(1);
  expect(store.cas("k", undefined, "2")).toBe(0);
  expect(store.get("k")).toBe("1");
});

test("what is over a limit is refused before it is sent, and names the limit", () => {
  const store = new Store();
  const [longKey, longValue] = ["é".repeat(limits.keyBytes / 2 + 1), "v".repeat(limits.storedBytes + 1)];
  for (const act of [
    () => store.put(longKey, ""),
    () => store.append(longKey, ""),
    () => store.delete(longKey),
    () => store.cas(longKey, undefined, ""),
    () => store.get(longKey),
  ]) {
    expect(act).toThrowError(
      expect.objectContaining({ name: "LimitError", limit: "keyBytes", limitBytes: 1024, sizeBytes: 1026 }),
    );
  }
  for (const act of [
    () => store.put("k", longValue),
    () => store.append("k", longValue),
    () => store.cas("k", undefined, longValue),
    () => store.cas("k", longValue, ""),
  ]) {
    expect(act).toThrowError(expect.objectContaining({ limit: "storedBytes", sizeBytes: limits.storedBytes + 1 }));
  }
  expect(store.machine.size).toBe(0);
});

test("an append that would pass the limit is refused by the machine and changes nothing", () => {
  const store = new Store();
  const most = "v".repeat(limits.storedBytes);
  store.put("k", most);
  expect(() => store.append("k", "x")).toThrow(LimitError);
  expect(store.append("k", "")).toBe(limits.storedBytes);
  expect(store.get("k")).toBe(most);
});

test("a client's limits are not trusted: the machine checks them again", () => {
  const machine = new KeyValueMachine();
  const apply = (write: (command: ByteWriter) => void): ByteReader => {
    const [command, reply] = [new ByteWriter(), new ByteWriter()];
    write(command);
    machine.apply(new ByteReader(command.take()), reply);
    return new ByteReader(reply.take());
  };
  const put = (key: string, value: string) => (command: ByteWriter) => {
    command.u8(0);
    command.text(key);
    command.rawText(value);
  };
  expect(() => apply(put("k".repeat(limits.keyBytes + 1), ""))).toThrowError(/^key at byte 1: expected at most 1024/);
  const tooLong = "v".repeat(limits.storedBytes + 1);
  expect(() => readOk(apply(put("k", tooLong)))).toThrow(LimitError);
  const cas: (command: ByteWriter) => void = (command) => {
    command.u8(3);
    command.text("k");
    command.u8(0);
    command.rawText(tooLong);
  };
  expect(() => readInteger(apply(cas))).toThrow(LimitError);
  expect(machine.size).toBe(0);
});

test("text comes back as it was given, whatever its bytes", () => {
  const store = new Store();
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (key, value) => {
      store.put(key, value);
      expect(store.get(key)).toBe(value);
    }),
  );
  store.put("surrogate", "\ud800");
  expect(store.get("surrogate")).toBe("\ufffd");
});
