import { addressOf, everyReplica, limits } from "@synod/protocol";
import type { ByteReader, ByteWriter } from "@synod/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encodeAppend,
  encodeGet,
  encodeJson,
  addressRequest,
  encodeOpen,
  encodeRead,
  encodePut,
  KeyValueMachine,
  numberRead,
  QueryWriter,
  readInteger,
  readJson,
  readOk,
  readValue,
  Replica,
  ReplyReader,
  RequestWriter,
  SnapshotMismatch,
  type Reply,
} from "../src/index.ts";
import { newBank } from "./subjects.ts";

const client = addressOf("client", 7);
const reader = new ReplyReader();
type Write = (command: ByteWriter) => void;

function request(session: number, sequence: number, acknowledged: number, ...commands: Write[]): Uint8Array {
  const requests = new RequestWriter();
  requests.begin({ client, replyTo: 1, session, sequence, acknowledged });
  for (const command of commands) requests.add(command);
  return requests.take();
}

const open = (nonce: number): Uint8Array => encodeOpen({ client, replyTo: 1 }, nonce);
const append: Write = (command) => encodeAppend(command, "k", "x");

/** A replica of node 1, and the replies it sent. */
class Host {
  readonly replica = new Replica({ machine: new KeyValueMachine(), node: 1 });
  readonly sent: { readonly client: number; readonly bytes: Uint8Array }[] = [];

  apply(...entries: readonly Uint8Array[]): Reply[] {
    return this.#replies(() => {
      this.replica.apply(this.replica.appliedSlot + 1, Buffer.concat(entries), this.respond);
    });
  }

  query(query: Uint8Array): Reply[] {
    return this.#replies(() => this.replica.query(client, query, this.respond));
  }

  readonly respond = (to: number, bytes: Uint8Array): void => {
    this.sent.push({ client: to, bytes });
  };

  /** What the last reply says about each command. */
  replies<Result>(read: (reply: ByteReader) => Result): (Result | string)[] {
    const results: (Result | string)[] = [];
    reader.read(this.sent.at(-1)?.bytes ?? new Uint8Array(0));
    reader.visit({
      reply: (index, reply) => (results[index] = read(reply)),
      refused: (index, reason) => (results[index] = reason),
    });
    return results;
  }

  #replies(act: () => void): Reply[] {
    const before = this.sent.length;
    act();
    return this.sent.slice(before).map(({ bytes }) => reader.read(bytes));
  }
}

function hostOfSession(): Host {
  const host = new Host();
  host.apply(open(1));
  return host;
}

test("one value carries the entries of many clients, and an empty one is a no-op", () => {
  const host = new Host();
  expect(host.apply()).toEqual([]);
  expect(host.apply(open(11), open(12))).toEqual([
    { kind: "opened", nonce: 11, session: 1 },
    { kind: "opened", nonce: 12, session: 2 },
  ]);
  expect(host.apply(request(1, 1, 1, append), request(2, 1, 1, append, append))).toEqual([
    { kind: "done", session: 1, sequence: 1, count: 1 },
    { kind: "done", session: 2, sequence: 1, count: 2 },
  ]);
  expect(host.replies(readInteger)).toEqual([2, 3]);
  expect(host.sent.every((reply) => reply.client === client)).toBe(true);
  expect(host.replica.appliedSlot).toBe(3);
});

test("a retry is answered from memory and not run again", () => {
  const host = hostOfSession();
  const first = request(1, 1, 1, append);
  host.apply(first);
  const [reply] = host.apply(first);
  expect(reply).toEqual({ kind: "done", session: 1, sequence: 1, count: 1 });
  expect(host.replies(readInteger)).toEqual([1]);
  host.apply(request(1, 2, 2, append));
  expect(host.replies(readInteger)).toEqual([2]);
  expect(host.apply(first)).toEqual([]);
  expect(host.replica.counters).toMatchObject({ commands: 2, repeated: 2 });
});

