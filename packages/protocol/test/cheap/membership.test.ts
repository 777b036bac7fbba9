/**
 * The quorums of mains and auxiliaries, every set of them, and the memberships that follow on each other.
 */
import { describe, expect, test } from "vitest";
import {
  cheap,
  decodeMembership,
  encodeMembership,
  flexible,
  isPhase1Quorum,
  isPhase2Quorum,
  majority,
  membershipOf,
  membersAmong,
  QuorumError,
  type Membership,
} from "../../src/index.ts";

/** `mains` from 1 on, and then the auxiliaries. */
function membershipWith(mains: number, auxiliaries: number): Membership {
  const members = Array.from({ length: mains + auxiliaries }, (_, index) => index + 1);
  const idle = members.slice(mains);
  return membershipOf(members, cheap.cheapQuorums(members, idle), { auxiliaries: idle });
}

/** All sets of members, as node numbers. */
function subsets(members: readonly number[]): readonly (readonly number[])[] {
  return members.reduce<readonly (readonly number[])[]>(
    (sets, node) => [...sets, ...sets.map((set) => [...set, node])],
    [[]],
  );
}

const sizes = [1, 2, 3, 4].flatMap((mains) => [0, 1, 2, 3, 4].map((auxiliaries) => [mains, auxiliaries] as const));

describe.each(sizes)("%i mains and %i auxiliaries", (mains, auxiliaries) => {
  const membership = membershipWith(mains, auxiliaries);
  const { members, quorums } = membership;
  const isQuorum = (nodes: readonly number[]): boolean => isPhase2Quorum(quorums, membersAmong(membership, nodes));
  const found = subsets(members).filter(isQuorum);

  test("the mains are a quorum by themselves, of both phases", () => {
    expect(isQuorum(membership.mains)).toBe(true);
    expect(isPhase1Quorum(quorums, membersAmong(membership, membership.mains))).toBe(true);
    expect(() => cheap.requireMainsChoose(membership)).not.toThrow();
  });

  test("every quorum has a main, and every two have a member in common", () => {
    for (const one of found) {
      expect(one.some((node) => membership.mains.includes(node))).toBe(true);
      for (const other of found) expect(one.some((node) => other.includes(node))).toBe(true);
    }
  });

  test("the other members do for any one main, as long as so many auxiliaries are up", () => {
    if (mains < 2 || auxiliaries === 0) return;
    for (const lost of membership.mains) expect(isQuorum(members.filter((node) => node !== lost))).toBe(true);
  });
});

test("three mains and an auxiliary: three of four; without one of them two of three", () => {
  const before = membershipWith(3, 1);
  expect(before.quorums).toEqual(majority(4));
  const after = cheap.withoutMain(before, 3);
  expect(after).toMatchObject({ number: 1, members: [1, 2, 4], mains: [1, 2], auxiliaries: [4], quorums: majority(3) });
});

test("the last main is not removed", () => {
  const one = cheap.withoutMain(membershipWith(2, 1), 1);
  expect(one).toMatchObject({ members: [2, 3], mains: [2], quorums: { phase1: 2, phase2: 2, weights: [2, 1] } });
  expect(one && cheap.withoutMain(one, 2)).toBeUndefined();
});

test("a main that returns takes its own place, and the quorums are as they were", () => {
  const first = membershipWith(3, 2);
  for (const node of first.mains) {
    const without = cheap.withoutMain(first, node);
    if (without === undefined) throw new Error("more than one main is left");
    const again = cheap.withMain(without, node);
    expect(again).toEqual({ ...first, number: 2 });
  }
});

test("all memberships survive the log", () => {
  for (const [mains, auxiliaries] of sizes) {
    const membership = membershipWith(mains, auxiliaries);
    expect(decodeMembership(encodeMembership(membership))).toEqual(membership);
  }
});

describe("an administrator's change", () => {
  const initialMains = [1, 2];
  const first = membershipWith(2, 1);

  test("keeps the mains a quorum", () => {
    const more = cheap.cheapChange(first, { add: 4, remove: 0 }, 9, initialMains);
    expect(more).toMatchObject({ members: [1, 2, 3, 4], mains: [1, 2, 4], quorums: majority(4), highest: 4 });
    const other = cheap.cheapChange(first, { add: 4, remove: 2 }, 9, initialMains);
    expect(other).toMatchObject({ members: [1, 4, 3], mains: [1, 4], auxiliaries: [3] });
    const fewer = cheap.cheapChange(first, { add: 0, remove: 3 }, 9, initialMains);
    expect(fewer).toMatchObject({ members: [1, 2], mains: [1, 2], quorums: majority(2) });
  });

  test("may bring back a main that was removed, and no other number that was used", () => {
    const without = cheap.withoutMain(first, 2);
    if (without === undefined) throw new Error("one main is left");
    expect(cheap.cheapChange(without, { add: 2, remove: 0 }, 9, initialMains)).toMatchObject({ mains: [1, 2] });
    expect(cheap.cheapChange(first, { add: 2, remove: 0 }, 9, initialMains)).toMatch(/has been used/);
    expect(cheap.cheapChange(without, { add: 0, remove: 1 }, 9, initialMains)).toBe("nobody would be left");
  });
});

describe("a configuration is refused", () => {
  test("when two quorums miss each other, which are named", () => {
    expect(() => flexible(3, 1, 2)).toThrow(/\{1\} and phase 2 \{2, 3\}/);
    expect(() => cheap.configurationOf(2, 1, { quorums: flexible(3, 1, 2) })).toThrow(QuorumError);
  });

  test("when the mains are no quorum: an auxiliary would work all the time", () => {
    expect(() => cheap.configurationOf(2, 1, { quorums: flexible(3, 1, 3) })).toThrow(
      "the mains 1, 2 are no quorum: an auxiliary would take part in every decision",
    );
  });

  test("without a main", () => {
    expect(() => cheap.configurationOf(0, 1)).toThrow(QuorumError);
  });
});
