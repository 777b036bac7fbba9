/**
 * When a leader of Cheap Paxos calls on the auxiliaries, changes the members, and lets the auxiliaries forget.
 */
import { describe, expect, test } from "vitest";
import {
  addressOf,
  cheap,
  encodeMembership,
  limits,
  Memberships,
  membershipOf,
  type Address,
} from "../../src/index.ts";
import { LastingKnowledge } from "../../src/multi/lasting-knowledge.ts";

const electionTicks = 20;
const suspectTicks = 10;
const removalTicks = 40;
const windowSlots = 4;
const configuration = cheap.configurationOf(2, 1, {
  timing: { heartbeatTicks: 5, electionTicks, retryTicks: 10, catchUpTicks: 2 },
  limits: { ...limits, windowSlots },
});
const first = membershipOf([1, 2, 3], configuration.quorums, { auxiliaries: [3] });
const unchanged = Memberships.first(first, windowSlots);
const acceptors = (...nodes: readonly number[]): readonly Address[] => nodes.map((node) => addressOf("acceptor", node));

/** Ticks in which these mains answer. */
function pass(reserve: cheap.Reserve, ticks: number, mains: readonly number[], memberships = unchanged): void {
  for (let tick = 0; tick < ticks; tick++) {
    for (const node of mains) reserve.hears(node);
    reserve.tick(memberships, 0);
  }
}

const withoutSecond = cheap.withoutMain(first, 2) ?? first;

describe("the auxiliaries", () => {
  test("are left alone as long as the mains answer", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    pass(reserve, 500, [1, 2]);
    expect(reserve.called(first)).toEqual(acceptors(1, 2));
    expect(reserve.wanted(first, 0)).toBeUndefined();
  });

  test("are called on from the tick on in which a main has been silent too long, and left alone when it is back", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    pass(reserve, suspectTicks, [1]);
    expect(reserve.called(first)).toEqual(acceptors(1, 2));
    reserve.hears(1);
    expect(reserve.tick(unchanged, 0)).toBe(true);
    expect(reserve.called(first)).toEqual(acceptors(1, 2, 3));
    reserve.hears(1);
    expect(reserve.tick(unchanged, 0)).toBe(false);
    reserve.hears(2);
    expect(reserve.tick(unchanged, 0)).toBe(true);
    expect(reserve.called(first)).toEqual(acceptors(1, 2));
  });

  test("are called on at once by a leader that a main has not promised", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([2, 3]));
    expect(reserve.called(first)).toEqual(acceptors(1, 2, 3));
  });

  test("are not called on for a main that is no member any more", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    pass(reserve, suspectTicks + 1, [1]);
    expect(reserve.called(withoutSecond)).toEqual(acceptors(1));
  });
});

describe("a main", () => {
  test("is removed when it has been silent for two election times, not before", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    pass(reserve, removalTicks, [1]);
    expect(reserve.wanted(first, 0)).toBeUndefined();
    pass(reserve, 1, [1]);
    expect(reserve.wanted(first, 0)).toEqual({ change: { add: 0, remove: 2 }, next: withoutSecond });
  });

  test("that is the last one is not removed", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1]));
    pass(reserve, removalTicks + 5, []);
    expect(reserve.wanted(withoutSecond, 0)).toBeUndefined();
  });

  test("is told what is chosen while it is out, and taken in when it answers and is near", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1]));
    pass(reserve, removalTicks, [1]);
    expect(reserve.followers(withoutSecond)).toEqual([2]);
    expect(reserve.followers(first)).toEqual([]);
    const commitPoint = 100;
    expect(reserve.wanted(withoutSecond, commitPoint)).toBeUndefined();
    reserve.hears(2);
    reserve.knows(2, commitPoint - windowSlots - 1);
    expect(reserve.wanted(withoutSecond, commitPoint)).toBeUndefined();
    reserve.knows(2, commitPoint - windowSlots);
    const next = cheap.withMain(withoutSecond, 2);
    expect(reserve.wanted(withoutSecond, commitPoint)).toEqual({ change: { add: 2, remove: 0 }, next });
    pass(reserve, suspectTicks + 1, [1]);
    expect(reserve.wanted(withoutSecond, commitPoint)).toBeUndefined();
  });
});

describe("what was chosen with an auxiliary's help", () => {
  /** What the mains know for good. */
  const known = (...slots: readonly number[]): LastingKnowledge => {
    const lasting = new LastingKnowledge();
    for (const [index, slot] of slots.entries()) lasting.promised(index + 1, slot);
    return lasting;
  };

  test("may be forgotten once, when all mains know it", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    pass(reserve, 1, [1, 2]);
    expect(reserve.awaits).toBe(0);
    expect(reserve.relief(unchanged, 7, known(7))).toBeUndefined();
    expect(reserve.awaits).toBe(7);
    expect(reserve.relief(unchanged, 9, known(7, 6))).toBeUndefined();
    expect(reserve.relief(unchanged, 9, known(7, 7))).toEqual({
      acceptors: acceptors(3),
      slot: 7,
      memberships: unchanged,
    });
    expect(reserve.awaits).toBe(0);
    expect(reserve.relief(unchanged, 20, known(20, 20))).toBeUndefined();
  });

  test("is kept as long as mains say that they know it, and may forget that", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    pass(reserve, 1, [1, 2]);
    for (const node of [1, 2]) reserve.knows(node, 7);
    expect(reserve.relief(unchanged, 7, known(7, 3))).toBeUndefined();
  });

  test("is kept while a main is silent", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    pass(reserve, suspectTicks + 1, [1]);
    expect(reserve.relief(unchanged, 7, known(7, 7))).toBeUndefined();
    pass(reserve, 1, [1, 2]);
    expect(reserve.relief(unchanged, 7, known(7, 7))).toMatchObject({ slot: 7 });
  });

  test("is kept while a change is pending", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    const pending = unchanged.chosen(5, encodeMembership(withoutSecond));
    expect(reserve.relief(pending, 5 + windowSlots - 2, known(9, 9))).toBeUndefined();
    expect(reserve.relief(pending, 5 + windowSlots - 1, known(9, 9))).toMatchObject({ slot: 5 + windowSlots - 1 });
  });

  test("is nothing in a log that is empty", () => {
    const reserve = new cheap.Reserve(configuration, first, new Set([1, 2]));
    expect(reserve.relief(unchanged, 0, known(0, 0))).toBeUndefined();
  });
});
