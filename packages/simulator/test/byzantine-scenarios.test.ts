/**
 * The scenarios of Byzantine Paxos: what each is there to show.
 */
import { expect, test } from "vitest";
import type { Trace } from "../src/index.ts";
import { flow, play } from "./play.ts";

const run = (name: string): Trace => play("byzantine", name);
const of = ({ messages }: Trace, kind: string) => messages.filter((message) => message.kind === kind);

/** When the client had the two equal answers that it needs. */
function believedAt(trace: Trace): number {
  const answers = of(trace, "Response").map(({ at, arrives }) => arrives ?? at + 1);
  return answers.sort((one, other) => one - other)[1] ?? Infinity;
}

/** The learners but `without` have learned the line that was asked for, and nothing else. */
function expectLearned({ outcome }: Trace, without?: number): void {
  const others = Object.entries(outcome.learned).filter(([name]) => name !== `learner ${without}`);
  expect(others).toHaveLength(without === undefined ? 4 : 3);
  for (const [name, learned] of others) expect(learned, name).toEqual(["2: A"]);
}

test("without failures five delays lie between a request and its answer", () => {
  const trace = run("no-failure");
  expect(flow(trace.messages)).toEqual({
    "Request: client to proposer": 4,
    "Vouched: proposer to acceptor": 4,
    "Accept: proposer to acceptor": 4,
    "Verify: acceptor to acceptor": 16,
    "Accepted: acceptor to learner": 16,
    "AcceptedValue: acceptor to learner": 4,
    "Response: learner to client": 4,
    "Learned: learner to acceptor": 4,
    "Served: acceptor to proposer": 4,
  });
  expect(believedAt(trace)).toBe(5);
  expectLearned(trace);
});

test("collapsed roles are the same messages, and answer no later", () => {
  const trace = run("collapsed-roles");
  expect(flow(trace.messages)).toEqual(flow(run("no-failure").messages));
  expect(believedAt(trace)).toBeLessThanOrEqual(5);
  expectLearned(trace);
});

test("an acceptor that lies costs no delay", () => {
  const trace = run("lying-acceptor");
  expect(new Set(of(trace, "Verify").map(({ digest }) => digest)).size).toBe(2);
  expect(believedAt(trace)).toBe(5);
  expectLearned(trace);
});

test("a silent leader is replaced by the next one, which shows three promises", () => {
  const trace = run("silent-leader");
  expect(of(trace, "Accept").every(({ ballot }) => ballot === 2)).toBe(true);
  const views = of(trace, "NewView");
  expect(new Set(views.map(({ to }) => to)).size).toBe(4);
  for (const { promises } of views) expect(promises).toHaveLength(3);
  // The liar's own acceptor was told of no request, and verifies none.
  expectLearned(trace, 1);
});

test("what an equivocating leader proposes gets no vote, and the next leader is free", () => {
  const trace = run("equivocating-leader");
  expect(of(trace, "Accepted").every(({ ballot }) => ballot === 2)).toBe(true);
  expect(new Set(of(trace, "Verify").map(({ ballot, digest }) => `${String(ballot)} ${String(digest)}`)).size).toBe(3);
  expectLearned(trace);
});

test("a value with votes is proposed again in its slot, and shown to be the only one", () => {
  const trace = run("proof");
  expect(of(trace, "Accepted").some(({ ballot }) => ballot === 1)).toBe(true);
  const again = of(trace, "Accept").filter(({ ballot }) => ballot === 2);
  expect(again.every(({ slot, value }) => slot === 2 && value === "A")).toBe(true);
  expect(again.length).toBeGreaterThan(0);
  expectLearned(trace, 1);
});
