/**
 * Memberships as values, changes of them, and which slots they govern.
 */
import { describe, expect, test } from "vitest";
import {
  areMemberships,
  changed,
  decodeMembership,
  encodeMembership,
  flexible,
  hasAcceptor,
  isMade,
  isMembershipValue,
  majority,
  maxAcceptors,
  membershipOf,
  Memberships,
  membersAmong,
  noOp,
  QuorumError,
  unchanged,
  weighted,
  withMember,
  type Membership,
} from "../../src/index.ts";

const three = membershipOf([1, 2, 3], majority(3));
const alpha = 4;

/** @throws when the change is refused */
function after(before: Membership, add: number, remove: number): Membership {
  const next = changed(before, { add, remove }, 100);
  if (typeof next === "string") throw new Error(next);
  return next;
}

describe("a membership", () => {
  test("comes back from its bytes", () => {
    const all = [
      three,
      membershipOf([4, 9, 2, 7], flexible(4, 2, 3), { number: 7, highest: 12, auxiliaries: [7] }),
      membershipOf([5, 1, 3], weighted([4, 2, 1], 4, 4), { number: 2 }),
    ];
    for (const membership of all) expect(decodeMembership(encodeMembership(membership))).toEqual(membership);
  });

  test("is none when a byte is missing, or one more, or its quorums do not meet", () => {
    const bytes = encodeMembership(three);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeMembership(bytes.subarray(0, length))).toBeUndefined();
    }
    expect(decodeMembership(Uint8Array.from([...bytes, 0]))).toBeUndefined();
    const apart = encodeMembership({ ...three, quorums: { acceptors: 3, phase1: 1, phase2: 1 } });
    expect(decodeMembership(apart)).toBeUndefined();
    expect(decodeMembership(encodeMembership({ ...three, members: [1, 2, 2] }))).toBeUndefined();
  });

  test("is told from a batch of clients' entries by its first bytes", () => {
    expect(isMembershipValue(encodeMembership(three))).toBe(true);
    expect(isMembershipValue(noOp)).toBe(false);
    expect(isMembershipValue(Uint8Array.from([0xff, 0xff, 0xff]))).toBe(false);
    expect(isMembershipValue(Uint8Array.from([0xff, 0xff, 0x0f, 0, 1]))).toBe(false);
  });

  test("is refused when members and quorums do not fit", () => {
    expect(() => membershipOf([1, 2], majority(3))).toThrow(QuorumError);
    expect(() => membershipOf([1, 2, 2], majority(3))).toThrow(QuorumError);
    expect(() => membershipOf([1, 2, 0], majority(3))).toThrow(QuorumError);
    expect(() => membershipOf([1, 2, 3], majority(3), { auxiliaries: [4] })).toThrow("auxiliaries");
  });

  test("counts members by their place, and nobody else", () => {
    const membership = membershipOf([40, 7, 300], majority(3));
    const set = membersAmong(membership, [300, 1, 2, 7]);
    expect([1, 2, 3].map((place) => hasAcceptor(set, place))).toEqual([false, true, true]);
    expect(withMember(membership, set, 8)).toBe(set);
  });
});

