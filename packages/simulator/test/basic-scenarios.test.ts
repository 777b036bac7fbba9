/**
 * The scenarios of single-decree Paxos, message by message: the counts are those of the flows in the literature.
 */
import { describe, expect, test } from "vitest";
import type { Trace, TracedMessage } from "../src/index.ts";
import { flow, play } from "./play.ts";

const run = (name: string): Trace => play("basic", name);

function kindsLost(messages: readonly TracedMessage[]): readonly string[] {
  return messages.filter(({ lost }) => lost !== undefined).map(({ kind, to }) => `${kind} to ${to}`);
}

const lastBallot = (trace: Trace) => Math.max(...trace.messages.map(({ ballot }) => Number(ballot ?? 0)));

test("no failure", () => {
  const { messages, outcome } = run("no-failure");
  expect(flow(messages)).toEqual({
    "Request: client to proposer": 1,
    "Prepare: proposer to acceptor": 3,
    "Promised: acceptor to proposer": 3,
    "Accept: proposer to acceptor": 3,
    "Accepted: acceptor to proposer": 3,
    "Accepted: acceptor to learner": 6,
    "Response: learner to client": 2,
  });
  expect(kindsLost(messages)).toEqual([]);
  expect(outcome).toMatchObject({
    chosen: ["V"],
    learned: { "learner 1": ["V"], "learner 2": ["V"] },
    answered: { "client 1": ["V", "V"] },
  });
});

test("one acceptor fails: two answers at each step", () => {
  const { messages, outcome } = run("acceptor-fails");
  expect(flow(messages)).toEqual({
    "Request: client to proposer": 1,
    "Prepare: proposer to acceptor": 2,
    "Promised: acceptor to proposer": 2,
    "Accept: proposer to acceptor": 2,
    "Accepted: acceptor to proposer": 2,
    "Accepted: acceptor to learner": 4,
    "Response: learner to client": 2,
  });
  expect(kindsLost(messages)).toEqual(["Prepare to acceptor 3", "Accept to acceptor 3"]);
  expect(outcome.chosen).toEqual(["V"]);
});

test("a redundant learner fails: the other answers", () => {
  const { messages, outcome } = run("learner-fails");
  expect(flow(messages)).toEqual({
    "Request: client to proposer": 1,
    "Prepare: proposer to acceptor": 3,
    "Promised: acceptor to proposer": 3,
    "Accept: proposer to acceptor": 3,
    "Accepted: acceptor to proposer": 3,
    "Accepted: acceptor to learner": 3,
    "Response: learner to client": 1,
  });
  expect(outcome).toMatchObject({ learned: { "learner 1": ["V"], "learner 2": [] }, answered: { "client 1": ["V"] } });
});

test("the proposer fails after one Accept got through: the next one must propose its value", () => {
  const { messages, outcome } = run("proposer-fails");
  expect(
    messages.filter(({ kind, ballot, lost }) => kind === "Accept" && ballot === 1 && lost === undefined),
  ).toHaveLength(1);
  const second = messages.filter(({ ballot }) => ballot === 2);
  expect(flow(second)).toEqual({
    "Prepare: proposer to acceptor": 3,
    "Promised: acceptor to proposer": 3,
    "Accept: proposer to acceptor": 3,
    "Accepted: acceptor to proposer": 3,
    "Accepted: acceptor to learner": 6,
  });
  expect(second.filter(({ kind }) => kind === "Promised").map(({ acceptedValue }) => acceptedValue)).toEqual([
    "V",
    "",
    "",
  ]);
  expect(messages.filter(({ kind }) => kind === "Request").map(({ value }) => value)).toEqual(["V", "W"]);
  expect(outcome.chosen).toEqual(["V"]);
  expect(outcome.learned).toEqual({ "learner 1": ["V"], "learner 2": ["V"] });
});

test("... and is free when no acceptor of its quorum has accepted it", () => {
  const { outcome } = run("proposer-fails-unseen");
  expect(outcome.chosen).toEqual(["W"]);
});

