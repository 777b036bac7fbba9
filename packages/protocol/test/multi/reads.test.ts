/**
 * Reads without a log write: which answers confirm which read.
 */
import { describe, expect, test } from "vitest";
import { flexible, limits, majority, membershipOf, type QuorumSystem } from "../../src/index.ts";
import { configurationOf } from "../../src/multi/index.ts";
import { PendingReads } from "../../src/multi/reads.ts";
import { electedProposer, leadingProposer } from "./leading.ts";
import { acceptor, client, flush, promised, sentKind, step, tick, value } from "./stage.ts";

const read = { kind: "Read", sequence: 1, learner: 2, query: value("?") } as const;

describe("a read is confirmed by a phase 2 quorum that answered a heartbeat sent after it came", () => {
  /** For each acceptor the round that it answers after the read; the read came after round 1 was sent. */
  function confirmed(quorums: QuorumSystem, rounds: readonly number[]): boolean {
    const reads = new PendingReads([membershipOf([1, 2, 3], quorums)]);
    reads.nextRound();
    reads.add(client(1), read, 7);
    reads.nextRound();
    reads.nextRound();
    return (
      rounds.flatMap((round, index) => [...reads.answered(index + 1, round), ...reads.answered(index + 1, round)])
        .length === 1
    );
  }

  for (const quorums of [majority(3), flexible(3, 3, 1), flexible(3, 1, 3)]) {
    test(`quorums of ${quorums.phase2}`, () => {
      for (const one of [0, 1, 2, 3]) {
        for (const two of [0, 1, 2, 3]) {
          for (const three of [0, 1, 2, 3]) {
            const after = [one, two, three].filter((round) => round >= 2).length;
            expect(confirmed(quorums, [one, two, three]), `${one} ${two} ${three}`).toBe(after >= quorums.phase2);
          }
        }
      }
    });
  }
});

test("one heartbeat serves all reads that came before it, and none is sent while one is on its way", () => {
  const reads = new PendingReads([membershipOf([1, 2, 3], majority(3))]);
  expect(reads.wantsRound).toBe(false);
  reads.add(client(1), read, 1);
  reads.add(client(2), read, 1);
  expect(reads.wantsRound).toBe(true);
  expect(reads.nextRound()).toBe(1);
  reads.add(client(3), read, 2);
  expect(reads.wantsRound).toBe(false);
  expect(reads.answered(1, 1)).toEqual([]);
  expect(reads.answered(2, 1).map((each) => each.client)).toEqual([client(1), client(2)]);
  expect(reads.wantsRound).toBe(true);
  reads.nextRound();
  reads.answered(3, 2);
  expect(reads.answered(1, 2).map((each) => each.client)).toEqual([client(3)]);
  expect(reads.wantsRound).toBe(false);
});

test("a leader holds as many reads as the limit, refuses more, and answers for all when it gives up", () => {
  const { role } = leadingProposer(configurationOf(3), 1);
  for (let count = 0; count < limits.pendingReads; count++) expect(step(role, client(1), read).send).toEqual([]);
  expect(sentKind(step(role, client(1), read), "Overloaded")).toHaveLength(1);
  const rejected = step(role, acceptor(2), { kind: "Rejected", ballot: 1, promised: 5 });
  expect(sentKind(rejected, "Redirect")).toHaveLength(limits.pendingReads);
});

test("a new leader's reads wait for what earlier leaders may have had chosen", () => {
  for (const [accepted, chosenThrough, slot] of [
    [[], 0, 0],
    [[], 4, 4],
    [[[6, 1, "a"]], 4, 6],
  ] as const) {
    const { role } = electedProposer(configurationOf(3), 3);
    step(role, acceptor(1), promised(3, 1, accepted, chosenThrough));
    step(role, acceptor(2), promised(3, 1));
    step(role, client(1), read);
    const acks = [1, 3].map((node) =>
      step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 3, round: 2, chosenThrough: 0 }),
    );
    expect(acks.flatMap((did) => sentKind(did, "ReadAt"))).toMatchObject([{ slot, client: client(1) }]);
  }
});

test("an answer of another ballot confirms nothing", () => {
  const { role } = leadingProposer(configurationOf(3), 1);
  step(role, client(1), read);
  for (const ballot of [4, 3, 2]) {
    for (const node of [1, 2, 3])
      expect(step(role, acceptor(node), { kind: "HeartbeatAck", ballot, round: 2, chosenThrough: 0 }).send).toEqual([]);
  }
});

test("a read that finds no heartbeat on its way sends one at once, and a lost one is made good by the next", () => {
  const configuration = configurationOf(3);
  const { role } = leadingProposer(configuration, 1);
  for (const node of [1, 2])
    step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 1, round: 1, chosenThrough: 0 });
  step(role, client(1), read);
  expect(sentKind(flush(role), "Heartbeat").map(({ round }) => round)).toEqual([2, 2, 2]);
  expect(flush(role).send).toEqual([]);
  const later = Array.from({ length: configuration.timing.heartbeatTicks }, () =>
    sentKind(tick(role), "Heartbeat"),
  ).flat();
  expect(new Set(later.map(({ round }) => round))).toEqual(new Set([3]));
  const acks = [2, 3].map((node) =>
    step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 1, round: 3, chosenThrough: 0 }),
  );
  expect(acks.flatMap((did) => sentKind(did, "ReadAt"))).toHaveLength(1);
});
