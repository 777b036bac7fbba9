/**
 * The scenarios of Fast Paxos: what each is there to show.
 */
import { describe, expect, test } from "vitest";
import type { Trace } from "../src/index.ts";
import { flow, play } from "./play.ts";

const run = (name: string): Trace => play("fast", name);
const ofKind = ({ messages }: Trace, kind: string) => messages.filter((message) => message.kind === kind);
/** When the first request was sent, and when each client was answered. */
const delays = (trace: Trace) => {
  const asked = Math.min(...ofKind(trace, "Request").map(({ at }) => at));
  return ofKind(trace, "Response").map(({ at }) => at - asked);
};
const ballotsOf = (trace: Trace, kind: string) => [...new Set(ofKind(trace, kind).map(({ ballot }) => ballot))];

test("the leader says Any once to each acceptor, for all slots that nothing constrains", () => {
  const trace = run("any");
  expect(flow(trace.messages)).toMatchObject({
    "Prepare: proposer to acceptor": 4,
    "Promised: acceptor to proposer": 4,
    "Any: proposer to acceptor": 4,
  });
  expect(ofKind(trace, "Any").every(({ fromSlot }) => fromSlot === 1)).toBe(true);
});

test.each(["no-failure", "acceptor-fails"])("%s: two message delays from the client to the learners", (name) => {
  const trace = run(name);
  // Request at 0, Accepted at 1; a learner that has the votes answers at 2.
  expect(delays(trace)).toEqual([2]);
  const votes = name === "no-failure" ? 4 : 3;
  expect(flow(trace.messages)).toMatchObject({
    "Request: client to acceptor": votes,
    "Accepted: acceptor to proposer": votes,
    "Accepted: acceptor to learner": 4 * votes,
    "Response: learner to client": 1,
  });
  expect(ofKind(trace, "Accept")).toEqual([]);
  expect(trace.outcome.chosen).toEqual(["2: A"]);
  for (const learned of Object.values(trace.outcome.learned)) expect(learned).toEqual(["2: A"]);
});

describe("a collision", () => {
  test("coordinated: the leader proposes in the next ballot without a phase 1, two delays more", () => {
    const trace = run("collision-coordinated");
    expect(ofKind(trace, "Prepare")).toEqual([]);
    expect(ballotsOf(trace, "Accepted")).toEqual([5, 6]);
    expect(ballotsOf(trace, "Accept")).toEqual([6]);
    expect(delays(trace)).toEqual([4, 5]);
    expect(trace.outcome.chosen).toEqual(["3: A", "4: B"]);
  });

  test("uncoordinated: the acceptors vote in the next ballot by themselves, one delay more", () => {
    const trace = run("collision-uncoordinated");
    expect([...ofKind(trace, "Prepare"), ...ofKind(trace, "Accept")]).toEqual([]);
    expect(ballotsOf(trace, "Accepted")).toEqual([7, 8]);
    expect(delays(trace)[0]).toBe(3);
    const recovered = ofKind(trace, "Accepted").filter(({ ballot, slot }) => ballot === 8 && slot === 3);
    expect(new Set(recovered.map(({ from }) => from)).size).toBe(4);
    expect(new Set(recovered.map(({ value }) => value)).size).toBe(1);
    // B lost both slots, and is not lost.
    expect(trace.outcome.chosen.at(-1)).toBe("5: B");
  });

  test("that leaves a fast quorum needs no recovery", () => {
    const trace = run("outvoted");
    expect(ballotsOf(trace, "Accepted")).toEqual([5]);
    expect(delays(trace)).toEqual([2, 3]);
    expect(trace.outcome.chosen).toEqual(["3: A", "4: B"]);
  });
});

test("a new leader picks what may have been chosen, and opens only behind it", () => {
  const trace = run("leader-fails");
  const reports = ofKind(trace, "Promised").map(({ accepted }) => JSON.stringify(accepted));
  expect(reports.filter((report) => report.includes("A")).length).toBeGreaterThan(1);
  expect(reports.filter((report) => report.includes("B"))).toHaveLength(1);
  const accepts = ofKind(trace, "Accept").filter(({ slot }) => slot === 3);
  expect(new Set(accepts.map(({ value }) => value))).toEqual(new Set(["A"]));
  const recovered = Math.max(...ofKind(trace, "Accept").map(({ slot }) => Number(slot)));
  expect(ofKind(trace, "Any").every(({ fromSlot }) => Number(fromSlot) === recovered + 1)).toBe(true);
  expect(trace.outcome.chosen[0]).toBe("3: A");
});

test("a request that came to two acceptors only is in one slot when it comes again", () => {
  const trace = run("lost-request");
  expect(trace.outcome.chosen).toEqual(["2: A"]);
  expect(flow(trace.messages)["Request: proposer to acceptor"]).toBe(4);
});

test("too few acceptors: a classic term finishes what was begun, and orders what comes", () => {
  const trace = run("too-few-acceptors");
  expect(ofKind(trace, "Any")).toEqual([]);
  const [classic] = ballotsOf(trace, "Prepare");
  const ordered = ofKind(trace, "Accept").filter(({ ballot }) => ballot === classic);
  expect(ordered.filter(({ slot }) => slot === 2).every(({ value }) => value === "A")).toBe(true);
  expect(flow(trace.messages)["Request: acceptor to proposer"]).toBeGreaterThan(0);
  expect(trace.outcome.chosen.slice(0, 2)).toEqual(["2: A", "3: B"]);
});

test("frequent collisions: classic for a while, and then fast again", () => {
  const trace = run("frequent-collisions");
  const [classic, fast] = ballotsOf(trace, "Prepare");
  expect(Number(classic) % 5).toBe(4);
  expect(Number(fast) % 5).toBe(0);
  expect(trace.outcome.chosen).toEqual(["3: A", "4: B", "5: C + D", "6: E"]);
  expect(ofKind(trace, "Accepted").at(-1)?.["ballot"]).toBe(fast);
});

test("collapsed roles send the same messages, and between the roles of a node no time passes", () => {
  const trace = run("collapsed-roles");
  const counts = flow(trace.messages);
  for (const [step, count] of Object.entries(flow(run("no-failure").messages))) {
    if (!step.startsWith("Heartbeat")) expect(counts[step], step).toBe(count);
  }
  const inNode = trace.messages.filter(
    ({ from, to }) => from.split(" ")[1] === to.split(" ")[1] && !/client/.test(from + to),
  );
  expect(inNode.every(({ at, arrives }) => arrives === at)).toBe(true);
});

test("a learner that was down learns from the logs, of which its own knows least", () => {
  const trace = run("catch-up");
  expect(trace.outcome.learned["learner 4"]).toEqual(["2: A"]);
  expect(ofKind(trace, "CatchUp")[0]).toMatchObject({ from: "learner 4", to: "acceptor 4" });
});
