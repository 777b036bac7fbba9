/**
 * Each rule of Paxos: calls that keep it, and calls that break it.
 */
import { describe, expect, test } from "vitest";
import { flexible, majority, type QuorumSystem } from "@synod/protocol";
import { AskedValues } from "../../src/check/asked.ts";
import { ConsensusChecker } from "../../src/check/consensus.ts";
import { newReports, value, type Reported } from "./reports.ts";

const [a, b] = [value("a"), value("b")];

class Stage {
  readonly reports: readonly Reported[];
  readonly checker: ConsensusChecker;
  readonly #asked = new AskedValues();

  constructor(quorums: QuorumSystem = majority(3)) {
    const { reports, report } = newReports();
    this.reports = reports;
    this.checker = new ConsensusChecker(quorums, report, this.#asked);
    for (const each of [a, b]) this.#asked.asks(each);
  }

  /** Acceptors promise a ballot, on their disks, and report nothing. */
  promise(ballot: number, ...acceptors: readonly number[]): void {
    for (const acceptor of acceptors) {
      this.checker.durablePromise(acceptor, ballot);
      this.report(acceptor, ballot, []);
    }
  }

  report(
    acceptor: number,
    ballot: number,
    accepted: readonly { readonly slot: number; readonly ballot: number; readonly value: Uint8Array }[],
    { from = 1, chosenThrough = 0, next = 0 } = {},
  ): void {
    this.checker.promises(acceptor, { ballot, from, chosenThrough, accepted, next });
  }

  /** Acceptors accept what was proposed. */
  accept(ballot: number, slot: number, what: Uint8Array, ...acceptors: readonly number[]): void {
    for (const acceptor of acceptors) {
      this.checker.durableVote(acceptor, ballot, slot, what);
      this.checker.votes(acceptor, ballot, slot);
    }
  }

  get broken(): readonly string[] {
    return this.reports.map(({ checker }) => checker);
  }
}

/** Ballot 1 has chosen `a` in slot 1, at acceptors 1 and 2. */
function chosen(quorums?: QuorumSystem): Stage {
  const stage = new Stage(quorums);
  stage.promise(1, 1, 2);
  stage.checker.proposes(1, 1, a);
  stage.accept(1, 1, a, 1, 2);
  return stage;
}

test("a ballot after a ballot that keeps to the rules breaks none", () => {
  const stage = chosen();
  expect(stage.checker.chosenThrough).toBe(1);
  stage.checker.durablePromise(2, 2);
  stage.report(2, 2, [{ slot: 1, ballot: 1, value: a }]);
  stage.promise(2, 3);
  stage.checker.proposes(2, 1, a);
  stage.checker.proposes(2, 2, new Uint8Array(0));
  stage.accept(2, 1, a, 2, 3);
  stage.accept(2, 2, new Uint8Array(0), 3);
  stage.checker.claims("proposer 2", 1);
  stage.checker.learns("learner 1", 1, a);
  stage.checker.confirms(3, 2);
  expect(stage.reports).toEqual([]);
});

describe("ballots", () => {
  test("belong to one life of one proposer each", () => {
    const { checker, reports } = new Stage();
    checker.uses(1, 1, 1);
    checker.uses(1, 1, 1);
    checker.uses(4, 1, 2);
    expect(reports).toEqual([]);
    checker.uses(4, 1, 3);
    checker.uses(5, 1, 3);
    expect(reports.map(({ message }) => message)).toEqual([
      "proposer 1 in its life 3 uses ballot 4, as proposer 1 in its life 2 did",
      "proposer 1 in its life 3 uses ballot 5, which is proposer 2's",
    ]);
  });

  test("are on a disk before they are prepared", () => {
    const stage = new Stage();
    stage.checker.durableBallot(1, 4);
    stage.checker.prepares(1, 4);
    expect(stage.broken).toEqual([]);
    stage.checker.prepares(1, 7);
    stage.checker.prepares(2, 2);
    expect(stage.broken).toEqual(["durability", "durability"]);
  });
});

describe("P2c", () => {
  test("no phase 1 quorum has promised", () => {
    const stage = new Stage();
    stage.promise(1, 1);
    stage.checker.proposes(1, 1, a);
    expect(stage.broken).toEqual(["p2c"]);
  });

  test("every phase 1 quorum has a proposal with another value", () => {
    const stage = chosen();
    stage.checker.durablePromise(2, 2);
    stage.report(2, 2, [{ slot: 1, ballot: 1, value: a }]);
    stage.promise(2, 3);
    stage.checker.proposes(2, 1, b);
    expect(stage.reports).toEqual([
      { checker: "p2c", message: 'ballot 2 proposes "b" for slot 1: the acceptors hold "a" in ballot 1 at 1, 2' },
    ]);
  });

  test("smaller phase 1 quorums see less", () => {
    // Phase 1 takes one acceptor, phase 2 all three: an acceptor without a vote proves that nothing is chosen.
    const stage = chosen(flexible(3, 1, 3));
    stage.promise(2, 3);
    stage.checker.proposes(2, 1, b);
    expect(stage.broken).toEqual([]);
  });

  test("one ballot has one value for a slot", () => {
    const stage = chosen();
    stage.checker.proposes(1, 1, a);
    expect(stage.broken).toEqual([]);
    stage.checker.proposes(1, 1, b);
    expect(stage.broken).toEqual(["p2c"]);
  });
});

test("only what a client asked for is proposed, and only what was proposed is accepted", () => {
  const stage = new Stage();
  stage.promise(1, 1, 2);
  stage.checker.proposes(1, 1, value("c"));
  expect(stage.reports).toEqual([
    { checker: "validity", message: 'ballot 1 proposes for slot 1 what no client asked for: "c"' },
  ]);
  stage.accept(1, 2, a, 1);
  expect(stage.broken).toEqual(["validity", "validity"]);
});

test("two values in one slot", () => {
  const stage = chosen();
  stage.promise(2, 3);
  // P2c is broken first; then two quorums have accepted.
  stage.checker.proposes(2, 1, b);
  stage.accept(2, 1, b, 2, 3);
  expect(stage.broken).toContain("agreement");
});

describe("an acceptor", () => {
  test("accepts nothing below its promise", () => {
    const stage = chosen();
    stage.promise(2, 3);
    stage.accept(1, 1, a, 3);
    expect(stage.broken).toEqual(["promises"]);
  });

  test("may tell again of what it accepted before a promise", () => {
    const stage = chosen();
    stage.checker.durablePromise(2, 2);
    stage.checker.votes(2, 1, 1);
    expect(stage.broken).toEqual([]);
  });

  test("promises no lower ballot than before, and confirms none", () => {
    const stage = new Stage();
    stage.promise(2, 1);
    stage.promise(1, 1);
    stage.checker.confirms(1, 1);
    expect(stage.broken).toEqual(["promises", "promises"]);
  });

  test("says nothing before it is durable", () => {
    const stage = new Stage();
    stage.report(1, 1, []);
    stage.checker.votes(1, 1, 1);
    expect(stage.broken).toEqual(["durability", "durability"]);
  });

  test("need not keep a vote for a slot that its log has trimmed, but what it binds it to", () => {
    const stage = chosen();
    stage.checker.durableTrim(3, 1);
    stage.checker.durablePromise(3, 2);
    stage.checker.votes(3, 2, 1);
    expect(stage.broken).toEqual([]);
    stage.checker.votes(3, 5, 1);
    expect(stage.broken).toEqual(["durability"]);
  });

  test("comes back with all that it had", () => {
    const stage = chosen();
    stage.promise(2, 2);
    const whole = { ballot: 2, votes: new Map([[1, 1]]), trimmedThrough: 0 };
    stage.checker.began(2, whole);
    stage.checker.began(2, { ...whole, votes: new Map(), trimmedThrough: 1 });
    expect(stage.broken).toEqual(["reports"]);
    stage.checker.began(2, { ...whole, ballot: 1 });
    stage.checker.began(2, { ...whole, votes: new Map() });
    expect(stage.reports.slice(1).map(({ message }) => message)).toEqual([
      "acceptor 2 comes back with ballot 1, it had promised 2",
      "acceptor 2 comes back without its vote for slot 1 in ballot 1",
    ]);
  });
});

describe("a promise", () => {
  const accepted = { slot: 1, ballot: 1, value: a };

  test.each([
    ["the vote is reported", [accepted], {}, []],
    ["it was asked about later slots only", [], { from: 2 }, []],
    ["the slot is known to be chosen", [], { chosenThrough: 1 }, []],
    ["the slot comes on the next page", [], { next: 1 }, []],
    ["the vote is left out", [], {}, ["reports"]],
    ["another value is reported", [{ ...accepted, value: b }], {}, ["reports"]],
    ["another ballot is reported", [{ ...accepted, ballot: 2 }], {}, ["reports"]],
    ["a vote for another slot is reported", [accepted, { ...accepted, slot: 2 }], {}, ["reports"]],
  ])("%s", (_, reported, rest, broken) => {
    const stage = chosen();
    stage.checker.durablePromise(2, 4);
    stage.report(2, 4, reported, rest);
    expect(stage.broken).toEqual(broken);
  });

  test("tells of the highest-numbered proposal", () => {
    const stage = chosen();
    stage.promise(2, 3);
    stage.checker.durablePromise(2, 2);
    stage.report(2, 2, [accepted]);
    stage.checker.proposes(2, 1, a);
    stage.accept(2, 1, a, 2);
    stage.checker.durablePromise(2, 3);
    stage.report(2, 3, [{ ...accepted, ballot: 2 }]);
    expect(stage.broken).toEqual([]);
    stage.report(2, 3, [accepted]);
    expect(stage.broken).toEqual(["reports"]);
  });
});

test("nobody learns, or says, more than is chosen", () => {
  const stage = new Stage();
  stage.promise(1, 1, 2);
  stage.checker.proposes(1, 1, a);
  stage.accept(1, 1, a, 1);
  stage.checker.learns("learner 1", 1, a);
  stage.checker.claims("proposer 1", 1);
  expect(stage.broken).toEqual(["learning", "learning"]);
  stage.accept(1, 1, a, 2);
  stage.checker.learns("learner 1", 1, a);
  stage.checker.claims("proposer 1", 1);
  expect(stage.broken).toHaveLength(2);
  stage.checker.learns("learner 1", 1, b);
  stage.checker.claims("proposer 1", 2);
  expect(stage.broken).toHaveLength(4);
});