describe("a change", () => {
  test("of a node more or fewer keeps the kind of quorums; of one for another, the place and its weight", () => {
    expect(after(three, 4, 0)).toMatchObject({ members: [1, 2, 3, 4], quorums: majority(4), number: 1, highest: 4 });
    expect(after(three, 0, 1)).toMatchObject({ members: [2, 3], quorums: majority(2), number: 1, highest: 3 });
    const weighing = membershipOf([1, 2, 3], weighted([3, 1, 1], 3, 3), { auxiliaries: [1] });
    expect(after(weighing, 8, 1)).toMatchObject({
      members: [8, 2, 3],
      quorums: weighing.quorums,
      auxiliaries: [8],
      highest: 8,
    });
    expect(after(membershipOf([1, 2, 3, 4, 5], flexible(5, 4, 2)), 0, 5).quorums).toEqual(flexible(4, 4, 2));
  });

  test("of any kind, again and again, always gives quorums that meet", () => {
    let membership = membershipOf([1, 2, 3], flexible(3, 3, 1));
    for (let step = 0; step < 60; step++) {
      const { members, highest } = membership;
      const shrinks = step % 7 > 3 && members.length > 1;
      membership = after(membership, shrinks ? 0 : highest + 1, step % 2 === 0 && !shrinks ? 0 : (members[0] ?? 0));
      expect(decodeMembership(encodeMembership(membership))).toEqual(membership);
    }
  });

  test("is refused with the reason", () => {
    const refused = (before: Membership, add: number, remove: number): unknown => changed(before, { add, remove }, 100);
    expect(refused(three, 0, 0)).toBe("it changes nothing");
    expect(refused(three, 0, 4)).toBe("no such node is a member");
    for (const used of [2, 3, 101]) expect(refused(three, used, 1)).toMatch("the number of the node has been used");
    expect(refused(after(after(three, 4, 0), 0, 4), 4, 0)).toMatch("the number of the node has been used");
    expect(refused(membershipOf([1], majority(1)), 0, 1)).toBe("nobody would be left");
    const most = Array.from({ length: maxAcceptors }, (_, index) => index + 1);
    expect(refused(membershipOf(most, majority(maxAcceptors)), 31, 0)).toMatch("more members than there may be");
  });

  test("is made when it has nothing left to do", () => {
    expect(isMade(three, { add: 3, remove: 0 })).toBe(true);
    expect(isMade(three, { add: 0, remove: 4 })).toBe(true);
    expect(isMade(three, { add: 3, remove: 4 })).toBe(true);
    expect(
      [
        { add: 4, remove: 0 },
        { add: 3, remove: 1 },
        { add: 0, remove: 0 },
      ].map((each) => isMade(three, each)),
    ).toEqual([false, false, false]);
  });
});

describe("a history", () => {
  const first = Memberships.first(three, alpha);
  const four = after(three, 4, 0);

  test("says that a change chosen in slot s governs from s + alpha on", () => {
    const history = first.chosen(10, encodeMembership(four));
    for (const slot of [11, 12, 13]) expect(history.at(slot)).toBe(three);
    for (const slot of [14, 15, 1000]) expect(history.at(slot)).toEqual(four);
    expect(history.membersFrom(13)).toEqual([1, 2, 3, 4]);
    expect(after(four, 0, 1).members).toEqual([2, 3, 4]);
    expect(history.chosen(14, encodeMembership(after(four, 0, 1))).membersFrom(18)).toEqual([2, 3, 4]);
  });

  test("takes one change at a time: the next is void until the one before is in force, and one that follows on none", () => {
    const history = first.chosen(10, encodeMembership(four));
    const next = encodeMembership(after(four, 0, 1));
    expect(history.chosen(13, next)).toBe(history);
    expect(history.chosen(14, next).latest.from).toBe(18);
    expect(first.chosen(10, next)).toBe(first);
    expect(history.chosen(20, encodeMembership(four))).toBe(history);
  });

  test("is not changed by what clients ask, nor by bytes that are no membership", () => {
    for (const value of [noOp, Uint8Array.from([1, 2, 3]), encodeMembership(four).subarray(0, 9)]) {
      expect(first.chosen(5, value)).toBe(first);
    }
  });

  test("goes to another node by its bytes, which are none as long as nothing was changed", () => {
    expect(first.bytes).toBe(unchanged);
    expect(first.from(unchanged)?.periods).toEqual(first.periods);
    let history = first;
    for (let number = 1; number <= 5; number++) {
      const next = after(history.latest.membership, 3 + number, number);
      history = history.chosen(10 * number, encodeMembership(next));
      expect(first.from(history.bytes)?.periods).toEqual(history.periods);
      expect(history.periods).toHaveLength(2);
      expect(history.isAfter(first)).toBe(true);
    }
  });

  test("is none when its bytes are not whole", () => {
    const { bytes } = first.chosen(10, encodeMembership(four));
    expect(areMemberships(bytes)).toBe(true);
    for (let length = 1; length < bytes.length; length++) {
      // The first of the two alone is one, too.
      const isWhole = length === bytes.length - (12 + encodeMembership(four).length);
      expect(areMemberships(bytes.subarray(0, length))).toBe(isWhole);
    }
    const backwards = Uint8Array.from(bytes);
    new DataView(backwards.buffer).setFloat64(0, 99, true);
    expect(areMemberships(backwards)).toBe(false);
  });
});
