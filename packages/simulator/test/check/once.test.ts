/**
 * Every acknowledged command survives and runs once: logs, replicas and clients that keep to it, and that do not.
 */
import { describe, expect, test } from "vitest";
import { addressOf } from "@synod/protocol";
import { encodeOpen, encodePut, newKeyValueMachine, Replica, RequestWriter } from "@synod/machines";
import { ByteReader, ByteWriter } from "@synod/wire";
import { AskedRequests } from "../../src/check/asked.ts";
import { readEntries, showValue } from "../../src/check/entries.ts";
import { OnceChecker } from "../../src/check/once.ts";
import { WatchedMachine } from "../../src/check/watched-machine.ts";
import { newReports, value, type Reported } from "./reports.ts";

const client = addressOf("client", 7);

function open(nonce: number): Uint8Array {
  return encodeOpen({ client, replyTo: 1 }, nonce);
}

function command(text: string): Uint8Array {
  const writer = new ByteWriter();
  encodePut(writer, "k", text);
  return writer.take();
}

function request(session: number, sequence: number, ...texts: readonly string[]): Uint8Array {
  const writer = new RequestWriter();
  writer.begin({ client, replyTo: 1, session, sequence, acknowledged: 1 });
  for (const text of texts) writer.add((each) => encodePut(each, "k", text));
  return writer.take();
}

class Stage {
  readonly reports: readonly Reported[];
  readonly checker: OnceChecker;
  readonly #machine = new WatchedMachine(newKeyValueMachine());
  readonly replies: Uint8Array[] = [];
  replica: Replica;
  #chosen = 0;

  constructor() {
    const { reports, report } = newReports();
    this.reports = reports;
    this.checker = new OnceChecker(report);
    this.replica = this.newReplica();
  }

