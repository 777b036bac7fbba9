/**
 * The scenarios of Multi-Paxos: what each is there to show.
 */
import { describe, expect, test } from "vitest";
import type { Trace, TracedMessage } from "../src/index.ts";
import { flow, play } from "./play.ts";

const run = (name: string): Trace => play("multi", name);
const ofKind = ({ messages }: Trace, kind: string) => messages.filter((message) => message.kind === kind);
const proposals = (trace: Trace, slot: number) => ofKind(trace, "Accept").filter((accept) => accept["slot"] === slot);
const valuesOf = (messages: readonly TracedMessage[]) => new Set(messages.map(({ value }) => value));
const leads = ({ notes }: Trace) => notes.filter(({ text }) => text.endsWith("leads")).map(({ text }) => text);

const phase1 = ["Probe", "ProbeReply", "Prepare", "Promised", "Rejected"];
const electionOf = (trace: Trace) => trace.messages.filter(({ kind }) => phase1.includes(kind));

test("the first leader prepares once, for all slots", () => {
  const trace = run("first-leader");
  expect(flow(electionOf(trace))).toEqual({
    "Probe: proposer to acceptor": 3,
    "ProbeReply: acceptor to proposer": 3,
    "Prepare: proposer to acceptor": 3,
    "Promised: acceptor to proposer": 3,
  });
  expect(ofKind(trace, "Prepare").every(({ fromSlot }) => fromSlot === 1)).toBe(true);
});

test("in the steady state there is no phase 1: Request, Accept, Accepted, Response", () => {
  const trace = run("steady-state");
  expect(electionOf(trace)).toEqual([]);
  expect(flow(trace.messages)).toMatchObject({
    "Request: client to proposer": 3,
    "Accept: proposer to acceptor": 9,
    "Accepted: acceptor to proposer": 9,
    "Accepted: acceptor to learner": 6,
    "AcceptedValue: acceptor to learner": 9,
    "Response: learner to client": 3,
  });
  // Four message delays from the client back to it: Request, Accept, Accepted, Response.
  const asked = ofKind(trace, "Request").map(({ at }) => at);
  expect(ofKind(trace, "Response").map(({ at }) => at + 1)).toEqual(asked.map((at) => at + 4));
  // The commit point is on board of the next Accept.
  for (const { slot, commitPoint } of ofKind(trace, "Accept")) expect(commitPoint).toBe(Number(slot) - 1);
  expect(trace.outcome.chosen).toEqual(["2: A", "3: B", "4: C"]);
  for (const learned of Object.values(trace.outcome.learned)) expect(learned).toEqual(trace.outcome.chosen);
});

test("a new leader keeps 13 to 16, makes 11 and 12 no-ops, and puts new commands from 17", () => {
  const trace = run("new-leader-fills-gaps");
  const prepares = ofKind(trace, "Prepare");
  expect(new Set(prepares.map(({ ballot }) => ballot)).size).toBe(1);
  expect(prepares.every(({ fromSlot }) => fromSlot === 11)).toBe(true);
  const ballot = prepares[0]?.["ballot"];
  const proposed = (slot: number) => valuesOf(proposals(trace, slot).filter((accept) => accept["ballot"] === ballot));
  expect([11, 12, 13, 14, 15, 16, 17].map((slot) => [...proposed(slot)])).toEqual([
    ["no-op"],
    ["no-op"],
    ["command 13"],
    ["command 14"],
    ["command 15"],
    ["command 16"],
    ["command 17"],
  ]);
  // 14 and 16 were accepted by one acceptor each, and found all the same.
  const reports = ofKind(trace, "Promised").map(({ accepted }) => JSON.stringify(accepted));
  expect(reports.filter((report) => report.includes("command 14"))).toHaveLength(1);
  expect(reports.filter((report) => report.includes("command 16"))).toHaveLength(1);
  expect(trace.outcome.chosen).toEqual([
    "11: no-op",
    "12: no-op",
    "13: command 13",
    "14: command 14",
    "15: command 15",
    "16: command 16",
    "17: command 17",
  ]);
  expect(trace.outcome.learned["learner 2"]).toEqual(trace.outcome.chosen);
  expect(trace.outcome.learned["learner 3"]).toEqual(trace.outcome.chosen);
});

