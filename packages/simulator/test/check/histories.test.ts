/**
 * The checker of Generalized Paxos: each rule that it watches, kept and broken.
 */
import { generalized } from "@synod/protocol";
import { expect, test } from "vitest";
import { HistoriesChecker } from "../../src/check/histories.ts";
import { Tally } from "../../src/world/tally.ts";

const [a, b, c] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
const checkpoint = new Uint8Array(0);
const carried = (...commands: readonly Uint8Array[]) => commands.map((command) => ({ command }));
const begin = (ballot: number, slot: number, ...history: readonly Uint8Array[]): generalized.Accept => ({
  kind: "Accept",
  isClassic: false,
  ballot,
  slot,
  commitPoint: slot - 1,
  history: carried(...history),
});
const add = (ballot: number, slot: number, from: number, ...commands: readonly Uint8Array[]): generalized.Accepted => ({
  kind: "Accepted",
  ballot,
  slot,
  from,
  commands: carried(...commands),
});

/** Four acceptors, all of which have promised ballot 1; a commutes with b, and c with nothing. */
class Stage {
  readonly found: string[] = [];
  readonly checker = new HistoriesChecker({
    quorums: generalized.leastQuorums(4),
    interference: (one, other) => one[0] === 3 || other[0] === 3,
    report: (rule, message) => this.found.push(`${rule}: ${message}`),
    values: {
      show: (value) => String(value[0] ?? "checkpoint"),
      unasked: (value) => (value[0] === 9 ? "9" : undefined),
    },
    reached: new Tally(),
  });

  constructor() {
    this.promise(1, 1, 2, 3, 4);
  }

  promise(ballot: number, ...nodes: readonly number[]): void {
    for (const node of nodes) this.checker.durablePromise(node, ballot);
  }

  /** A ballot begins an instance, and these acceptors store it. */
  begins(accept: generalized.Accept, ...nodes: readonly number[]): void {
    this.checker.begins(accept);
    for (const node of nodes) this.checker.durableBegin(node, accept);
  }
}

/** Acceptors 1 to 3 have a and c, in this order. */
function withTwo(): Stage {
  const stage = new Stage();
  stage.begins(begin(1, 1), 1, 2, 3, 4);
  for (const node of [1, 2, 3]) stage.checker.durableAdd(node, add(1, 1, 0, a, c));
  return stage;
}

test("a run that keeps all rules: two orders that do not matter, a higher ballot, and the next instance", () => {
  const stage = new Stage();
  stage.begins(begin(1, 1), 1, 2, 3, 4);
  stage.checker.durableAdd(1, add(1, 1, 0, a, b));
  for (const node of [2, 3]) stage.checker.durableAdd(node, add(1, 1, 0, b, a));
  stage.checker.starts(1, 0);
  stage.checker.starts(2, 0);
  stage.checker.learns(1, 1, a);
  stage.checker.learns(2, 1, b);
  stage.checker.learns(1, 2, b);
  stage.checker.learns(2, 2, a);
  // Each is known by one number, whoever learned it where.
  expect(stage.checker.numberOf(1, 2)).not.toBe(stage.checker.numberOf(2, 2));
  stage.promise(5, 1, 2, 4);
  stage.begins(begin(5, 1, b, a, checkpoint), 1, 2, 4);
  expect(stage.checker.isEnd(3)).toBe(true);
  stage.begins(begin(5, 4), 1, 2, 4);
  stage.checker.claims("somebody", 3);
  expect(stage.found).toEqual([]);
  expect(stage.checker.chosenThrough).toBe(3);
});

