/**
 * P2c against its own words: every set of acceptors is tried.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { countAcceptors, flexible, isPhase1Quorum, noAcceptors, sameValue, type AcceptorSet } from "@synod/protocol";
import { mayPropose, type Vote } from "../../src/check/p2c.ts";
import { value } from "./reports.ts";

const values = ["a", "b"].map(value);
const proposed = values[0] ?? value("a");
const ballot = 5;

/** Tries each set that holds a phase 1 quorum. */
function byEverySet(
  acceptors: number,
  phase1: number,
  votes: ReadonlyMap<number, Vote>,
  promised: AcceptorSet,
): boolean {
  for (let set = noAcceptors; set < 2 ** acceptors; set++) {
    if ((set & ~promised) !== noAcceptors || countAcceptors(set) < phase1) continue;
    const numbers = [...votes].flatMap(([number, vote]) =>
      number < ballot && (vote.acceptors & set) !== noAcceptors ? [number] : [],
    );
    const highest = votes.get(Math.max(...numbers));
    if (highest === undefined || sameValue(highest.value, proposed)) return true;
  }
  return false;
}

test("it allows a value when some phase 1 quorum does, and no other", () => {
  const cases = fc.integer({ min: 1, max: 5 }).chain((acceptors) =>
    fc.record({
      acceptors: fc.constant(acceptors),
      phase1: fc.integer({ min: 1, max: acceptors }),
      promised: fc.nat(2 ** acceptors - 1),
      votes: fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(1), fc.nat(2 ** acceptors - 1)), {
        maxLength: 5,
      }),
    }),
  );
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(cases, ({ acceptors, phase1, promised, votes }) => {
      const byBallot = new Map(
        votes.map(([number, which, set]) => [number, { value: values[which] ?? proposed, acceptors: set }] as const),
      );
      const quorums = flexible(acceptors, phase1, acceptors);
      const single = new Map([...byBallot].map(([number, vote]) => [number, [vote]] as const));
      const allowed =
        mayPropose((set) => isPhase1Quorum(quorums, set), single, promised, ballot, proposed) === undefined;
      seen.add(allowed);
      expect(allowed).toBe(byEverySet(acceptors, phase1, byBallot, promised));
    }),
    { seed: 4, numRuns: 5000 },
  );
  expect(seen.size).toBe(2);
});
