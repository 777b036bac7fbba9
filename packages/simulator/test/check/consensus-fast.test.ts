/**
 * What the checker of consensus makes of ballots that have more than one value: calls that keep the rules, and calls
 * that break them.
 */
import { expect, test } from "vitest";
import { fast } from "@synod/protocol";
import { AskedValues } from "../../src/check/asked.ts";
import { ConsensusChecker } from "../../src/check/consensus.ts";
import { fastBallots } from "../../src/protocols/fast.ts";
import { newReports, value, type Reported } from "./reports.ts";

const [a, b] = [value("a"), value("b")];
/** Terms 1 and 2 of four proposers: fast ballots with either recovery, and the classic ballots after them. */
const one = { fast: 5, recovery: 6, byAcceptors: 7, picked: 8, last: 9 };
const two = 10;

class Stage {
  readonly reports: readonly Reported[];
  readonly checker: ConsensusChecker;

  constructor() {
    const { reports, report } = newReports();
    const asked = new AskedValues();
    for (const each of [a, b]) asked.asks(each);
    const quorums = fast.fastMajority(4);
    this.reports = reports;
    this.checker = new ConsensusChecker(quorums, report, asked, fastBallots(quorums));
  }

  promise(ballot: number, ...acceptors: readonly number[]): this {
    for (const acceptor of acceptors) this.checker.durablePromise(acceptor, ballot);
    return this;
  }

  accept(ballot: number, what: Uint8Array, ...acceptors: readonly number[]): this {
    for (const acceptor of acceptors) this.checker.durableVote(acceptor, ballot, 1, what);
    return this;
  }

  get broken(): readonly string[] {
    return this.reports.map(({ checker }) => checker);
  }
}

/** The leader of term 1 has opened all slots in its first ballot. */
function opened(ballot = one.fast): Stage {
  const stage = new Stage().promise(ballot, 1, 2, 3);
  stage.checker.opens(ballot, 1);
  return stage;
}

test("in a fast ballot acceptors vote for what clients ask, and three for one value choose it", () => {
  const stage = opened().accept(one.fast, b, 4).accept(one.fast, a, 1, 2);
  expect(stage.checker.chosen(1)).toBeUndefined();
  stage.accept(one.fast, a, 3);
  expect(stage.checker.chosen(1)).toEqual(a);
  expect(stage.broken).toEqual([]);
});

test("votes for two values never add up", () => {
  const stage = opened().accept(one.fast, a, 1, 2).accept(one.fast, b, 3, 4);
  expect(stage.checker.chosen(1)).toBeUndefined();
  stage.checker.learns("learner 1", 1, a);
  expect(stage.broken).toEqual(["learning"]);
});

test("nothing may be voted for before Any, nor what no client asked for", () => {
  expect(new Stage().promise(one.fast, 1, 2, 3).accept(one.fast, a, 1).broken).toEqual(["validity"]);
  expect(opened().accept(one.fast, value("c"), 1).broken).toEqual(["validity"]);
});

test("an acceptor votes once in a slot and ballot", () => {
  expect(opened().accept(one.fast, a, 1).accept(one.fast, a, 1).broken).toEqual([]);
  expect(opened().accept(one.fast, a, 1).accept(one.fast, b, 1).broken).toEqual(["votes"]);
});

test("what leaves an acceptor is its own vote, not that of another in the same ballot", () => {
  const stage = opened().accept(one.fast, a, 1).accept(one.fast, b, 2);
  stage.checker.tells(1, one.fast, 1, a);
  expect(stage.broken).toEqual([]);
  stage.checker.tells(1, one.fast, 1, b);
  expect(stage.broken).toEqual(["reports"]);
});

test("after a collision the next ballot may have either value, and before it neither", () => {
  for (const picked of [a, b]) {
    const stage = opened().accept(one.fast, a, 1, 2).accept(one.fast, b, 3, 4);
    stage.checker.proposes(one.recovery, 1, picked);
    expect(stage.broken).toEqual([]);
  }
  // The fourth may still vote for a.
  const early = opened().accept(one.fast, a, 1, 2).accept(one.fast, b, 3);
  early.checker.proposes(one.recovery, 1, b);
  expect(early.broken).toEqual(["p2c"]);
});

test("what acceptors pick by themselves must be allowed as what a leader proposes", () => {
  const split = opened(one.byAcceptors).accept(one.byAcceptors, a, 1, 2).accept(one.byAcceptors, b, 3, 4);
  expect(split.accept(one.picked, b, 1, 2, 3).broken).toEqual([]);
  expect(split.checker.chosen(1)).toEqual(b);
  const early = opened(one.byAcceptors).accept(one.byAcceptors, a, 1, 2).accept(one.byAcceptors, b, 3);
  expect(early.accept(one.picked, b, 3).broken).toEqual(["p2c"]);
});

test("a new leader must finish what may have been chosen before it opens the slot", () => {
  const stage = opened().accept(one.fast, a, 1, 2).accept(one.fast, b, 3).promise(two, 1, 2, 3);
  stage.checker.opens(two, 2);
  expect(stage.broken).toEqual([]);
  stage.checker.opens(two, 1);
  expect(stage.broken).toEqual(["p2c"]);
  const settled = opened().accept(one.fast, a, 1, 2).accept(one.fast, b, 3).promise(two, 1, 2, 3, 4);
  settled.checker.opens(two, 1);
  expect(settled.broken).toEqual([]);
});

test("without a phase 1 quorum nothing may be proposed or opened", () => {
  const stage = new Stage().promise(one.fast, 1, 2);
  stage.checker.opens(one.fast, 1);
  expect(stage.broken).toEqual(["p2c"]);
  const other = new Stage().promise(one.last, 1, 2);
  other.checker.proposes(one.last, 1, a);
  expect(other.broken).toEqual(["p2c"]);
});

test("a vote in a slot promises nothing for others but to leave the terms before", () => {
  const stage = opened().accept(one.fast, a, 1, 2).accept(one.fast, b, 3, 4);
  stage.checker.proposes(one.recovery, 1, a);
  stage.accept(one.recovery, a, 1);
  stage.checker.durableVote(1, one.fast, 2, b);
  expect(stage.broken).toEqual([]);
  stage.accept(one.fast, a, 1);
  expect(stage.broken).toEqual([]);
  const left = opened().promise(two, 1);
  left.checker.durableVote(1, one.fast, 2, b);
  expect(left.broken).toEqual(["promises"]);
});
