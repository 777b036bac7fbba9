/**
 * The scenarios of Fast Byzantine Paxos: what each is there to show.
 */
import { expect, test } from "vitest";
import type { Trace } from "../src/index.ts";
import { flow, play } from "./play.ts";

const run = (name: string): Trace => play("fast-byzantine", name);
const kinds = ({ messages }: Trace): ReadonlySet<string> => new Set(messages.map(({ kind }) => kind));
const recovery = ["Suspect", "Prepare", "Promised", "Certificate"];

/** When the client had the two equal answers that it needs. */
function believedAt({ messages }: Trace): number {
  const answers = messages.filter(({ kind }) => kind === "Response").map(({ at, arrives }) => arrives ?? at + 1);
  return answers.sort((one, other) => one - other)[1] ?? Infinity;
}

/** Every learner has learned the same, and that is the line that was asked for. */
function expectLearned({ outcome }: Trace, liar?: number): void {
  expect(outcome.chosen).toEqual(["2: A"]);
  const honest = Object.entries(outcome.learned).filter(([name]) => name !== `learner ${liar}`);
  expect(honest).toHaveLength(liar === undefined ? 6 : 5);
  for (const [name, learned] of honest) expect(learned, name).toEqual(["2: A"]);
}

test("without failures four delays lie between a request and its answer, and nothing is suspected", () => {
  const trace = run("no-failure");
  expect(flow(trace.messages)).toEqual({
    "Request: client to proposer": 6,
    "Known: proposer to acceptor": 6,
    "Accept: proposer to acceptor": 6,
    "Accepted: acceptor to learner": 30,
    "Accepted: acceptor to proposer": 6,
    "AcceptedValue: acceptor to learner": 6,
    "Response: learner to client": 6,
    "Served: learner to proposer": 6,
  });
  expect(believedAt(trace)).toBe(4);
  expectLearned(trace);
});

test("collapsed roles are the same messages", () => {
  const trace = run("collapsed-roles");
  expect(flow(trace.messages)).toEqual(flow(run("no-failure").messages));
  expectLearned(trace);
});

test("an acceptor that lies costs no delay", () => {
  const trace = run("lying-acceptor");
  expect(new Set(trace.messages.filter(({ kind }) => kind === "Accepted").map(({ digest }) => digest)).size).toBe(2);
  expect(believedAt(trace)).toBe(4);
  expectLearned(trace);
});

test("a silent leader is replaced by the next one, which shows five reports", () => {
  const trace = run("silent-leader");
  expect([...kinds(trace)]).toEqual(expect.arrayContaining(recovery));
  const certificates = trace.messages.filter(({ kind }) => kind === "Certificate");
  expect(certificates).toHaveLength(6);
  for (const { reports, ballot } of certificates) {
    expect(reports).toHaveLength(5);
    expect(ballot).toBe(2);
  }
  expectLearned(trace, 1);
});

test("what an equivocating leader had four acceptors vote for is finished by the next one, in the same slot", () => {
  const trace = run("equivocating-leader");
  const proposed = (ballot: number): readonly unknown[] => [
    ...new Set(trace.messages.filter((m) => m.kind === "Accept" && m["ballot"] === ballot).map(({ value }) => value)),
  ];
  expect(proposed(1)).toEqual(["A", "no-op"]);
  expect(proposed(2)).toEqual(["A"]);
  expectLearned(trace);
});
