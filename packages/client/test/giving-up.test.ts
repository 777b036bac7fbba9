import { limits } from "@synod/protocol";
import { expect, test } from "vitest";
import { Cancelled, NoQuorum, Overloaded, Timeout } from "../src/index.ts";
import { countedSignal } from "./counted-signal.ts";
import { nodesOf, requests, ScriptedCluster, ticketOf } from "./scripted-cluster.ts";

function opened(): ScriptedCluster {
  const cluster = new ScriptedCluster();
  cluster.open();
  return cluster;
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((failure: unknown) => failure);

test("a redirect is followed at once, with what went the same wrong way", () => {
  const cluster = opened();
  void cluster.put("a", "1");
  const [first] = cluster.turn();
  void cluster.put("b", "2");
  const [second] = cluster.turn();
  const again = cluster.answer({ kind: "Redirect", sequence: ticketOf(first), leader: 3 });
  expect(nodesOf(again)).toEqual([3, 3]);
  expect(requests(again).map(({ sequence, replyTo }) => [sequence, replyTo])).toEqual([
    [2, 3],
    [3, 3],
  ]);
  // The second one's redirect names a try that is over.
  expect(cluster.answer({ kind: "Redirect", sequence: ticketOf(second), leader: 3 })).toEqual([]);
});

test("a redirect to nobody asks the next proposer, soon", () => {
  const cluster = opened();
  void cluster.put("a", "1");
  const [first] = cluster.turn();
  expect(cluster.answer({ kind: "Redirect", sequence: ticketOf(first), leader: 0 })).toEqual([]);
  expect(nodesOf(cluster.wait(50))).toEqual([2]);
});

test("an opening that is redirected goes to the leader", () => {
  const cluster = new ScriptedCluster();
  void cluster.put("a", "1");
  const [opening] = cluster.turn();
  expect(nodesOf(cluster.answer({ kind: "Redirect", sequence: ticketOf(opening), leader: 2 }))).toEqual([2]);
});

test("a query that is redirected goes to the leader", () => {
  const cluster = new ScriptedCluster();
  void cluster.get("a");
  const [read] = cluster.turn();
  expect(nodesOf(cluster.answer({ kind: "Redirect", sequence: ticketOf(read), leader: 2 }))).toEqual([2]);
});

test("without an answer until the deadline a call fails with Timeout, the others go on", async () => {
  const cluster = opened();
  const short = failureOf(cluster.put("a", "1", { deadlineMs: 100 }));
  let settled = false;
  void cluster.put("b", "2").finally(() => (settled = true));
  cluster.turn();
  cluster.wait(99);
  expect(cluster.session.outstanding).toBe(2);
  cluster.wait(2);
  expect(await short).toEqual(new Timeout({ afterMs: 101 }));
  expect(settled).toBe(false);
  expect(cluster.session.outstanding).toBe(1);
});

test("the deadline is 5 s unless told, for queries too", async () => {
  const cluster = new ScriptedCluster();
  const get = failureOf(cluster.get("a"));
  cluster.turn();
  cluster.wait(4999);
  expect(cluster.session.outstanding).toBe(1);
  cluster.wait(2);
  expect(await get).toBeInstanceOf(Timeout);
});

test.each([Number.NaN, -1])("a deadline of %d ms is refused", async (deadlineMs) => {
  const cluster = opened();
  await expect(cluster.put("a", "1", { deadlineMs })).rejects.toThrow(RangeError);
  expect(cluster.session.outstanding).toBe(0);
});

test("a call that waits for its session fails at its deadline as well, and the opening is given up", async () => {
  const cluster = new ScriptedCluster();
  const put = failureOf(cluster.put("a", "1", { deadlineMs: 100 }));
  cluster.turn();
  cluster.wait(101);
  expect(await put).toBeInstanceOf(Timeout);
  expect(cluster.wait(300)).toEqual([]);
  void cluster.put("b", "2");
  expect(cluster.turn()).toHaveLength(1);
});

test("when proposers reach no quorum until the deadline, the error says how many answered", async () => {
  const cluster = opened();
  const put = failureOf(cluster.put("a", "1", { deadlineMs: 1000 }));
  let [sent] = cluster.turn();
  const asked: number[] = [];
  while (sent !== undefined && cluster.session.outstanding > 0) {
    asked.push(...nodesOf([sent]));
    cluster.answer({ kind: "NoQuorum", sequence: ticketOf(sent), reachable: 1, needed: 2 });
    const again = cluster.wait(50);
    [sent] = again;
  }
  // One after the other, not one again and again.
  expect(asked.slice(0, 4)).toEqual([1, 2, 3, 1]);
  const failure = await put;
  expect(failure).toBeInstanceOf(NoQuorum);
  expect(failure).toMatchObject({ reachable: 1, needed: 2 });
  expect(failure).toHaveProperty(
    "message",
    expect.stringMatching(/^no quorum: 1 of 2 needed acceptors answer, .*10\d\d ms/),
  );
});

test("a NoQuorum while the session opens is said of what waits for it", async () => {
  const cluster = new ScriptedCluster();
  const put = failureOf(cluster.put("a", "1", { deadlineMs: 100 }));
  const [opening] = cluster.turn();
  cluster.answer({ kind: "NoQuorum", sequence: ticketOf(opening), reachable: 1, needed: 2 });
  cluster.wait(101);
  expect(await put).toBeInstanceOf(NoQuorum);
});

test("an answer ends the suspicion: what is given up later is a Timeout", async () => {
  const cluster = opened();
  const answered = cluster.put("a", "1");
  const [first] = cluster.turn();
  cluster.answer({ kind: "NoQuorum", sequence: ticketOf(first), reachable: 1, needed: 2 });
  cluster.answer(...cluster.choose(...cluster.wait(50)));
  await answered;
  const put = failureOf(cluster.put("b", "2", { deadlineMs: 100 }));
  cluster.turn();
  cluster.wait(101);
  expect(await put).toBeInstanceOf(Timeout);
});

test("a leader that is full is asked again, and at the deadline it is Overloaded", async () => {
  const cluster = opened();
  const put = failureOf(cluster.put("a", "1", { deadlineMs: 100 }));
  for (let [sent] = cluster.turn(); sent !== undefined; [sent] = cluster.wait(45)) {
    expect(nodesOf([sent])).toEqual([1]);
    cluster.answer({ kind: "Overloaded", sequence: ticketOf(sent) });
  }
  const error = await put;
  expect(error).toBeInstanceOf(Overloaded);
  // A second copy of a try may still be on its way.
  expect(error).toMatchObject({ mayTakeEffect: true });
});

test("what was once sent and not answered may have run: at the deadline it is no Overloaded", async () => {
  const cluster = opened();
  const put = failureOf(cluster.put("a", "1", { deadlineMs: 400 }));
  cluster.turn();
  const [second] = cluster.wait(260);
  cluster.answer({ kind: "Overloaded", sequence: ticketOf(second) });
  cluster.answer({ kind: "Overloaded", sequence: ticketOf(second) });
  cluster.wait(20);
  cluster.wait(200);
  expect(await put).toBeInstanceOf(Timeout);
});

test("a leader that steps down redirects what it may have proposed: at the deadline it is no Overloaded", async () => {
  const cluster = opened();
  const put = failureOf(cluster.put("a", "1", { deadlineMs: 100 }));
  const [first] = cluster.turn();
  const [second] = cluster.answer({ kind: "Redirect", sequence: ticketOf(first), leader: 2 });
  cluster.answer({ kind: "Overloaded", sequence: ticketOf(second) });
  cluster.wait(101);
  expect(await put).toBeInstanceOf(Timeout);
});

test("past the limit of calls that wait, a call fails at once with Overloaded and the others go on", async () => {
  const cluster = opened();
  const waiting = Array.from({ length: limits.clientCommands }, (_, index) => cluster.put(`k${index}`, "v"));
  await expect(cluster.put("one too many", "v")).rejects.toBeInstanceOf(Overloaded);
  for (let sent = cluster.turn(); sent.length > 0;) sent = cluster.answer(...cluster.choose(...sent));
  await Promise.all(waiting);
  const next = cluster.put("room again", "v");
  cluster.answer(...cluster.choose(...cluster.turn()));
  await next;
});

test("a signal that has fired before the call sends nothing", async () => {
  const cluster = opened();
  await expect(cluster.put("a", "1", { signal: AbortSignal.abort("why") })).rejects.toEqual(
    new Cancelled({ reason: "why" }),
  );
  expect(cluster.turn()).toEqual([]);
  expect(cluster.session.outstanding).toBe(0);
});

test("a signal that fires before the turn takes the call out: a request of nobody is not sent", async () => {
  const cluster = opened();
  const controller = new AbortController();
  const put = failureOf(cluster.put("a", "1", { signal: controller.signal }));
  controller.abort();
  expect(await put).toBeInstanceOf(Cancelled);
  expect(cluster.turn()).toEqual([]);
  expect(cluster.ticking).toBe(false);
});

test("a signal that fires after sending gives up this call alone", async () => {
  const cluster = opened();
  const controller = new AbortController();
  const put = failureOf(cluster.put("a", "1", { signal: controller.signal }));
  const other = cluster.put("b", "2");
  const sent = cluster.turn();
  controller.abort();
  expect(await put).toBeInstanceOf(Cancelled);
  cluster.answer(...cluster.choose(...sent));
  await other;
});

test("a signal that fires after the answer changes nothing, and is not listened to any more", async () => {
  const cluster = opened();
  const { signal, listeners } = countedSignal();
  const put = cluster.put("a", "1", { signal });
  expect(listeners()).toBe(1);
  cluster.answer(...cluster.choose(...cluster.turn()));
  await put;
  expect(listeners()).toBe(0);
});

test("a signal of a call that fails otherwise is not listened to either", async () => {
  const cluster = opened();
  const { signal, listeners } = countedSignal();
  await failureOf(cluster.put("k".repeat(limits.keyBytes + 1), "v", { signal }));
  expect(listeners()).toBe(0);
  const put = failureOf(cluster.put("a", "1", { signal, deadlineMs: 10 }));
  expect(listeners()).toBe(1);
  cluster.wait(11);
  await put;
  expect(listeners()).toBe(0);
});