describe("a leader fails", () => {
  test("with its node: another one leads, and the old node catches up when it is back", () => {
    const trace = run("leader-change");
    expect(leads(trace)).toHaveLength(1);
    expect(trace.outcome.answered["client 1"]).toContain("done 2: 2");
    for (const learned of Object.values(trace.outcome.learned)) expect(learned).toEqual(["2: A", "3: B"]);
  });

  test("alone: the acceptor and the learner beside it go on", () => {
    const trace = run("leader-role-fails");
    expect(leads(trace)).not.toContain("proposer 1 leads");
    const voters = ofKind(trace, "AcceptedValue").map(({ from }) => from);
    expect(new Set(voters)).toEqual(new Set(["acceptor 1", "acceptor 2", "acceptor 3"]));
    expect(trace.outcome.answered["client 1"]).toEqual(["done 1: 1"]);
  });

  test("and a quorum with it: clients are told, until it is back", () => {
    const trace = run("no-quorum");
    const refusals = ofKind(trace, "NoQuorum");
    expect(refusals.length).toBeGreaterThanOrEqual(2);
    expect(refusals.every(({ reachable, needed }) => reachable === 1 && needed === 2)).toBe(true);
    expect(trace.outcome.answered["client 1"]?.at(-1)).toBe("done 1: 1");
  });
});

test.each(["retried-command", "retried-after-leader-change"])("%s: in two slots, run once", (name) => {
  const trace = run(name);
  expect(trace.outcome.chosen).toEqual(["2: A", "3: A"]);
  const answers = trace.outcome.answered["client 1"] ?? [];
  expect(answers).toHaveLength(2);
  expect(answers[0]).toBe("done 1: 1");
  expect(answers[1]).toMatch(/^read \d+: \["A"\]$/);
});

describe("partial partitions", () => {
  test("quorum-loss: the only node that reaches a quorum leads", () => {
    const trace = run("quorum-loss");
    expect(leads(trace)).toEqual(["proposer 3 leads"]);
    expect(trace.outcome.answered["client 1"]).toEqual(["done 1: 1"]);
  });

  test("constrained-election: it leads though its own log is behind, and nothing chosen is lost", () => {
    const trace = run("constrained-election");
    expect(leads(trace)).toEqual(["proposer 3 leads"]);
    const prepared = ofKind(trace, "Prepare").at(-1)?.["ballot"];
    const again = proposals(trace, 2).filter(({ ballot }) => ballot === prepared);
    expect(valuesOf(again)).toEqual(new Set(["A"]));
    expect(ofKind(trace, "AcceptedValue").some(({ from, ballot }) => from === "acceptor 3" && ballot === 1)).toBe(
      false,
    );
    expect(trace.outcome.chosen).toEqual(["2: A", "3: B"]);
    expect(trace.outcome.answered["client 1"]).toEqual(["done 1: 1", "done 2: 2"]);
  });

  test("chained: a leader that reaches a quorum is left alone", () => {
    const trace = run("chained");
    expect(ofKind(trace, "Probe").length).toBeGreaterThan(0);
    expect(ofKind(trace, "Prepare")).toEqual([]);
    expect(trace.outcome.answered["client 1"]).toEqual(["done 1: 1"]);
  });
});

describe("catching up", () => {
  test("from the logs of acceptors", () => {
    const trace = run("catch-up-by-log");
    expect(ofKind(trace, "FetchSnapshot")).toEqual([]);
    expect(
      ofKind(trace, "Chosen").some(({ to, values }) => to === "learner 3" && JSON.stringify(values).includes("C")),
    ).toBe(true);
    expect(trace.outcome.learned["learner 3"]).toEqual(["2: A", "3: B", "4: C"]);
  });

  test("from a snapshot when the logs are trimmed, then from the log", () => {
    const trace = run("catch-up-by-snapshot");
    expect(ofKind(trace, "SnapshotPart").some(({ to }) => to === "learner 3")).toBe(true);
    expect(trace.outcome.learned["learner 3"]).toEqual(["5: a snapshot up to here", "6: E", "7: F", "8: G"]);
    expect(trace.outcome.learned["learner 1"]).toEqual(trace.outcome.chosen);
  });

  test("after a restart from its own snapshot, and the rest from its acceptor", () => {
    const trace = run("restart-from-snapshot");
    const restarted = trace.notes.find(({ text }) => text.startsWith("restart"))?.at ?? 0;
    const asked = ofKind(trace, "CatchUp").filter(({ from, at }) => from === "learner 2" && at >= restarted);
    expect(asked.length).toBeGreaterThan(0);
    const trimmed = Math.max(...ofKind(trace, "Trim").map(({ slot }) => Number(slot)));
    for (const { to, fromSlot } of asked) {
      expect(to).toBe("acceptor 2");
      expect(Number(fromSlot)).toBeGreaterThan(trimmed);
    }
    expect(trace.outcome.learned["learner 2"]).toEqual(trace.outcome.chosen);
  });
});

