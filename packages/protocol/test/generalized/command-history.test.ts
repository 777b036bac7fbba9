/**
 * Command histories against their definition: every sequence of up to four commands under every relation of
 * interference, and the axioms CS0 to CS4 of *Generalized Consensus and Paxos*.
 */
import { describe, expect, test } from "vitest";
import { CommandHistory, everything, Vocabulary } from "../../src/generalized/index.ts";
import { commandOf, pairsOf, SmallDomain } from "./small-domain.ts";

function* domainsOf(count: number): Generator<SmallDomain> {
  for (let relation = 0; relation < 2 ** pairsOf(count).length; relation++) yield new SmallDomain(count, relation);
}

/** Fails with a word on what differs; `expect` for each of millions of pairs would take minutes. */
function must(holds: boolean, what: () => string): void {
  if (!holds) expect.fail(what());
}

/** Calls back for each two histories, as indexes of sequences that stand for a class; `all` for every sequence. */
function eachPair(domain: SmallDomain, all: boolean, check: (one: number, other: number) => void): void {
  const indexes = all ? domain.sequences.map((_, index) => index) : domain.classes;
  for (const one of indexes) for (const other of indexes) check(one, other);
}

function history(domain: SmallDomain, index: number): CommandHistory {
  return domain.histories[index] ?? expect.fail("no such sequence");
}

function show(domain: SmallDomain, ...indexes: readonly number[]): string {
  return indexes.map((index) => `<${(domain.sequences[index] ?? []).join(" ")}>`).join(" and ");
}

describe.each([1, 2, 3, 4])("histories of up to %i commands, under every relation", (count) => {
  test("are the same, and prefixes, as sequences that commute are", () => {
    for (const domain of domainsOf(count)) {
      eachPair(domain, true, (one, other) => {
        const [first, second] = [history(domain, one), history(domain, other)];
        const same = domain.classOf[one] === domain.classOf[other];
        must(first.equals(second) === same, () => `equality of ${show(domain, one, other)}`);
        const prefix = domain.isPrefix(one, other);
        must(first.isPrefixOf(second) === prefix, () => `prefix: ${show(domain, one, other)}`);
      });
    }
  });

  test("have the bounds that their definition gives", () => {
    for (const domain of domainsOf(count)) {
      eachPair(domain, count < 4, (one, other) => {
        const [first, second] = [history(domain, one), history(domain, other)];
        const meet = domain.meet(one, other);
        must(
          meet !== undefined && first.glb(second).equals(history(domain, meet)),
          () => `glb of ${show(domain, one, other)}`,
        );
        const join = domain.join(one, other);
        const compatible = domain.above(one, other).length > 0;
        must(first.isCompatibleWith(second) === compatible, () => `compatible: ${show(domain, one, other)}`);
        must(compatible === (join !== undefined), () => `no least bound of ${show(domain, one, other)}`);
        if (join === undefined) expect(() => first.lub(second)).toThrow(RangeError);
        else must(first.lub(second).equals(history(domain, join)), () => `lub of ${show(domain, one, other)}`);
      });
    }
  });
});