test("a request that comes early is not run; one that the client gave up never runs", () => {
  const host = hostOfSession();
  expect(host.apply(request(1, 2, 1, append))).toEqual([{ kind: "outOfOrder", session: 1, sequence: 2, expected: 1 }]);
  expect(host.apply(request(1, 3, 3, append))).toEqual([{ kind: "done", session: 1, sequence: 3, count: 1 }]);
  expect(host.apply(request(1, 1, 1, append), request(1, 2, 1, append))).toEqual([]);
  host.query(read(1, (query) => encodeGet(query, "k")));
  expect(host.replies(readValue)).toEqual(["x"]);
  expect(host.replica.counters).toMatchObject({ outOfOrder: 1, repeated: 2 });
});

test("a session that is not open runs nothing", () => {
  const host = hostOfSession();
  const before = host.replica.sessions.size;
  expect(host.apply(request(5, 1, 1, append))).toEqual([{ kind: "expired", session: 5, sequence: 1 }]);
  expect(host.replica.counters).toMatchObject({ commands: 0, expired: 1 });
  expect(host.replica.sessions.size).toBe(before);
});

test("only the replica of the node that is asked to answers, and all remember", () => {
  const host = hostOfSession();
  const first = request(1, 1, 1, append);
  addressRequest(first, { client, replyTo: 2, session: 1, sequence: 1, acknowledged: 1 });
  expect(host.apply(first)).toEqual([]);
  addressRequest(first, { client, replyTo: 1, session: 1, sequence: 1, acknowledged: 1 });
  expect(host.apply(first)).toEqual([{ kind: "done", session: 1, sequence: 1, count: 1 }]);
  expect(host.replica.counters.commands).toBe(1);
});

test("the session used longest ago makes room for a new one", () => {
  const host = new Host();
  for (let i = 0; i < limits.sessions; i++) host.apply(open(i));
  host.apply(request(1, 1, 1, append));
  host.apply(open(0));
  expect(host.replica.sessions.size).toBe(limits.sessions);
  expect(host.apply(request(1, 2, 2, append))[0]?.kind).toBe("done");
  expect(host.apply(request(2, 1, 1, append))).toEqual([{ kind: "expired", session: 2, sequence: 1 }]);
});

test("past the limit of outstanding requests the oldest reply is forgotten, and a retry of it is told so", () => {
  const host = hostOfSession();
  for (let sequence = 1; sequence <= limits.sessionRequests + 1; sequence++)
    host.apply(request(1, sequence, 1, append));
  expect(host.apply(request(1, 1, 1, append))).toEqual([{ kind: "expired", session: 1, sequence: 1 }]);
  expect(host.apply(request(1, 2, 1, append))).toEqual([{ kind: "done", session: 1, sequence: 2, count: 1 }]);
  expect(host.replica.counters.commands).toBe(limits.sessionRequests + 1);
});

