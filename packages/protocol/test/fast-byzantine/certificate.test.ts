/**
 * What n-f reports vouch for, against every history of votes and every lie: no value that was learned is lost, and whoever
 * has the reports of all who are honest can go on.
 */
import { describe, expect, test } from "vitest";
import { fastByzantine, keyOf } from "@synod/protocol";

const { conclusive, judge, quorumsOf } = fastByzantine;

const slot = 1;
/** What an acceptor can say of one slot: that it voted for a value, or for none, or that the slot is stable. */
type Said = "v" | "w" | "." | "stable";
const sayings: readonly Said[] = ["v", "w", ".", "stable"];

const digestOf = (value: "v" | "w"): Uint8Array => Uint8Array.of(value.charCodeAt(0));

function report(node: number, said: Said): fastByzantine.Report {
  const votes = said === "v" || said === "w" ? [{ slot, ballot: 1, digest: digestOf(said) }] : [];
  return { node, stableThrough: said === "stable" ? slot : 0, votes, signature: new Uint8Array(0) };
}

/** All ways in which so many acceptors can each say something. */
function* words(length: number, letters: readonly Said[]): Iterable<readonly Said[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const rest of words(length - 1, letters)) for (const letter of letters) yield [letter, ...rest];
}

function* subsets(items: readonly number[], size: number): Iterable<readonly number[]> {
  if (size === 0) yield [];
  for (const [index, item] of items.entries()) {
    if (size > 0) for (const rest of subsets(items.slice(index + 1), size - 1)) yield [item, ...rest];
  }
}

const systems = [
  { acceptors: 6, faults: 1 },
  { acceptors: 7, faults: 1 },
  { acceptors: 4, faults: 1, fastFaults: 0 },
] as const;

describe.each(systems)("$acceptors acceptors of which $faults may lie", (system) => {
  const quorums = quorumsOf(system);
  const nodes = Array.from({ length: quorums.acceptors }, (_, index) => index + 1);
  const liar = quorums.acceptors;
  const honest = nodes.slice(0, -1);

  /** What honest acceptors have voted for; with the liar's vote a value may have been learned. */
  function isLearned(votes: readonly Said[], value: "v" | "w"): boolean {
    return votes.filter((vote) => vote === value || vote === "stable").length + 1 >= quorums.learn;
  }

  test("a value that was learned is the only one that any certificate vouches for, or the slot is known", () => {
    let learned = 0;
    // After v was learned, those who know that enough have it may say so in place of their votes.
    for (const votes of words(honest.length, ["v", "w", ".", "stable"])) {
      if (!isLearned(votes, "v")) continue;
      learned += 1;
      for (const lie of sayings) {
        const reports = [...votes.map((vote, index) => report(index + 1, vote)), report(liar, lie)];
        for (const chosen of subsets(nodes, quorums.reports)) {
          const judgement = judge(
            quorums,
            2,
            chosen.flatMap((node) => reports[node - 1] ?? []),
          );
          const verdict = judgement?.verdict(slot);
          if (verdict !== "none")
            expect(verdict, `${votes.join(" ")} ${lie}`).toEqual({ digest: keyOf(digestOf("v")) });
        }
      }
    }
    expect(learned).toBeGreaterThan(0);
  });

  test("with the reports of all who are honest there is a certificate by which the slot is filled, whatever the liar says", () => {
    for (const votes of words(honest.length, sayings)) {
      // An honest one says "stable" only of what was learned, and of one value.
      const isStable = votes.includes("stable");
      if (isStable && !isLearned(votes, "v")) continue;
      for (const lie of sayings) {
        const reports = [...votes.map((vote, index) => report(index + 1, vote)), report(liar, lie)];
        const found = conclusive(quorums, 2, reports);
        expect(found, `${votes.join(" ")} ${lie}`).toBeDefined();
      }
    }
  });
});

describe("a certificate", () => {
  const quorums = quorumsOf({ acceptors: 6, faults: 1 });
  const five = [1, 2, 3, 4, 5].map((node) => report(node, "v"));

  test("is none with too few reports, with two of one node, or with two votes of one for a slot", () => {
    expect(judge(quorums, 2, five.slice(1))).toBeUndefined();
    expect(judge(quorums, 2, [...five.slice(1), report(2, "w")])).toBeUndefined();
    const twice = { ...report(1, "v"), votes: [...report(1, "v").votes, ...report(1, "w").votes] };
    expect(judge(quorums, 2, [twice, ...five.slice(1)])).toBeUndefined();
    expect(judge(quorums, 2, five)).toBeDefined();
  });

  test("does not go by what one alone says is stable, however high", () => {
    const judgement = judge(quorums, 2, [{ ...report(1, "."), stableThrough: 2 ** 50 }, ...five.slice(1)]);
    expect(judgement?.base).toBe(0);
    expect(judgement?.highest).toBe(slot);
  });

  test("is judged by the slots that were voted for, not by all below the highest", () => {
    const far = 2 ** 50;
    const votes = [{ slot: far, ballot: 1, digest: digestOf("v") }];
    const judgement = judge(quorums, 2, [
      ...five.slice(0, 2),
      ...[3, 4, 5].map((node) => ({ ...report(node, "."), votes })),
    ]);
    expect(judgement?.highest).toBe(far);
    expect(judgement?.isConclusive).toBe(true);
    expect([...(judgement?.required ?? [])]).toEqual([[far, keyOf(digestOf("v"))]]);
  });

  test("leaves free what the reports leave free, also above what was voted for", () => {
    const judgement = judge(
      quorums,
      2,
      [1, 2, 3, 4, 5].map((node) => report(node, node < 3 ? "v" : ".")),
    );
    expect(judgement?.verdict(slot)).toBe("any");
    expect(judgement?.verdict(slot + 1)).toBe("any");
    expect(judgement?.highest).toBe(0);
  });
});