describe("reads", () => {
  test("write no log: a quorum confirms the leader, and a learner answers", () => {
    const trace = run("read");
    const [read] = ofKind(trace, "Read");
    const since = trace.messages.filter(({ at }) => at >= (read?.at ?? 0));
    expect(flow(since)).toEqual({
      "Read: client to proposer": 1,
      "Heartbeat: proposer to acceptor": 3,
      "HeartbeatAck: acceptor to proposer": 3,
      "ReadAt: proposer to learner": 1,
      "Response: learner to client": 1,
    });
    expect(trace.outcome.answered["client 1"]?.at(-1)).toMatch(/: \["A"\]$/);
  });

  test("may be answered on any node, from a state with all that was proposed before", () => {
    const trace = run("read-elsewhere");
    const answer = ofKind(trace, "Response").find(({ from }) => from === "learner 3");
    expect(answer?.["reply"]).toMatch(/: \["A"\]$/);
  });
});

test("requests that come together share a slot", () => {
  const trace = run("batch");
  expect(trace.outcome.chosen).toEqual([
    "2: line of client 1 + line of client 2 + line of client 3 + line of client 4",
  ]);
  expect(ofKind(trace, "Accept")).toHaveLength(3);
  expect(Object.keys(trace.outcome.answered)).toHaveLength(4);
});

test("no more slots than the window has are in flight, and what waits shares the next one", () => {
  const trace = run("bounded-window");
  const firstVote = Math.min(...ofKind(trace, "AcceptedValue").map(({ at, arrives }) => Number(arrives ?? at + 1)));
  const before = ofKind(trace, "Accept").filter(({ at }) => at < firstVote);
  expect(new Set(before.map(({ slot }) => slot)).size).toBe(64);
  expect(trace.outcome.chosen).toHaveLength(65);
  expect(trace.outcome.chosen.at(-1)).toBe(
    "66: line 65 + line 66 + line 67 + line 68 + line 69 + line 70 + line 71 + line 72",
  );
  expect(trace.outcome.answered["client 1"]).toHaveLength(72);
});

test("a slow learner holds up nobody", () => {
  const trace = run("slow-learner");
  const answered = ofKind(trace, "Response").map(({ at }) => at + 1);
  expect(answered).toEqual([4, 8]);
  const arrived = ofKind(trace, "AcceptedValue").filter(({ to }) => to === "learner 3");
  expect(arrived.map(({ arrives }) => arrives)).toEqual([11, 15]);
  expect(trace.outcome.learned["learner 3"]).toEqual(["2: A", "3: B"]);
});

test("collapsed roles send the same messages, and between the roles of a node no time passes", () => {
  const trace = run("collapsed-roles");
  const steady = run("steady-state").messages.filter(({ at }) => at < 5);
  expect(flow(trace.messages)).toEqual(flow(steady));
  const inNode = trace.messages.filter(
    ({ from, to }) => from.split(" ")[1] === to.split(" ")[1] && !/client/.test(from + to),
  );
  expect(inNode.length).toBeGreaterThan(5);
  expect(inNode.every(({ at, arrives }) => arrives === at)).toBe(true);
});

test("each acceptor tells every learner when it is set up so", () => {
  const trace = run("learning-every");
  expect(flow(trace.messages)).toMatchObject({
    "Accepted: acceptor to learner": 6,
    "AcceptedValue: acceptor to learner": 3,
  });
});

test("with phase 2 quorums of two, two of five nodes go on", () => {
  const trace = run("flexible-quorum");
  expect(flow(trace.messages)).toMatchObject({ "Accept: proposer to acceptor": 2, "Response: learner to client": 1 });
});