describe("duelling proposers", () => {
  test("with fixed delays nothing is ever accepted", () => {
    const trace = run("duel-without-end");
    expect(trace.messages.some(({ kind }) => kind === "Accepted")).toBe(false);
    expect(trace.messages.filter(({ kind }) => kind === "Rejected").length).toBeGreaterThan(30);
    expect(lastBallot(trace)).toBeGreaterThan(12);
    expect(trace.outcome).toMatchObject({ chosen: [], answered: {} });
  });

  test("random delays end it", () => {
    const { messages, outcome } = run("duelling-proposers");
    const firstVote = messages.findIndex(({ kind }) => kind === "Accepted");
    const refused = new Set(
      messages
        .slice(0, firstVote)
        .filter(({ kind }) => kind === "Rejected")
        .map(({ ballot }) => ballot),
    );
    expect(refused.size).toBeGreaterThanOrEqual(6);
    expect(outcome.chosen).toEqual(["W"]);
    expect(outcome.learned).toEqual({ "learner 1": ["W"], "learner 2": ["W"] });
    // The loser goes on, finds what was chosen, and proposes that.
    const proposed = messages.filter(({ kind, from, at }) => kind === "Accept" && from === "proposer 1" && at > 36);
    expect(new Set(proposed.map(({ value }) => value))).toEqual(new Set(["W"]));
  });

  test("a distinguished proposer has none", () => {
    const { messages, outcome } = run("distinguished-proposer");
    expect(flow(messages)["Request: proposer to proposer"]).toBe(1);
    expect(messages.some(({ kind }) => kind === "Rejected")).toBe(false);
    expect(new Set(messages.filter(({ kind }) => kind === "Prepare").map(({ from }) => from))).toEqual(
      new Set(["proposer 1"]),
    );
    expect(outcome.chosen).toEqual(["V"]);
  });
});

test("chosen, and no learner knows: proposing anything makes it known, and proposes the chosen value", () => {
  const { messages, outcome } = run("chosen-unknown");
  const votes = messages.filter(({ kind, ballot }) => kind === "Accepted" && ballot === 1);
  expect(votes).toHaveLength(9);
  expect(votes.every(({ lost }) => lost === "dropped")).toBe(true);
  expect(flow(messages.filter(({ ballot }) => ballot === 2))).toEqual({
    "Prepare: proposer to acceptor": 3,
    "Promised: acceptor to proposer": 3,
    "Accept: proposer to acceptor": 3,
    "Accepted: acceptor to proposer": 3,
    "Accepted: acceptor to learner": 6,
  });
  expect(outcome).toMatchObject({
    chosen: ["V"],
    learned: { "learner 1": ["V"], "learner 2": ["V"] },
    answered: { "client 1": ["V", "V"], "client 2": ["V", "V"] },
  });
});

test("a learner that asks is told by a proposal when the acceptors' votes cannot tell", () => {
  const { messages, outcome } = run("learner-asks");
  expect(flow(messages)).toMatchObject({
    "Inquire: client to learner": 1,
    "Inquire: learner to acceptor": 2,
    "Inquire: learner to proposer": 1,
  });
  expect(outcome).toMatchObject({ chosen: ["V"], learned: { "learner 1": ["V"], "learner 2": ["V"] } });
});

test("learning by a distinguished learner: acceptors plus learners messages, not acceptors times learners", () => {
  const { messages, outcome } = run("learning-distinguished");
  expect(flow(messages)).toMatchObject({
    "Accepted: acceptor to learner": 3,
    "Learned: learner to learner": 2,
    "Response: learner to client": 3,
  });
  expect(outcome.learned).toEqual({ "learner 1": ["V"], "learner 2": ["V"], "learner 3": ["V"] });
});

test("learning by a set of learners survives one of them", () => {
  const { messages, outcome } = run("learning-set");
  expect(flow(messages)).toMatchObject({ "Accepted: acceptor to learner": 3, "Learned: learner to learner": 1 });
  expect(outcome.learned).toEqual({ "learner 1": [], "learner 2": ["V"], "learner 3": ["V"] });
});

test("flexible quorums: two of four acceptors choose", () => {
  const { messages, outcome } = run("flexible-quorum");
  expect(flow(messages)).toMatchObject({
    "Promised: acceptor to proposer": 4,
    "Accept: proposer to acceptor": 2,
    "Accepted: acceptor to learner": 4,
  });
  expect(outcome.chosen).toEqual(["V"]);
});

test("a vote is durable before it leaves: all acceptors crash, and it is found again", () => {
  const { messages, outcome } = run("crash-and-restart");
  const found = messages.filter(({ kind, ballot }) => kind === "Promised" && ballot === 2);
  expect(found.map(({ acceptedBallot, acceptedValue }) => [acceptedBallot, acceptedValue])).toEqual([
    [1, "V"],
    [1, "V"],
    [1, "V"],
  ]);
  expect(outcome.chosen).toEqual(["V"]);
});