  /** One that remembers nothing. */
  newReplica(): Replica {
    return new Replica({ machine: this.#machine, node: 1 });
  }

  choose(...entries: readonly Uint8Array[]): void {
    this.#chosen += 1;
    this.checker.chosen(this.#chosen, new Uint8Array(Buffer.concat(entries)));
  }

  apply(slot: number, ...entries: readonly Uint8Array[]): void {
    this.replica.apply(slot, new Uint8Array(Buffer.concat(entries)), (_, reply) => void this.replies.push(reply));
    this.checker.applied(1, slot, this.#machine.takeApplied());
  }

  /** A client asks for commands; they are chosen in the next slot, and applied. */
  run(slot: number, ...entries: readonly Uint8Array[]): void {
    this.choose(...entries);
    this.apply(slot, ...entries);
  }

  get broken(): readonly string[] {
    return this.reports.map(({ checker }) => checker);
  }

  get messages(): readonly string[] {
    return this.reports.map(({ message }) => message);
  }
}

/** Session 1 is open, and its request 1 has put "a" in slot 2. */
function put(): Stage {
  const stage = new Stage();
  stage.checker.asks(command("a"));
  stage.run(1, open(5));
  stage.run(2, request(1, 1, "a"));
  return stage;
}

const empty = new Uint8Array(0);

/** What the state machine answers to a put. */
function putAnswer(): Uint8Array {
  const writer = new ByteWriter();
  newKeyValueMachine().apply(new ByteReader(command("a")), writer);
  return writer.take();
}

test("requests that run once, in order, whatever is repeated", () => {
  const stage = put();
  for (const text of ["b", "c"]) stage.checker.asks(command(text));
  stage.run(3, request(1, 1, "a"), request(1, 3, "c"));
  stage.run(4, request(1, 2, "b"), request(1, 3, "c"), request(9, 1, "x"));
  stage.run(5);
  for (const reply of stage.replies) stage.checker.responds(1, reply);
  stage.checker.isTold(command("a"), putAnswer());
  stage.checker.isTold(command("c"), putAnswer());
  expect(stage.reports).toEqual([]);
  expect(stage.checker.repeated).toBe(1);
});

describe("replicas", () => {
  test("a session table that is forgotten: a retry runs twice", () => {
    const stage = put();
    stage.choose(request(1, 1, "a"));
    stage.replica = stage.newReplica();
    stage.replica.apply(1, open(6), () => undefined);
    stage.replica.apply(2, empty, () => undefined);
    stage.apply(3, request(1, 1, "a"));
    expect(stage.messages).toEqual([
      "node 1 runs 1 commands at slot 3, by the chosen log no request runs with 0; session 1 request 1 ran at slot 2 before",
    ]);
  });

  test("a request that is passed over", () => {
    const stage = put();
    stage.checker.asks(command("b"));
    stage.choose(request(1, 2, "b"));
    stage.apply(3);
    expect(stage.broken).toEqual(["once"]);
  });

  test("an answer to what never ran, or another than it gave", () => {
    const stage = put();
    const [, done = empty] = stage.replies;
    const other = new Stage();
    other.run(1, open(5));
    other.checker.responds(1, done);
    expect(other.messages).toEqual(["node 1 answers session 1 request 1, which runs nowhere in the chosen log"]);

    stage.checker.responds(1, done);
    expect(stage.reports).toEqual([]);
    const changed = done.slice();
    // Its command was refused, says the reply now.
    changed[21] = 1;
    stage.checker.responds(1, changed);
    expect(stage.messages).toEqual(["node 1 answers session 1 request 1 otherwise than when it ran at slot 2"]);
  });

  test("a session that is forgotten, or that another client has", () => {
    const stage = put();
    const forgetful = stage.newReplica();
    forgetful.apply(1, empty, () => undefined);
    forgetful.apply(2, request(1, 1, "a"), (_, reply) => stage.checker.responds(1, reply));
    expect(stage.messages).toEqual(["node 1 has forgotten session 1"]);
    const twofold = stage.newReplica();
    twofold.apply(1, open(99), (_, reply) => stage.checker.responds(1, reply));
    expect(stage.messages.slice(1)).toEqual(["node 1 gives out session 1, which is not the client's"]);
  });
});

describe("clients", () => {
  test("a retry under another number runs twice", () => {
    const stage = put();
    stage.run(3, request(1, 2, "a"));
    expect(stage.messages).toEqual([
      "a command that was asked for once runs 2 times: session 1 request 1 ran at slot 2, then session 1 request 2 ran at slot 3",
    ]);
  });

  test("the same command asked for twice may run twice", () => {
    const stage = put();
    stage.checker.asks(command("a"));
    stage.run(3, request(1, 2, "a"));
    expect(stage.reports).toEqual([]);
  });

  test("a command is acknowledged that runs nowhere", () => {
    const stage = put();
    stage.checker.asks(command("b"));
    stage.checker.isTold(command("b"), empty);
    expect(stage.messages).toEqual(["clients are told 1 answers to a command that has run 0 times"]);
  });

  test("a client is told the answer to something else", () => {
    const stage = put();
    stage.checker.isTold(command("a"), value("other"));
    expect(stage.broken).toEqual(["once"]);
  });
});

describe("values", () => {
  test("are shown as what they are", () => {
    const joined = new Uint8Array(Buffer.concat([open(5), request(3, 7, "a", "b")]));
    expect(showValue(joined)).toBe(`the opening of a session by client ${client} and session 3 request 7`);
    expect([showValue(empty), showValue(value("??????"))]).toEqual(["a no-op", "6 bytes that are no requests"]);
    expect(readEntries(joined)[1]).toMatchObject({ kind: "request", commands: [command("a"), command("b")] });
  });

  test("are made of requests as clients sent them", () => {
    const asked = new AskedRequests();
    const sent = request(1, 1, "a");
    asked.asks(sent);
    asked.asks(open(5));
    const joined = new Uint8Array(Buffer.concat([open(5), sent]));
    expect([asked.unasked(joined), asked.unasked(empty)]).toEqual([undefined, undefined]);
    // The client writes its header anew, and the bytes that it sent before are what was asked for.
    sent[5] = 99;
    expect(asked.unasked(joined)).toBeUndefined();
    expect(asked.unasked(request(1, 1, "b"))).toBe("session 1 request 1");
    expect(asked.unasked(value("???????"))).toBe("7 bytes that are no requests");
  });

  test("that hold no requests cannot be chosen", () => {
    const stage = new Stage();
    stage.choose(value("???????"));
    expect(stage.broken).toEqual(["validity"]);
  });
});
