/**
 * The scenarios of Cheap Paxos: what each is there to show.
 */
import { expect, test } from "vitest";
import type { Trace, TracedMessage } from "../src/index.ts";
import { flow, play } from "./play.ts";

const run = (name: string): Trace => play("cheap", name);
const ofKind = ({ messages }: Trace, kind: string): readonly TracedMessage[] =>
  messages.filter((message) => message.kind === kind);
const accepts = (trace: Trace, slot: number): readonly string[] =>
  ofKind(trace, "Accept")
    .filter((message) => message["slot"] === slot)
    .map(({ to }) => to);
const votes = (trace: Trace, slot: number): readonly string[] =>
  ofKind(trace, "Accepted")
    .filter(({ to, ...message }) => message["slot"] === slot && to.startsWith("proposer"))
    .map(({ from }) => from);
const isAbout = (node: number) => (message: TracedMessage) =>
  message.to.endsWith(` ${node}`) || message.from.endsWith(` ${node}`);

test("in the steady state an auxiliary neither gets nor sends a message", () => {
  const trace = run("steady-state");
  expect(trace.messages.filter(isAbout(3))).toEqual([]);
  expect(flow(trace.messages)).toMatchObject({
    "Request: client to proposer": 2,
    "Accept: proposer to acceptor": 4,
    "Accepted: acceptor to proposer": 4,
    "AcceptedValue: acceptor to learner": 4,
    "Response: learner to client": 2,
  });
  expect(trace.outcome.chosen).toEqual(["2: A", "3: B"]);
});

test("a main fails: Accept x3, two answer, the same to the auxiliary, three; then two of the two mains", () => {
  const trace = run("main-fails");
  const first = ofKind(trace, "Accept").filter((message) => message["slot"] === 2);
  expect(first.slice(0, 3).map(({ to }) => to)).toEqual(["acceptor 1", "acceptor 2", "acceptor 3"]);
  const called = first.filter(({ to }) => to === "acceptor 4");
  expect(called.map(({ value }) => value)).toEqual(["A"]);
  expect(votes(trace, 2)).toEqual(["acceptor 1", "acceptor 2", "acceptor 4"]);
  // Alone in its slot, and in force two slots later, with a no-op between.
  const proposed = ofKind(trace, "Accept").map(({ value }) => value);
  expect(new Set(proposed)).toEqual(new Set(["A", "members 1+2+4", "no-op", "B"]));
  expect(accepts(trace, 5)).toEqual(["acceptor 1", "acceptor 2"]);
  expect(votes(trace, 5)).toEqual(["acceptor 1", "acceptor 2"]);
  // From the change on the auxiliary hears one thing: what it may forget.
  const change = trace.messages.findIndex(({ kind }) => kind === "Trim");
  expect(trace.messages[change]).toMatchObject({ to: "acceptor 4", slot: 4 });
  expect(trace.messages.slice(change + 1).filter(isAbout(4))).toEqual([]);
  expect(trace.outcome.chosen).toEqual(["2: A", "3: members 1+2+4", "4: no-op", "5: B"]);
});

test("the last main goes on alone", () => {
  const trace = run("one-main-left");
  expect(accepts(trace, 5)).toEqual(["acceptor 1"]);
  expect(trace.outcome.answered["client 1"]?.slice(-2)).toEqual(["done 1: 1", "done 2: 2"]);
});

test("a main that is back is a member again, and the auxiliary has no part in it", () => {
  const trace = run("main-returns");
  expect(trace.messages.filter(isAbout(3)).filter(({ kind }) => kind !== "Trim")).toEqual([]);
  expect(ofKind(trace, "Accept").map(({ value }) => value)).toContain("members 1+2+3");
  const last = ofKind(trace, "Accept").filter(({ value }) => value === "B");
  expect(last.map(({ to }) => to)).toEqual(["acceptor 1", "acceptor 2"]);
  expect(trace.outcome.learned["learner 2"]?.at(-1)).toMatch(/: B$/);
});

test("a new leader asks the auxiliary when the mains that answer are too few, and removes the old one", () => {
  const trace = run("leader-fails");
  const probes = ofKind(trace, "Probe");
  expect(probes.map(({ round, to }) => `${String(round)} ${to}`)).toEqual([
    "1 acceptor 1",
    "1 acceptor 2",
    "2 acceptor 1",
    "2 acceptor 2",
    "2 acceptor 3",
  ]);
  expect(trace.outcome.chosen).toEqual(["2: A", "3: B", "4: members 2+3", "5: no-op"]);
});

test("with a main and the auxiliary down nothing is chosen, and nothing is lost", () => {
  const trace = run("auxiliary-down");
  expect(trace.outcome.answered["client 1"]).toContain("NoQuorum");
  expect(trace.outcome.chosen.slice(0, 2)).toEqual(["2: A", "3: B"]);
});
