import { expect, test } from "vitest";
import { TransactionsChecker } from "../../src/check/transactions.ts";
import { newReports } from "./reports.ts";

const participants = [
  { node: 1, writes: 1 },
  { node: 2, writes: 2 },
];

function checked() {
  const { reports, report } = newReports();
  const checker = new TransactionsChecker(report);
  checker.asks(7, participants);
  return { checker, reports };
}

function prepared() {
  const all = checked();
  all.checker.prepares(1, 7, 1);
  all.checker.prepares(2, 7, 2);
  return all;
}

test("a transaction that all participants have prepared may be committed, by all", () => {
  const { checker, reports } = prepared();
  checker.settles(1, 7, true);
  checker.settles(2, 7, true);
  checker.decides("client 101", 7, true);
  expect(reports).toEqual([]);
  expect([checker.committed, checker.aborted]).toEqual([1, 0]);
});

test("two participants must not decide differently", () => {
  const { checker, reports } = prepared();
  checker.settles(1, 7, true);
  checker.settles(2, 7, false);
  expect(reports).toEqual([
    { checker: "atomicity", message: "transaction 7: participant 1 commits it, participant 2 aborts it" },
  ]);
});

test("nor may a client be told something else", () => {
  const { checker, reports } = prepared();
  checker.settles(1, 7, false);
  checker.decides("leader 1 to a client", 7, true);
  expect(reports).toMatchObject([{ checker: "atomicity" }]);
});

test("what one has not prepared must not be committed", () => {
  const { checker, reports } = checked();
  checker.prepares(1, 7, 1);
  checker.settles(1, 7, true);
  expect(reports).toMatchObject([{ checker: "validity", message: expect.stringContaining("participant 2 has not") }]);
});

test("what no client asked for must not be committed", () => {
  const { checker, reports } = checked();
  checker.decides("leader 1", 8, true);
  expect(reports).toMatchObject([{ checker: "validity" }]);
});

test("a participant must not vote for a part", () => {
  const { checker, reports } = checked();
  checker.prepares(2, 7, 1);
  expect(reports).toMatchObject([{ checker: "validity", message: expect.stringContaining("it was sent 2") }]);
});

test("a vote that leaves must be on the disk", () => {
  const { checker, reports } = checked();
  checker.votes(1, 7);
  expect(reports).toMatchObject([{ checker: "durability" }]);
});

test("a participant must come back with its votes and outcomes", () => {
  const { checker, reports } = prepared();
  expect(checker.inDoubt(1)).toEqual([7]);
  checker.began(1, new Set([7]), new Map());
  expect(reports).toEqual([]);
  checker.began(1, new Set(), new Map());
  checker.settles(1, 7, true);
  expect(checker.inDoubt(1)).toEqual([]);
  checker.began(1, new Set([7]), new Map());
  expect(reports.map(({ message }) => message)).toEqual([
    "participant 1 comes back without its vote for transaction 7",
    "participant 1 comes back without the outcome of transaction 7",
  ]);
});