test("the replies remembered are bounded in bytes: the session used longest ago goes first", () => {
  const host = hostOfSession();
  host.apply(open(2));
  const get: Write = (command) => encodeGet(command, "k");
  host.apply(request(1, 1, 1, (command) => encodePut(command, "k", "v".repeat(limits.storedBytes))));
  const most = Array.from({ length: 8 }, () => get);
  for (let sequence = 1; sequence <= 40; sequence++) host.apply(request(2, sequence, 1, ...most));
  expect(host.replica.sessions.sizeBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
  expect(host.replica.sessions.size).toBe(1);
  const other = new Host();
  other.replica.restore(host.replica.snapshot());
  expect(other.replica.sessions.sizeBytes).toBe(host.replica.sessions.sizeBytes);
  expect(host.apply(request(1, 2, 2, get))[0]?.kind).toBe("expired");
  expect(host.apply(request(2, 40, 1, ...most))[0]?.kind).toBe("done");
});

test("once the replies fill a message the rest of the request is refused, not run", () => {
  const host = hostOfSession();
  const get: Write = (command) => encodeGet(command, "k");
  host.apply(request(1, 1, 1, (command) => encodePut(command, "k", "v".repeat(limits.storedBytes))));
  const commands = [...Array.from({ length: 20 }, () => get), (c: ByteWriter) => encodePut(c, "k", "late")];
  host.apply(request(1, 2, 2, ...commands));
  expect(host.sent.at(-1)?.bytes.length).toBeLessThan(limits.answerBytes + limits.storedBytes + 4096);
  expect(host.replies(readValue).at(-1)).toBe("no room for its reply");
  host.query(read(1, get));
  expect(host.replies(readValue)[0]?.length).toBe(limits.storedBytes);
});

test("a malformed command is refused by itself; the others run", () => {
  const host = hostOfSession();
  const bad: Write = (command) => command.u8(77);
  expect(host.apply(request(1, 1, 1, append, bad, append))[0]).toMatchObject({ kind: "done", count: 3 });
  expect(host.replies(readInteger)).toEqual([1, "command kind at byte 0: expected 0 to 4, got 77", 2]);
  expect(host.replica.counters.refused).toBe(1);
});

test("a malformed entry is passed over and counted; what follows runs", () => {
  const host = hostOfSession();
  const good = request(1, 1, 1, append);
  const miscounted = request(1, 1, 1, append);
  miscounted[37] = 2;
  const unknown = request(1, 1, 1, append);
  unknown[4] = 9;
  const nobody = request(1, 1, 1, append);
  nobody.fill(0, 5, 9);
  const longer = Buffer.concat([request(1, 1, 1, append), Uint8Array.of(0)]);
  longer.writeUInt32LE(longer.length - 4);
  const last = request(1, 1, 1, append);
  new DataView(last.buffer, last.byteOffset).setBigUint64(21, 2n ** 53n - 1n, true);
  expect(host.apply(miscounted, unknown, nobody, longer, last, good)).toEqual([
    { kind: "done", session: 1, sequence: 1, count: 1 },
  ]);
  expect(host.replica.counters).toMatchObject({ malformed: 5, commands: 1 });
});

test("after a size that cannot be, the rest of a value is passed over", () => {
  const host = hostOfSession();
  const tooLong = Uint8Array.of(255, 0, 0, 0, 1);
  expect(host.apply(request(1, 1, 1, append), tooLong)).toHaveLength(1);
  expect(host.apply(Uint8Array.of(1, 2))).toEqual([]);
  expect(host.apply(request(1, 2, 2, append).subarray(0, -1))).toEqual([]);
  expect(host.replica.counters).toMatchObject({ malformed: 3, commands: 1 });
});

test("values are applied in slot order, each once", () => {
  const { replica, respond } = hostOfSession();
  expect(() => replica.apply(1, new Uint8Array(0), respond)).toThrow(RangeError);
  expect(() => replica.apply(3, new Uint8Array(0), respond)).toThrow(RangeError);
  expect(replica.appliedSlot).toBe(1);
});

function read(sequence: number, ...queries: Write[]): Uint8Array {
  const writer = new QueryWriter();
  writer.begin(sequence);
  for (const query of queries) writer.add(query);
  return writer.take();
}

test("a read answers each query and changes nothing", () => {
  const host = hostOfSession();
  host.apply(request(1, 1, 1, append));
  const digest = host.replica.digest();
  const replies = host.query(
    read(
      42,
      (query) => encodeGet(query, "k"),
      append,
      (query) => encodeGet(query, "none"),
    ),
  );
  expect(replies).toEqual([{ kind: "read", sequence: 42, count: 3 }]);
  expect(host.replies(readValue)).toEqual(["x", "query kind at byte 0: expected get, 4, got 1", undefined]);
  expect(host.query(read(43, append).subarray(0, 15))).toEqual([]);
  expect(host.replica.counters.malformed).toBe(1);
  expect(host.replica.digest()).toBe(digest);
});

test("a read that is chosen is answered at its place in the log, by the replica that it asks, or by each", () => {
  const host = hostOfSession();
  const query = read(
    42,
    (command) => encodeGet(command, "k"),
    (command) => encodeGet(command, "none"),
  );
  const readOf = (replyTo: number) => encodeRead({ client, replyTo }, query);
  expect(host.apply(request(1, 1, 1, append), readOf(1), request(1, 2, 2, append), readOf(everyReplica))).toEqual([
    { kind: "done", session: 1, sequence: 1, count: 1 },
    { kind: "read", sequence: 42, count: 2 },
    { kind: "done", session: 1, sequence: 2, count: 1 },
    { kind: "read", sequence: 42, count: 2 },
  ]);
  expect(host.replies(readValue)).toEqual(["xx", undefined]);
  expect(host.apply(readOf(2))).toEqual([]);
  const other = new Host();
  other.replica.restore(host.replica.snapshot());
  host.apply(readOf(1));
  other.apply(readOf(2));
  expect(host.replica.digest()).toBe(other.replica.digest());
});

test("a chosen read that is not well formed is passed over", () => {
  const host = hostOfSession();
  const short = encodeRead({ client, replyTo: 1 }, read(42, append).subarray(0, 15));
  expect(host.apply(short)).toEqual([]);
  expect(host.replica.counters.malformed).toBe(1);
});

test("a whole request and a whole read are addressed anew as if they had been begun so", () => {
  const again = request(1, 1, 1, append);
  addressRequest(again, { client, replyTo: 1, session: 2 ** 40, sequence: 7, acknowledged: 5 });
  expect(again).toEqual(request(2 ** 40, 7, 5, append));
  const asked = read(1, append);
  numberRead(asked, 2 ** 33);
  expect(asked).toEqual(read(2 ** 33, append));
});

test("a command that fails while it is written is not in the request", () => {
  const requests = new RequestWriter();
  requests.begin({ client, replyTo: 1, session: 1, sequence: 1, acknowledged: 1 });
  requests.add(append);
  const size = requests.sizeBytes;
  expect(() => requests.add((command) => encodePut(command, "k".repeat(2000), ""))).toThrow();
  expect([requests.count, requests.sizeBytes]).toEqual([1, size]);
  expect(requests.take()).toEqual(request(1, 1, 1, append));
});

test("a snapshot brings back sessions, replies and state, from any cuts", () => {
  const host = hostOfSession();
  host.apply(open(2), request(1, 1, 1, append), request(1, 2, 1, append));
  const bytes = Buffer.concat([...host.replica.snapshot()]);
  for (const size of [1, 5, 100, bytes.length]) {
    const other = new Host();
    other.apply(open(9));
    other.replica.restore(cuts(bytes, size));
    expect(other.replica.digest()).toBe(host.replica.digest());
    expect(other.replica.sessions.sizeBytes).toBe(host.replica.sessions.sizeBytes);
    expect(other.apply(request(1, 1, 1, append))).toEqual([{ kind: "done", session: 1, sequence: 1, count: 1 }]);
    expect(other.replies(readInteger)).toEqual([1]);
    expect(other.apply(open(3))).toEqual([{ kind: "opened", nonce: 3, session: 3 }]);
    expect(other.replica.appliedSlot).toBe(4);
  }
});

function* cuts(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

test("a snapshot shows nothing of what is applied while it is taken", () => {
  const host = hostOfSession();
  host.apply(request(1, 1, 1, append));
  const digest = host.replica.digest();
  const parts: Uint8Array[] = [];
  const snapshot = host.replica.snapshot();
  host.apply(open(5), request(1, 2, 2, append));
  for (const part of snapshot) {
    parts.push(part);
    host.apply(open(6));
  }
  const other = new Host();
  other.replica.restore(parts);
  expect(other.replica.digest()).toBe(digest);
  expect(host.replica.digest()).not.toBe(digest);
});

test("a snapshot of another machine or version, or no snapshot, is refused and changes nothing", () => {
  const host = hostOfSession();
  const before = host.replica.digest();
  const bank = new Replica({ machine: newBank(), node: 1 });
  expect(() => host.replica.restore(bank.snapshot())).toThrowError(
    expect.objectContaining({ name: "SnapshotMismatch", field: "machine", found: "bank/1", expected: "kv/1" }),
  );
  const bytes = Buffer.concat([...host.replica.snapshot()]);
  expect(() => host.replica.restore([Buffer.from(bytes).fill(7, 4, 5)])).toThrow(/version: expected 1, found 7/);
  const unknown = (): void => host.replica.restore([Buffer.from("not a snapshot")]);
  expect(unknown).toThrow(SnapshotMismatch);
  expect(unknown).toThrow(/^snapshot mark/);
  expect(host.replica.digest()).toBe(before);
});

test("a snapshot that is cut short anywhere is refused and changes nothing", () => {
  const host = hostOfSession();
  host.apply(request(1, 1, 1, append));
  const bytes = Buffer.concat([...host.replica.snapshot()]);
  const other = new Host();
  const before = other.replica.digest();
  for (let size = 0; size < bytes.length; size++) {
    const short = cuts(bytes.subarray(0, size), 5);
    expect(() => other.replica.restore(short)).toThrowError(
      expect.objectContaining({ name: "DecodeError", offset: size, expected: expect.stringMatching(/more bytes$/) }),
    );
  }
  expect(() => other.replica.restore([bytes, Uint8Array.of(0)])).toThrowError(/expected the end/);
  expect(other.replica.digest()).toBe(before);
});

test("no bytes stop a replica, and all replicas make the same of them", () => {
  const entry = fc.constantFrom(open(3), request(1, 1, 1, append), request(1, 2, 1, append), request(2, 1, 2));
  const change = fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(entry, fc.array(change, { maxLength: 2 })), { maxLength: 4 }), (entries) => {
      const value = Buffer.concat(
        entries.map(([bytes, changes]) => {
          const changed = Buffer.from(bytes);
          for (const [at, byte] of changes) if (at < changed.length) changed[at] = byte;
          return changed;
        }),
      );
      const [one, other] = [hostOfSession(), hostOfSession()];
      one.apply(value);
      other.apply(value);
      expect(one.replica.digest()).toBe(other.replica.digest());
      one.query(value);
    }),
    { numRuns: 500 },
  );
});

