/** How a session uses protocols in which no single leader takes requests, or no single learner is believed. */
import { addressOf, roleOf, showAddress, type Access, type ServiceMessage } from "@synod/protocol";
import { expect, test } from "vitest";
import { nodesOf, requests, ScriptedCluster, ticketOf, type Sent } from "./scripted-cluster.ts";

const toAcceptors: Access = {
  nodes: [1, 2],
  requests: "acceptors",
  acceptors: [1, 2, 3],
  reads: "logged",
  answers: 1,
  requestsUnderWay: 1,
};
const unbelieving: Access = { ...toAcceptors, requests: "proposers", answers: 2 };

function open(access: Access): ScriptedCluster {
  const cluster = new ScriptedCluster({ access });
  cluster.open();
  return cluster;
}

/** One of the copies of what was sent to several. */
const once = ([first]: readonly Sent[]): readonly Sent[] => (first === undefined ? [] : [first]);

function says(cluster: ScriptedCluster, node: number, messages: readonly ServiceMessage[]): readonly Sent[] {
  for (const message of messages) cluster.session.post(addressOf("learner", node), message);
  return cluster.turn();
}

test("a request goes to every acceptor, and to a proposer as well once it is late", async () => {
  const cluster = open(toAcceptors);
  const put = cluster.put("a", "1");
  const sent = cluster.turn();
  expect(sent.map(({ to }) => showAddress(to))).toEqual(["acceptor 1", "acceptor 2", "acceptor 3"]);
  const again = cluster.wait(300);
  expect(again.map(({ to }) => roleOf(to))).toEqual(["acceptor", "acceptor", "acceptor", "proposer"]);
  cluster.answer(...cluster.choose(...once(again)));
  await put;
});

test("no more requests are under way than the protocol bears", async () => {
  const cluster = open(toAcceptors);
  const first = cluster.put("a", "1");
  const sent = cluster.turn();
  const second = cluster.put("a", "2");
  expect(cluster.turn()).toEqual([]);
  const next = cluster.answer(...cluster.choose(...once(sent)));
  expect(requests(once(next))).toMatchObject([{ sequence: 3 }]);
  cluster.answer(...cluster.choose(...once(next)));
  await Promise.all([first, second]);
});

test("a read goes through the log, as a request", async () => {
  const cluster = open(toAcceptors);
  const get = cluster.get("opening");
  const sent = cluster.turn();
  expect(sent.map(({ message }) => message.kind)).toEqual(["Request", "Request", "Request"]);
  cluster.answer(...cluster.choose(...once(sent)));
  expect(await get).toBe("x");
});

test("an answer is believed when so many learners give the same", async () => {
  const cluster = new ScriptedCluster({ access: unbelieving });
  const put = cluster.put("a", "1");
  const opening = cluster.turn();
  expect(nodesOf(opening)).toEqual([1, 2]);
  const opened = cluster.choose(...once(opening));
  expect(says(cluster, 1, opened)).toEqual([]);
  // Twice the same learner is one.
  expect(says(cluster, 1, opened)).toEqual([]);
  const sent = says(cluster, 2, opened);
  expect(requests(sent)).toMatchObject([{ replyTo: 0 }, { replyTo: 0 }]);
  const done = cluster.choose(...once(sent));
  says(cluster, 1, done);
  expect(cluster.session.outstanding).toBe(1);
  // Neither another client nor a node of no such cluster is a witness.
  for (const from of [addressOf("client", 2), addressOf("proposer", 2), addressOf("learner", 9)]) {
    for (const message of done) cluster.session.post(from, message);
    cluster.turn();
  }
  expect(cluster.session.outstanding).toBe(1);
  says(cluster, 2, done);
  await put;
});

test("a learner that says something else does not count, nor what it said before", () => {
  const lied = new ScriptedCluster({ access: unbelieving });
  void lied.put("a", "1").catch(() => undefined);
  const [first] = lied.turn();
  const right = lied.choose(...(first === undefined ? [] : [first]));
  const other = lied.choose(...(first === undefined ? [] : [first]));
  expect(right).not.toEqual(other);
  says(lied, 1, right);
  says(lied, 1, other);
  expect(says(lied, 2, right)).toEqual([]);
  expect(requests(says(lied, 2, other))).toMatchObject([{ sequence: 1 }, { sequence: 1 }]);
  lied.session.close();
});

test("where every proposer is asked, one that redirects changes nothing at once", () => {
  const cluster = open({ ...unbelieving, answers: 1 });
  void cluster.put("a", "1").catch(() => undefined);
  const sent = cluster.turn();
  const redirect: ServiceMessage = { kind: "Redirect", sequence: ticketOf(sent[0]), leader: 2 };
  expect(cluster.answer(redirect, redirect, redirect)).toEqual([]);
  expect(nodesOf(cluster.wait(50))).toEqual([1, 2]);
  cluster.session.close();
});

test("a read that was sent again is answered by what answers the first try", async () => {
  const cluster = open(toAcceptors);
  const get = cluster.get("opening");
  const first = cluster.turn();
  const again = cluster.wait(300);
  expect(ticketOf(again[0])).not.toBe(ticketOf(first[0]));
  cluster.answer(...cluster.choose(...once(first)));
  expect(await get).toBe("x");
  expect(cluster.session.outstanding).toBe(0);
});
