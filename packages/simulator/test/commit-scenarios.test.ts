/**
 * The scenarios of the commit protocols, message by message: the counts are those of Gray and Lamport 2006, §5, and the
 * delays from the client's Commit to its answer.
 */
import { expect, test } from "vitest";
import { costOf } from "../src/index.ts";
import { flow, play } from "./play.ts";

const delays = (protocol: string): number | undefined =>
  costOf(play(protocol, "no-failure").messages).answeredAfter["client 1"]?.[0];

test("message delays when nothing goes wrong", () => {
  expect(delays("two-phase")).toBe(4);
  expect(delays("commit")).toBe(5);
  expect(delays("three-phase")).toBe(6);
  expect(delays("primary-backup")).toBe(4);
});

test("Paxos Commit: a vote is an Accept from the participant to each acceptor", () => {
  expect(flow(play("commit", "no-failure").messages)).toMatchObject({
    "Commit: client to proposer": 1,
    "VoteRequest: proposer to participant": 2,
    "Accept: participant to acceptor": 6,
    "Accepted: acceptor to proposer": 6,
    "Decision: proposer to participant": 2,
    "Decision: proposer to client": 1,
  });
});

test("two-phase commit: half the messages, and one who decides", () => {
  expect(flow(play("two-phase", "no-failure").messages)).toMatchObject({
    "VoteRequest: coordinator to participant": 2,
    "Vote: participant to coordinator": 2,
    "Decision: coordinator to participant": 2,
    "Decision: coordinator to client": 1,
  });
});

/** What client 2 reads of both keys in the end. */
const read = (protocol: string, name: string): unknown => play(protocol, name).outcome.answered["client 2"];

test("the coordinator dies after the votes: blocked, aborted, committed", () => {
  expect(read("two-phase", "coordinator-dies")).toEqual(["busy", "busy"]);
  expect(read("three-phase", "coordinator-dies")).toEqual(["nothing", "nothing"]);
  expect(read("commit", "leader-dies")).toEqual(["new", "new"]);
});

test("a partition after the votes: in doubt until it is mended, split, committed", () => {
  expect(read("two-phase", "partition")).toEqual(["new", "new"]);
  expect(read("three-phase", "partition")).toEqual(["new", "nothing"]);
  expect(read("commit", "partition")).toEqual(["new", "new"]);
  expect(play("three-phase", "partition").outcome.answered["client 1"]).toEqual(["committed"]);
});

test("a partition splits the brain of primary-backup", () => {
  expect(play("primary-backup", "partition").outcome.answered).toEqual({
    "client 1": ["written", "V", "written"],
    "client 2": ["written", "W"],
  });
});

test("a participant that dies before it votes: the rest aborts", () => {
  for (const protocol of ["two-phase", "commit"]) {
    expect(play(protocol, "participant-dies").outcome.answered["client 1"]).toEqual(["aborted"]);
  }
});

test("three-phase commit goes on to commit what somebody was told to", () => {
  expect(read("three-phase", "coordinator-dies-later")).toEqual(["new", "new"]);
});
