import { limits } from "@synod/protocol";
import { encodePut, LimitError, readInteger, readOk } from "@synod/machines";
import { expect, test } from "vitest";
import { Closed, CommandRefused, SessionExpired, UnreadableReply } from "../src/index.ts";
import { nodesOf, requests, ScriptedCluster } from "./scripted-cluster.ts";

/** How a promise that has been settled was settled: "pending" when it was not. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([
    promise.catch((failure: unknown) => failure),
    new Promise((resolve) => setImmediate(() => resolve("pending"))),
  ]);
}

test("what is called while the session opens is kept, and goes out as one request", async () => {
  const cluster = new ScriptedCluster();
  const puts = [cluster.put("a", "1"), cluster.put("b", "2"), cluster.put("c", "3")];
  expect(cluster.wakes).toBe(1);
  const opening = cluster.turn();
  expect(opening).toHaveLength(1);
  puts.push(cluster.put("d", "4"));
  expect(cluster.turn()).toEqual([]);
  const sent = cluster.answer(...cluster.choose(...opening));
  expect(requests(sent)).toEqual([{ session: 1, sequence: 1, acknowledged: 1, count: 4, replyTo: 1 }]);
  cluster.answer(...cluster.choose(...sent));
  await Promise.all(puts);
  expect(cluster.session.outstanding).toBe(0);
});

test("what is called before the paths are there goes out when they are", async () => {
  const cluster = new ScriptedCluster({ started: false });
  const put = cluster.put("a", "1");
  expect(cluster.turn()).toEqual([]);
  cluster.session.start();
  expect(cluster.wakes).toBe(1);
  const opening = cluster.turn();
  const sent = cluster.answer(...cluster.choose(...opening));
  cluster.answer(...cluster.choose(...sent));
  await put;
});

test("a batch per turn; so many requests under way and no more, in order", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const puts: Promise<void>[] = [];
  for (let i = 1; i <= 6; i++) {
    puts.push(cluster.put("k", String(i)));
    cluster.turn();
  }
  expect(requests(cluster.sent).map(({ sequence }) => sequence)).toEqual([2, 3, 4, 5]);
  const rest = cluster.answer(...cluster.choose(...cluster.sent.slice(0, 1)));
  // What waited meanwhile travels together.
  expect(requests(rest)).toEqual([{ session: 1, sequence: 6, acknowledged: 3, count: 2, replyTo: 1 }]);
  cluster.answer(...cluster.choose(...cluster.sent.slice(1)));
  await Promise.all(puts);
  const get = cluster.get("k");
  cluster.answer(...cluster.choose(...cluster.turn()));
  expect(await get).toBe("6");
});

test("queries need no session, and are answered apart from commands", async () => {
  const cluster = new ScriptedCluster();
  const gets = [cluster.get("a"), cluster.get("b")];
  const sent = cluster.turn();
  expect(sent.map(({ message }) => message.kind)).toEqual(["Read"]);
  cluster.answer(...cluster.choose(...sent));
  expect(await Promise.all(gets)).toEqual([undefined, undefined]);
});

test("what is not answered is sent again, in order, to the next proposer and another learner", () => {
  const cluster = new ScriptedCluster({ random: () => 0 });
  cluster.open();
  void cluster.put("a", "1");
  cluster.turn();
  void cluster.put("b", "2");
  void cluster.get("a");
  cluster.turn();
  expect(nodesOf(cluster.sent)).toEqual([1, 1, 1]);
  expect(cluster.wait(240)).toEqual([]);
  const again = cluster.wait(20);
  expect(requests(again).map(({ sequence, replyTo }) => [sequence, replyTo])).toEqual([
    [2, 2],
    [3, 2],
  ]);
  expect(nodesOf(again)).toEqual([2, 2, 2]);
});

test("a request that ran twice is answered once, from memory", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const append = cluster.session.command((writer) => encodePut(writer, "a", "1"), readOk);
  const first = cluster.turn();
  cluster.choose(...first);
  const second = cluster.wait(300);
  const answers = cluster.choose(...second);
  expect(answers).toHaveLength(1);
  cluster.answer(...answers, ...answers);
  await append;
  expect(cluster.session.outstanding).toBe(0);
});

test("the session's opening is sent again too, and a second answer to it changes nothing", async () => {
  const cluster = new ScriptedCluster();
  const put = cluster.put("a", "1");
  const first = cluster.turn();
  const second = cluster.wait(300);
  expect(nodesOf(second)).toEqual([2]);
  const answers = cluster.choose(...first, ...second);
  expect(answers).toHaveLength(2);
  const sent = cluster.answer(...answers);
  expect(requests(sent).map(({ session }) => session)).toEqual([1]);
  cluster.answer(...cluster.choose(...sent));
  await put;
});

test("requests that came out of order are sent again, with those before them", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const puts = [cluster.put("a", "1")];
  const first = cluster.turn();
  puts.push(cluster.put("a", "2"));
  const second = cluster.turn();
  const [outOfOrder] = cluster.choose(...second);
  expect(outOfOrder).toBeDefined();
  cluster.answer(...(outOfOrder === undefined ? [] : [outOfOrder]));
  // Well before what is not answered would be sent again.
  const again = cluster.wait(50);
  expect(requests(again).map(({ sequence }) => sequence)).toEqual([2, 3]);
  cluster.answer(...cluster.choose(...first, ...again));
  await Promise.all(puts);
});

test("an expired session fails what was under way, and what waits goes out in a new one", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  cluster.crowd(limits.sessions);
  const lost = cluster.put("a", "1");
  const sent = cluster.turn();
  const kept: Promise<void>[] = [];
  for (let i = 0; i < 3; i++) {
    kept.push(cluster.put("b", String(i)));
    cluster.turn();
  }
  const waiting = cluster.put("c", "1");
  cluster.turn();
  const opening = cluster.answer(...cluster.choose(...sent));
  expect(await outcome(lost)).toBeInstanceOf(SessionExpired);
  for (const one of kept) expect(await outcome(one)).toBeInstanceOf(SessionExpired);
  const again = cluster.answer(...cluster.choose(...opening));
  expect(requests(again)).toMatchObject([{ sequence: 1, acknowledged: 1, count: 1 }]);
  expect(requests(again)[0]?.session).toBeGreaterThan(1);
  cluster.answer(...cluster.choose(...again));
  await waiting;
});

test("a late answer to the old session does not end the new one", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  cluster.crowd(limits.sessions);
  const lost = cluster.put("a", "1");
  const sent = cluster.turn();
  const waiting = cluster.put("c", "1");
  const answers = cluster.choose(...sent);
  const opening = cluster.answer(...answers);
  expect(await outcome(lost)).toBeInstanceOf(SessionExpired);
  const again = cluster.answer(...cluster.choose(...opening), ...answers);
  cluster.answer(...answers, ...cluster.choose(...again));
  await waiting;
});

test("a later request acknowledges past one that was given up, which will never run", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const lost = cluster.put("a", "lost", { deadlineMs: 100 });
  const late = cluster.turn();
  const kept = cluster.put("a", "kept");
  cluster.turn();
  const failed = outcome(lost);
  cluster.wait(120);
  expect(await failed).toHaveProperty("_tag", "Timeout");
  const again = cluster.wait(200);
  expect(requests(again)).toMatchObject([{ sequence: 3, acknowledged: 3 }]);
  cluster.answer(...cluster.choose(...again));
  await kept;
  // The lost one arrives at last.
  expect(cluster.choose(...late)).toEqual([]);
  const get = cluster.get("a");
  cluster.answer(...cluster.choose(...cluster.turn()));
  expect(await get).toBe("kept");
});

test.each([
  ["no bytes", new Uint8Array(0)],
  ["an unknown kind", Uint8Array.of(200, 1, 2, 3)],
  ["a reply cut short", Uint8Array.of(1, 0, 0, 0)],
])("a reply of %s is counted and taken for lost", async (_name, reply) => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const put = cluster.put("a", "1");
  const sent = cluster.turn();
  expect(() => cluster.answer({ kind: "Response", reply })).not.toThrow();
  expect(cluster.session.counters.malformedReplies).toBe(1);
  expect(await outcome(put)).toBe("pending");
  cluster.answer(...cluster.choose(...sent));
  await put;
});

test("a reply that the codec does not read fails its own call alone", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const wrong = cluster.session.command((writer) => encodePut(writer, "a", "1"), readInteger);
  const right = cluster.put("b", "2");
  cluster.answer(...cluster.choose(...cluster.turn()));
  await right;
  expect(await outcome(wrong)).toBeInstanceOf(UnreadableReply);
});

test("a command that the machine refuses fails with its reason", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const unknown = cluster.session.command((writer) => writer.u8(250), readOk);
  cluster.answer(...cluster.choose(...cluster.turn()));
  const failure = await outcome(unknown);
  expect(failure).toBeInstanceOf(CommandRefused);
  expect(failure).toHaveProperty("message", expect.stringContaining("kind"));
});

test("what is too large is a rejected promise, and leaves its batch, the counts and the ticks unharmed", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const before = cluster.put("a", "1");
  const largeKey = cluster.put("k".repeat(limits.keyBytes + 1), "v");
  const largeValue = cluster.put("k", "v".repeat(limits.storedBytes + 1));
  const after = cluster.put("b", "2");
  expect(cluster.session.outstanding).toBe(2);
  for (const one of [largeKey, largeValue]) expect(await outcome(one)).toBeInstanceOf(LimitError);
  const sent = cluster.turn();
  expect(requests(sent)).toMatchObject([{ count: 2 }]);
  cluster.answer(...cluster.choose(...sent));
  await Promise.all([before, after]);
  expect(cluster.ticking).toBe(false);
});

test("a first call that is too large asks for nothing", async () => {
  const cluster = new ScriptedCluster();
  expect(await outcome(cluster.put("k".repeat(limits.keyBytes + 1), "v"))).toBeInstanceOf(LimitError);
  expect(cluster.ticking).toBe(false);
  expect(cluster.turn()).toEqual([]);
  expect(await outcome(cluster.get("k".repeat(limits.keyBytes + 1)))).toBeInstanceOf(LimitError);
  expect(cluster.turn()).toEqual([]);
});

test("a command that no request holds is refused here: no leader would take it", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const bytes = new Uint8Array(limits.valueBytes);
  const large = cluster.session.command((writer) => writer.raw(bytes), readOk);
  expect(await outcome(large)).toMatchObject({ name: "LimitError", limit: "valueBytes" });
  expect(cluster.turn()).toEqual([]);
});

test("a command that does not fit beside the others begins a request of its own", () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  void cluster.put("small", "v".repeat(1000));
  const bytes = new Uint8Array(limits.valueBytes - 100);
  void cluster.session.command((writer) => writer.raw(bytes), readOk);
  void cluster.put("small", "2");
  const sent = cluster.turn();
  expect(requests(sent).map(({ count }) => count)).toEqual([1, 1, 1]);
  for (const { message } of sent) {
    if (message.kind === "Request") expect(message.command.length).toBeLessThanOrEqual(limits.valueBytes);
  }
});

test("closing fails what is outstanding, once, and what is called afterwards", async () => {
  const cluster = new ScriptedCluster();
  cluster.open();
  const sent = cluster.put("a", "1");
  cluster.turn();
  const get = cluster.get("a");
  cluster.turn();
  const waiting = cluster.put("b", "2");
  cluster.session.close();
  cluster.session.close();
  for (const one of [sent, get, waiting, cluster.put("c", "3"), cluster.get("c")]) {
    expect(await outcome(one)).toBeInstanceOf(Closed);
  }
  expect(cluster.ticking).toBe(false);
  expect(cluster.turn()).toEqual([]);
  expect(cluster.wait(1000)).toEqual([]);
});

test("ticks are asked for while something is outstanding, and only then", async () => {
  const cluster = new ScriptedCluster();
  expect(cluster.ticking).toBe(false);
  const put = cluster.put("a", "1");
  expect(cluster.ticking).toBe(true);
  const get = cluster.get("a");
  const [open, read] = cluster.turn();
  cluster.answer(
    ...cluster.choose(...(read === undefined ? [] : [read])),
    ...cluster.choose(...(open === undefined ? [] : [open])),
  );
  expect(cluster.ticking).toBe(true);
  cluster.answer(...cluster.choose(...cluster.sent.slice(2)));
  await Promise.all([put, get]);
  expect(cluster.ticking).toBe(false);
});
