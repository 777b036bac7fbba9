/**
 * Who may try to lead: every set of answers of 3 and 5 acceptors, with majorities and other quorums.
 */
import { describe, expect, test } from "vitest";
import { flexible, majority, noBallot, unchanged } from "../../src/index.ts";
import { configurationOf, Proposer, usualLease } from "../../src/multi/index.ts";
import { Election } from "../../src/leader/election.ts";
import { acceptor, heartbeat, proposer, sentKind, step, tick } from "./stage.ts";

type Answer = "none" | "silent" | "heard";

function* answersOf(count: number): Generator<readonly Answer[]> {
  if (count === 0) return yield [];
  for (const before of answersOf(count - 1)) {
    for (const answer of ["none", "silent", "heard"] as const) yield [...before, answer];
  }
}

function probing(quorums = majority(3)): Election {
  const election = new Election(configurationOf(quorums.acceptors, { quorums }), () => 0);
  while (!election.tick());
  return election;
}

test("it tries when a phase 1 quorum hears no leader and a phase 2 quorum answers, in whatever order", () => {
  for (const quorums of [
    majority(3),
    flexible(3, 3, 1),
    flexible(3, 1, 3),
    majority(5),
    flexible(5, 4, 2),
    flexible(5, 2, 4),
  ]) {
    for (const answers of answersOf(quorums.acceptors)) {
      const count = (wanted: Answer): number => answers.filter((each) => each === wanted).length;
      const reached = count("silent") + count("heard");
      const may = count("silent") >= quorums.phase1 && reached >= Math.max(quorums.phase1, quorums.phase2);
      for (const order of [answers.keys(), [...answers.keys()].reverse()]) {
        const election = probing(quorums);
        let tries = 0;
        for (const index of order) {
          const answer = answers[index];
          if (answer === "none") continue;
          const reply = {
            kind: "ProbeReply",
            round: election.round,
            promised: noBallot,
            leaderSilent: answer === "silent",
          } as const;
          // Each says it twice: an acceptor counts once.
          for (let times = 0; times < 2; times++) if (election.probed(index + 1, reply)) tries += 1;
        }
        expect(tries, `${quorums.phase1}+${quorums.phase2}: ${answers}`).toBe(may ? 1 : 0);
      }
    }
  }
});

test("who is heard to lead counts for more than a higher ballot that some acceptor promised: its owner may never lead", () => {
  const election = probing();
  const heard = { kind: "ProbeReply", round: election.round, promised: 3, leaderSilent: false } as const;
  election.probed(1, heard);
  expect(election.leader).toBe(3);
  election.heard(2);
  expect([election.leader, election.isProbing]).toEqual([2, false]);
  // And what was said long ago counts for nothing.
  const later = probing();
  later.probed(1, { ...heard, round: later.round });
  while (!later.tick());
  expect(later.leader).toBe(0);
});

test("where leases bind acceptors it tries only when a phase 2 quorum is free, however few phase 1 takes", () => {
  const quorums = flexible(3, 1, 3);
  const tries = (lease: typeof usualLease | undefined): readonly boolean[] => {
    const election = new Election(configurationOf(3, { quorums, lease }), () => 0);
    while (!election.tick());
    const { round } = election;
    const says = (node: number, leaderSilent: boolean): boolean =>
      election.probed(node, { kind: "ProbeReply", round, promised: noBallot, leaderSilent });
    return [says(1, false), says(2, true), says(3, true), says(1, true)];
  };
  expect(tries(undefined)).toEqual([false, false, true, false]);
  expect(tries(usualLease)).toEqual([false, false, false, true]);
});

describe("answers that do not count", () => {
  const silent = (round: number, promised = noBallot) =>
    ({ kind: "ProbeReply", round, promised, leaderSilent: true, chosenThrough: 0, memberships: unchanged }) as const;

  test("of an earlier round, although their ballot is seen", () => {
    const election = probing();
    const { round } = election;
    expect(election.probed(1, silent(round))).toBe(false);
    while (!election.tick());
    expect(election.probed(3, silent(round, 7))).toBe(false);
    expect(election.highest).toBe(7);
    // One of this round and two of the earlier one are one.
    expect(election.probed(2, silent(election.round))).toBe(false);
    expect(election.probed(3, silent(election.round))).toBe(true);
  });

  test("after a leader was heard", () => {
    const election = probing();
    election.heard(4);
    expect(election.probed(1, silent(election.round))).toBe(false);
    expect(election.probed(2, silent(election.round))).toBe(false);
    expect(election.leader).toBe(1);
  });
});

test("it follows the highest leader heard", () => {
  const election = probing();
  election.heard(5);
  election.heard(4);
  expect(election.leader).toBe(2);
  election.heard(6);
  expect(election.leader).toBe(3);
});

test("a leader that is heard in time is left alone, and a silent one is not", () => {
  const configuration = configurationOf(3);
  const role = new Proposer(configuration, 1, () => 0);
  for (let ticks = 0; ticks < 200; ticks++) {
    if (ticks % (configuration.timing.electionTicks - 1) === 0) step(role, proposer(2), heartbeat(2, 0));
    expect(sentKind(tick(role), "Probe")).toEqual([]);
  }
  step(role, proposer(2), heartbeat(2, 0));
  const probes = Array.from({ length: configuration.timing.electionTicks }, () => sentKind(tick(role), "Probe"));
  expect(probes.map(({ length }) => length)).toEqual([...probes.slice(1).map(() => 0), 3]);
});

test("who reaches too few acceptors says how many; who reaches a quorum does not", () => {
  for (const [answering, reached] of [
    [[], 0],
    [[1], 1],
    [[1, 2], undefined],
  ] as const) {
    const election = probing();
    for (const node of answering) {
      election.probed(node, { kind: "ProbeReply", round: election.round, promised: 5, leaderSilent: false });
    }
    while (!election.tick());
    expect(election.reached).toBe(reached);
  }
});

test("a client is sent to the leader that acceptors still hear", () => {
  const role = new Proposer(configurationOf(3), 1, () => 0);
  let probe = sentKind(tick(role), "Probe")[0];
  while (probe === undefined) probe = sentKind(tick(role), "Probe")[0];
  step(role, acceptor(2), {
    kind: "ProbeReply",
    round: probe.round,
    promised: 6,
    leaderSilent: false,
    chosenThrough: 0,
    memberships: unchanged,
  });
  expect(role.status()["leader"]).toBe(3);
});
