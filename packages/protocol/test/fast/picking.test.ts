/**
 * The value-picking rule, against every way in which the acceptors that did not answer may have voted.
 */
import { describe, expect, test } from "vitest";
import { countAcceptors, hasAcceptor, noAcceptors, noOp, sameValue, withAcceptor } from "../../src/index.ts";
import { fastQuorums, quorumOf, valueToPick, type FastQuorums } from "../../src/fast/index.ts";

const [v, w] = [Uint8Array.of(1), Uint8Array.of(2)];
const [fastBallot, classicBallot, lower] = [10, 11, 5];
type Cast = { readonly ballot: number; readonly value: Uint8Array } | undefined;

const systems: readonly FastQuorums[] = [
  fastQuorums(3, 2, 2, 3),
  fastQuorums(4, 3, 3, 3),
  fastQuorums(4, 2, 3, 4),
  fastQuorums(5, 3, 3, 4),
  fastQuorums(5, 5, 1, 3),
];

/** Every way in which so many acceptors may have voted. */
function* everyWay(acceptors: number, casts: readonly Cast[]): Generator<readonly Cast[]> {
  if (acceptors === 0) return yield [];
  for (const before of everyWay(acceptors - 1, casts)) for (const cast of casts) yield [...before, cast];
}

/** Whether a value has a quorum in a ballot. */
function isChosen(quorums: FastQuorums, votes: readonly Cast[], ballot: number, value: Uint8Array): boolean {
  const voters = votes.filter((cast) => cast?.ballot === ballot && sameValue(cast.value, value));
  return voters.length >= quorumOf(quorums, ballot);
}

/** Picks by what the acceptors of a set report, for every set that is a phase 1 quorum. */
function* picks(quorums: FastQuorums, votes: readonly Cast[]): Generator<Uint8Array> {
  for (let set = noAcceptors; set < 2 ** quorums.acceptors; set++) {
    if (countAcceptors(set) < quorums.phase1) continue;
    yield valueToPick(
      quorums,
      set,
      votes.flatMap((cast, index) => (cast !== undefined && hasAcceptor(set, index + 1) ? [cast] : [])),
    );
  }
}

describe.each(systems)("$acceptors acceptors, $phase1, $phase2 and $fast", (quorums) => {
  test("what was chosen in a fast ballot is picked, whoever answers", () => {
    let chosen = 0;
    for (const votes of everyWay(quorums.acceptors, [
      undefined,
      { ballot: fastBallot, value: v },
      { ballot: fastBallot, value: w },
    ])) {
      for (const value of [v, w]) {
        if (!isChosen(quorums, votes, fastBallot, value)) continue;
        chosen += 1;
        for (const picked of picks(quorums, votes)) expect(picked).toEqual(value);
      }
    }
    expect(chosen).toBeGreaterThan(0);
  });

  test("what was chosen in a classic ballot, with older votes about, is picked as well", () => {
    let chosen = 0;
    for (const votes of everyWay(quorums.acceptors, [
      undefined,
      { ballot: lower, value: w },
      { ballot: classicBallot, value: v },
    ])) {
      if (!isChosen(quorums, votes, classicBallot, v)) continue;
      chosen += 1;
      for (const picked of picks(quorums, votes)) expect(picked).toEqual(v);
    }
    expect(chosen).toBeGreaterThan(0);
  });
});

test("a value that may be chosen by acceptors that have not answered is picked, against the majority of those that have", () => {
  const quorums = fastQuorums(5, 3, 3, 4);
  const three = [1, 2, 3].reduce(withAcceptor, noAcceptors);
  const fast = (value: Uint8Array) => ({ ballot: fastBallot, value });
  // With the two that are silent v has four votes, w could have three.
  expect(valueToPick(quorums, three, [fast(v), fast(v), fast(w)])).toEqual(v);
  // Nothing can have been chosen: the choice is free among what was voted for.
  const four = withAcceptor(three, 4);
  expect(valueToPick(quorums, four, [fast(w), fast(w), fast(v), fast(v)])).toEqual(v);
  expect(valueToPick(quorums, four, [fast(w), fast(w), fast(v), fast(v)], (value) => sameValue(value, v))).toEqual(w);
  expect(valueToPick(quorums, four, [])).toEqual(noOp);
});

test("a value that another slot has is picked all the same when it may have been chosen", () => {
  const quorums = fastQuorums(4, 3, 3, 3);
  const three = [1, 2, 3].reduce(withAcceptor, noAcceptors);
  const reports = [v, v, w].map((value) => ({ ballot: fastBallot, value }));
  expect(valueToPick(quorums, three, reports, (value) => sameValue(value, v))).toEqual(v);
});