test("a reply that is not whole is refused before any of it is visited", () => {
  const host = hostOfSession();
  host.apply(request(1, 1, 1, append, append));
  for (const { bytes } of host.sent) {
    for (let size = 0; size < bytes.length; size++) {
      expect(() => reader.read(bytes.subarray(0, size))).toThrowError(expect.objectContaining({ name: "DecodeError" }));
    }
    expect(() => reader.read(Buffer.concat([bytes, Uint8Array.of(0)]))).toThrow(/expected the end/);
  }
  expect(() => reader.read(Uint8Array.of(9))).toThrow(/reply kind/);
  host.apply(request(1, 2, 2, (command) => encodePut(command, "k", "v")));
  expect(host.replies(readOk)).toEqual([undefined]);
});

test("a JSON machine refuses what its check refuses, with the reason, and answers the rest", () => {
  const replica = new Replica({ machine: newBank(), node: 1 });
  const results: unknown[] = [];
  const respond = (_client: number, bytes: Uint8Array): void => {
    if (reader.read(bytes).kind === "opened") return;
    reader.visit({
      reply: (_index, reply) => results.push(readJson(reply)),
      refused: (_index, reason) => results.push(reason),
    });
  };
  replica.apply(1, open(1), respond);
  const transfer = (amount: unknown) => (command: ByteWriter) =>
    encodeJson(command, { from: "vault", to: "é", amount });
  const notJson: Write = (command) => command.rawText("{");
  replica.apply(2, request(1, 1, 1, transfer(400), transfer("all"), notJson, transfer(700)), respond);
  replica.query(
    client,
    read(1, (query) => encodeJson(query, undefined)),
    respond,
  );
  expect(results).toEqual([
    { ok: true, balance: 600 },
    "command at byte 0: expected from, to and amount",
    expect.stringMatching(/^JSON at byte 0: expected /),
    { ok: false, balance: 600 },
    { accounts: { vault: 600, é: 400 } },
  ]);
});
