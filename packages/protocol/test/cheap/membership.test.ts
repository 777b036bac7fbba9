/**
 * The quorums of mains and auxiliaries, every set of them, and the memberships that follow on each other.
 */
import { describe, expect, test } from "vitest";
import {
  cheap,
  decodeMembership,
  encodeMembership,
  flexible,
  isMade,
  isPhase1Quorum,
  isPhase2Quorum,
  majority,
  maxAcceptors,
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
  expect(after).toMatchObject({ number: 1, members: [1, 2, 4], mains: [1, 2], auxiliaries: [4], absent: [3] });
  expect(after?.quorums).toEqual(majority(3));
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

test("all memberships survive the log, also who is absent", () => {
  for (const [mains, auxiliaries] of sizes) {
    const membership = membershipWith(mains, auxiliaries);
    for (const each of [membership, cheap.withoutMain(membership, mains)]) {
      if (each !== undefined) expect(decodeMembership(encodeMembership(each))).toEqual(each);
    }
  }
});

describe("an administrator's change", () => {
  const first = membershipWith(2, 1);
  const withoutSecond = cheap.withoutMain(first, 2) ?? first;
  const change = (before: Membership, add: number, remove: number) => cheap.cheapChange(before, { add, remove }, 9);

  test("keeps the mains a quorum", () => {
    const more = change(first, 4, 0);
    expect(more).toMatchObject({ members: [1, 2, 3, 4], mains: [1, 2, 4], quorums: majority(4), highest: 4 });
    const other = change(first, 4, 2);
    expect(other).toMatchObject({ members: [1, 4, 3], mains: [1, 4], auxiliaries: [3], absent: [] });
    const fewer = change(membershipWith(3, 1), 0, 2);
    expect(fewer).toMatchObject({ members: [1, 3, 4], mains: [1, 3], absent: [], quorums: majority(3) });
  });

  test("may bring back a main that is absent, and no other number that was used", () => {
    expect(change(withoutSecond, 2, 0)).toMatchObject({ mains: [1, 2], absent: [] });
    expect(change(first, 2, 0)).toMatch(/has been used/);
    expect(change(withoutSecond, 0, 1)).toBe("nobody would be left");
  });

  test("puts another main in the place of an absent one, which never comes back", () => {
    const replaced = change(withoutSecond, 4, 2);
    expect(replaced).toMatchObject({ number: 2, mains: [1, 4], auxiliaries: [3], absent: [], quorums: majority(3) });
    if (typeof replaced === "string") throw new Error(replaced);
    expect(isMade(replaced, { add: 4, remove: 2 })).toBe(true);
    expect(change(replaced, 2, 0)).toMatch(/has been used/);
    expect(change(replaced, 5, 2)).toBe("no such node is a member");
  });

  test("takes an absent main out for good; that it is silent does not", () => {
    expect(isMade(withoutSecond, { add: 0, remove: 2 })).toBe(false);
    const removed = change(withoutSecond, 0, 2);
    expect(removed).toMatchObject({ number: 2, mains: [1], absent: [], highest: 3 });
    if (typeof removed === "string") throw new Error(removed);
    expect(isMade(removed, { add: 0, remove: 2 })).toBe(true);
    expect(change(removed, 2, 0)).toMatch(/has been used/);
  });

  test("of an auxiliary is refused", () => {
    const reason = "it is an auxiliary, and those are the same for good";
    expect([change(first, 0, 3), change(first, 4, 3)]).toEqual([reason, reason]);
  });

  test("keeps a place for who is absent", () => {
    const full = membershipWith(maxAcceptors - 1, 1);
    const without = cheap.withoutMain(full, 9) ?? full;
    const next = maxAcceptors + 1;
    const join = (before: Membership, remove = 0) => cheap.cheapChange(before, { add: next, remove }, 99);
    const reason = "there would be more members than there may be";
    expect([join(full), join(without)]).toEqual([reason, reason]);
    expect(join(without, 9)).toMatchObject({ absent: [], highest: next });
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