describe("the axioms of c-structs", () => {
  test("CS0, CS1: commands after a history are a history, and every history is ⊥ with commands after it", () => {
    const empty = CommandHistory.empty(new Vocabulary(everything));
    expect(empty.length).toBe(0);
    const one = empty.append(commandOf(0), commandOf(1));
    expect(one.commands).toEqual([commandOf(0), commandOf(1)]);
    expect(one.append(commandOf(0))).toBe(one);
    expect(empty.length).toBe(0);
  });

  test("CS2: ⊑ is a partial order", () => {
    for (const domain of domainsOf(3)) {
      eachPair(domain, true, (one, other) => {
        const [first, second] = [history(domain, one), history(domain, other)];
        must(first.isPrefixOf(first), () => `${show(domain, one)} is no prefix of itself`);
        const both = first.isPrefixOf(second) && second.isPrefixOf(first);
        must(both === first.equals(second), () => `antisymmetry: ${show(domain, one, other)}`);
        for (const third of domain.histories) {
          const chain = first.isPrefixOf(second) && second.isPrefixOf(third);
          must(!chain || first.isPrefixOf(third), () => `transitivity: ${show(domain, one, other)}`);
        }
      });
    }
  });

  test("CS3: when three are compatible, each is with the ⊔ of the others; bounds have no command of their own", () => {
    for (const domain of domainsOf(3)) {
      eachPair(domain, false, (one, other) => {
        const [first, second] = [history(domain, one), history(domain, other)];
        const held = (command: number): boolean => first.has(commandOf(command)) || second.has(commandOf(command));
        const bounds = first.isCompatibleWith(second) ? [first.glb(second), first.lub(second)] : [first.glb(second)];
        for (const bound of bounds) {
          must(
            [0, 1, 2].every((command) => !bound.has(commandOf(command)) || held(command)),
            () => `a bound of ${show(domain, one, other)} has a command more`,
          );
        }
        for (const third of domain.classes) {
          if (domain.above(one, other, third).length === 0) continue;
          const join = first.lub(second);
          must(history(domain, third).isCompatibleWith(join), () => `CS3: ${show(domain, one, other, third)}`);
        }
      });
    }
  });

  test("CS4: compatible histories that both have a command have it in their ⊓", () => {
    for (const domain of domainsOf(4)) {
      eachPair(domain, false, (one, other) => {
        const [first, second] = [history(domain, one), history(domain, other)];
        if (!first.isCompatibleWith(second)) return;
        for (const command of [0, 1, 2, 3].map(commandOf)) {
          const both = first.has(command) && second.has(command);
          must(!both || first.glb(second).has(command), () => `CS4: ${show(domain, one, other)}`);
        }
      });
    }
  });
});

test("what so many of three have in common is the ⊔ of the ⊓ of each so many; undefined when there is none", () => {
  let contradictory = 0;
  for (const domain of domainsOf(3)) {
    for (const first of domain.classes) {
      eachPair(domain, false, (one, other) => {
        const three = [first, one, other];
        const pairs = [three.slice(0, 2), three.slice(1), [first, other]];
        const meets = pairs.map(([left = 0, right = 0]) => domain.meet(left, right) ?? 0);
        for (const [count, choices] of [
          [1, three],
          [2, meets],
          [3, [domain.meet(meets[0] ?? 0, other) ?? 0]],
        ] as const) {
          const histories = three.map((index) => history(domain, index));
          const common = CommandHistory.commonTo(histories, count);
          const above = domain.above(...choices);
          const least = above.find((each) => above.every((higher) => domain.isPrefix(each, higher)));
          if (least === undefined) contradictory += 1;
          const right = least === undefined ? common === undefined : common?.equals(history(domain, least)) === true;
          must(right, () => `common to ${count} of ${show(domain, ...three)}`);
        }
      });
    }
  }
  expect(contradictory).toBeGreaterThan(1000);
});

test("histories that grow the same way share what they have, and those that do not are apart", () => {
  const empty = CommandHistory.empty(new Vocabulary(everything));
  const [a, b, c] = [0, 1, 2].map(commandOf);
  if (a === undefined || b === undefined || c === undefined) expect.fail("three commands");
  const one = empty.append(a, b);
  const same = empty.append(a);
  const other = same.append(c);
  expect(same.append(b).equals(one)).toBe(true);
  expect(one.commands).toEqual([a, b]);
  expect(other.commands).toEqual([a, c]);
  expect([same.length, same.sizeBytes, other.sizeBytes, other.append(a)]).toEqual([1, 1, 2, other]);
  expect(other.isCompatibleWith(one)).toBe(false);
  expect(other.glb(one).equals(same)).toBe(true);
});

test("a ⊔ keeps the order of the history that it is asked of, and adds what it lacked", () => {
  const empty = CommandHistory.empty(new Vocabulary(() => false));
  const [a, b, c] = [0, 1, 2].map(commandOf);
  if (a === undefined || b === undefined || c === undefined) expect.fail("three commands");
  const bound = empty.append(b, a).lub(empty.append(a, c, b));
  expect(bound.commands).toEqual([b, a, c]);
});

test("a checkpoint interferes with everything", () => {
  const empty = CommandHistory.empty(new Vocabulary(() => false));
  const checkpoint = new Uint8Array(0);
  const closed = empty.append(commandOf(0), checkpoint);
  expect(closed.isCompatibleWith(empty.append(commandOf(1)))).toBe(false);
  expect(closed.isCompatibleWith(empty.append(commandOf(0)))).toBe(true);
  expect(empty.append(checkpoint).isPrefixOf(closed)).toBe(false);
});