test.each<[string, RegExp, (stage: Stage) => void]>([
  [
    "a ballot that begins without what may be chosen",
    /^safety: .*may have chosen/,
    (stage) => {
      stage.promise(5, 1, 2, 4);
      stage.checker.begins(begin(5, 1, c));
    },
  ],
  [
    "a ballot that no quorum has promised",
    /^safety: .*no phase 1 quorum/,
    ({ checker }) => void checker.begins(begin(5, 1, a, c)),
  ],
  ["a vote that is replaced", /^stability: acceptor 1/, ({ checker }) => checker.durableAdd(1, add(1, 1, 0, c))],
  ["a vote with a gap", /^stability: acceptor 1/, ({ checker }) => checker.durableAdd(1, add(1, 1, 5, b))],
  [
    "a vote that leaves before its disk has it",
    /^durability: the vote of acceptor 4/,
    ({ checker }) => checker.votes(4, add(1, 1, 0, a)),
  ],
  [
    "a command that nobody asked for",
    /^validity: acceptor 1 adds/,
    ({ checker }) => checker.durableAdd(1, add(1, 1, 2, Uint8Array.of(9))),
  ],
  [
    "in a classic ballot a command that its leader has not proposed there",
    /^validity: acceptor 1 adds to slot 1 in classic ballot 5/,
    (stage) => {
      stage.promise(5, 1, 2, 4);
      stage.begins({ ...begin(5, 1, a, c), isClassic: true }, 1, 2);
      stage.checker.appends({ ...add(5, 1, 2, b), kind: "Append" });
      stage.checker.durableAdd(2, add(5, 1, 2, b));
      expect(stage.found).toEqual([]);
      stage.checker.durableAdd(1, add(5, 1, 2, Uint8Array.of(4)));
    },
  ],
  [
    "a leader that contradicts what it proposed in a classic ballot, or leaves a gap",
    /^safety: ballot 5 goes on in slot 1/,
    (stage) => {
      stage.promise(5, 1, 2, 4);
      stage.begins({ ...begin(5, 1, a, c), isClassic: true }, 1, 2);
      stage.checker.appends({ ...add(5, 1, 2, b), kind: "Append" });
      stage.checker.appends({ ...add(5, 1, 1, c, b), kind: "Append" });
      expect(stage.found).toEqual([]);
      stage.checker.appends({ ...add(5, 1, 4, c), kind: "Append" });
      expect(stage.found).toHaveLength(1);
      stage.checker.appends({ ...add(5, 1, 2, c), kind: "Append" });
      expect(stage.found).toHaveLength(2);
    },
  ],
  [
    "a vote below a promise",
    /^promises: acceptor 1 accepts ballot 1/,
    ({ checker }) => {
      checker.durablePromise(1, 5);
      checker.durableAdd(1, add(1, 1, 2, b));
    },
  ],
  [
    "a report that leaves something out",
    /^reports: acceptor 1 reports for slot 1 1 commands/,
    ({ checker }) => {
      checker.durablePromise(1, 5);
      const accepted = [{ slot: 1, ballot: 1, history: carried(a) }];
      checker.promises(1, { kind: "Promised", ballot: 5, from: 0, chosenThrough: 0, accepted, next: 0 });
    },
  ],
  [
    "a learner that learns what is not chosen",
    /^learning: learner 1 learns 3/,
    ({ checker }) => {
      checker.starts(1, 0);
      checker.learns(1, 1, c);
    },
  ],
  [
    "an instance that is said to be closed and is not",
    /^learning: .*closed up to slot 2/,
    ({ checker }) => checker.claims("somebody", 2),
  ],
  [
    "a log that comes back without a vote",
    /^durability: acceptor 1 comes back for slot 1 with 1 commands/,
    ({ checker }) =>
      checker.began(1, { ballot: 1, votes: new Map([[1, { ballot: 1, length: 1 }]]), trimmedThrough: 0 }),
  ],
])("it finds %s", (_name, expected, breaks) => {
  const stage = withTwo();
  expect(stage.found).toEqual([]);
  breaks(stage);
  expect(stage.found[0]).toMatch(expected);
});

test("it finds two learners that have learned interfering commands in two orders", () => {
  const stage = withTwo();
  for (const node of [1, 2]) stage.checker.starts(node, 0);
  stage.checker.learns(1, 1, a);
  stage.checker.learns(1, 2, c);
  stage.checker.learns(2, 1, c);
  expect(stage.found[0]).toMatch(/^compatibility: learner 2 learns 3 at slot 1/);
});

test("it finds two acceptors that close an instance otherwise in the same ballot, and one that is told to go on in no ballot", () => {
  const stage = withTwo();
  stage.checker.appends({ ...add(1, 1, 2, checkpoint), kind: "Append" });
  stage.checker.durableAdd(1, add(1, 1, 2, checkpoint));
  stage.checker.durableAdd(2, add(1, 1, 2, checkpoint));
  expect(stage.found).toEqual([]);
  stage.checker.appends({ ...add(1, 1, 2, b), kind: "Append" });
  stage.checker.appends({ ...add(5, 1, 2, checkpoint), kind: "Append" });
  expect(stage.found).toHaveLength(2);
  stage.checker.durableAdd(3, add(1, 1, 2, b, checkpoint));
  expect(stage.found[2]).toMatch(/^safety: ballot 1 closes slot 1 with two histories, one of them at acceptor 3/);
});

test("it finds two quorums that have chosen what contradicts", () => {
  const stage = withTwo();
  stage.promise(5, 1, 2, 4);
  stage.begins(begin(5, 1, c, a), 1, 2, 4);
  expect(stage.found.some((line) => line.startsWith("agreement: in slot 1"))).toBe(true);
});
