/**
 * The scenarios of Generalized Paxos: what each is there to show.
 */
import { expect, test } from "vitest";
import { costOf, type Trace } from "../src/index.ts";
import { flow, play } from "./play.ts";

const run = (name: string): Trace => play("generalized", name);
const ballots = ({ messages }: Trace, kind: string): readonly unknown[] => [
  ...new Set(messages.filter((message) => message.kind === kind).map(({ ballot }) => ballot)),
];
const answeredAfter = (trace: Trace): readonly number[] => Object.values(costOf(trace.messages).answeredAfter).flat();
/** When the last client's answer left a learner. */
const learnedBy = ({ messages }: Trace): number => {
  const responses = messages.filter(({ kind }) => kind === "Response").map(({ at }) => at);
  return Math.max(...responses);
};

test("a command takes two message delays to the learners, and no message of the leader", () => {
  const trace = run("no-failure");
  expect(flow(trace.messages)).toEqual({
    "Request: client to acceptor": 4,
    "Accepted: acceptor to proposer": 4,
    "Accepted: acceptor to learner": 16,
    "Response: learner to client": 1,
  });
  expect(learnedBy(trace)).toBe(2);
  expect(answeredAfter(trace)).toEqual([3]);
  for (const learned of Object.values(trace.outcome.learned)) expect(learned).toEqual(["WriteA 1"]);
});

test.each(["commuting", "commuting-writes", "leader-fails"])(
  "%s: commands that commute are learned at once, in any order",
  (name) => {
    const trace = run(name);
    expect(ballots(trace, "Prepare")).toEqual([]);
    // The second of two acceptors gets a command after two units: two message delays after that all have learned it.
    expect(learnedBy(trace)).toBe(3);
    const commands = new Set(Object.values(trace.outcome.learned).map((learned) => learned.toSorted().join()));
    expect(commands.size).toBe(1);
    expect(Object.keys(trace.outcome.answered)).toHaveLength(2);
  },
);

test("what collides takes two more round trips: Prepare, Promised, Accept, Accepted", () => {
  const trace = run("collision");
  expect(ballots(trace, "Prepare")).toHaveLength(1);
  expect(ballots(trace, "Accept")).toEqual(ballots(trace, "Prepare"));
  // As soon as three acceptors disagree, at 2; and then four delays more than the two to a learner.
  expect(learnedBy(trace)).toBe(2 + 4);
  const orders = Object.values(trace.outcome.learned).map((learned) => learned.join());
  expect(new Set(orders).size).toBe(1);
  expect(orders).toHaveLength(4);
});

test("three of four acceptors are a quorum", () => {
  const trace = run("acceptor-fails");
  expect(answeredAfter(trace)).toEqual([3]);
  expect(Object.keys(trace.outcome.learned)).toEqual(["learner 1", "learner 2", "learner 3"]);
});

test("collapsed roles send the same messages", () => {
  expect(flow(run("collapsed-roles").messages)).toEqual(flow(run("no-failure").messages));
});

test("a new leader finishes what collided under one that failed", () => {
  const trace = run("leader-fails-in-recovery");
  expect(ballots(trace, "Prepare").length).toBeGreaterThan(1);
  const [only] = ballots(trace, "Accept");
  expect(only).toBe(Math.max(...ballots(trace, "Prepare").map(Number)));
  const orders = Object.values(trace.outcome.learned).map((learned) => learned.join());
  expect(new Set(orders).size).toBe(1);
  expect(Object.keys(trace.outcome.answered)).toHaveLength(2);
});

test("where commands collide often the leader orders them for a while, in a classic ballot", () => {
  const trace = run("frequent-collisions");
  const accepts = trace.messages.filter(({ kind }) => kind === "Accept");
  expect([...new Set(accepts.map(({ ballot, isClassic }) => `${String(ballot)} ${String(isClassic)}`))]).toEqual([
    "5 true",
    "9 false",
  ]);
  // Seven with a recovery; five by way of the leader, however they cross; three again in a fast ballot.
  expect(answeredAfter(trace)).toEqual([7, 5, 3, 7, 5]);
  const [first, ...others] = Object.values(trace.outcome.learned);
  for (const other of others) expect(other).toEqual(first);
});

test("a checkpoint closes an instance, and the next one begins", () => {
  const trace = run("instance-closed");
  const slots = new Set(trace.messages.filter(({ kind }) => kind === "Accept").map(({ slot }) => slot));
  // The first one began when the leader was elected; none needs another ballot.
  expect([...slots]).toEqual([4, 7]);
  expect(trace.messages.filter(({ kind }) => kind === "Prepare")).toEqual([]);
  for (const learned of Object.values(trace.outcome.learned)) {
    expect(learned.slice(0, 4)).toEqual(["WriteA 1", "checkpoint", "WriteA 2", "WriteA 3"]);
  }
  expect(answeredAfter(trace)).toHaveLength(3);
});
