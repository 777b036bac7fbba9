/**
 * What is chosen and what is safe, against their definitions: all histories of up to three commands at each acceptor.
 */
import { describe, expect, test } from "vitest";
import { noBallot } from "../../src/index.ts";
import {
  chosenIn,
  fastQuorums,
  haveCollided,
  leastQuorums,
  provedSafe,
  type CommandHistory,
} from "../../src/generalized/index.ts";
import { pairsOf, SmallDomain } from "./small-domain.ts";

const acceptors = 4;
const quorum = 3;

/** All sets of `size` of the numbers below `count`. */
function subsetsOf(count: number, size: number): readonly (readonly number[])[] {
  const all = Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_each, index) => index).filter((index) => (bits & (1 << index)) !== 0),
  );
  return all.filter((set) => set.length === size);
}

const quorums = subsetsOf(acceptors, quorum);

/** The histories of a domain that differ, and none: an acceptor that has not voted. */
function votesOf(domain: SmallDomain): readonly (CommandHistory | undefined)[] {
  return [undefined, ...domain.classes.flatMap((index) => domain.histories[index] ?? [])];
}

function* tuples<Item>(items: readonly Item[], length: number): Generator<readonly Item[]> {
  if (length === 0) return yield [];
  for (const rest of tuples(items, length - 1)) for (const item of items) yield [...rest, item];
}

function meet(histories: readonly CommandHistory[]): CommandHistory | undefined {
  const [first, ...rest] = histories;
  return rest.reduce((bound, history) => bound?.glb(history), first);
}

describe.each([2, 3])("with up to %i commands, under every relation of interference", (count) => {
  for (let relation = 0; relation < 2 ** pairsOf(count).length; relation++) {
    test(`ProvedSafe has as prefixes all that any quorum may have chosen (relation ${relation})`, () => {
      const domain = new SmallDomain(count, relation);
      const empty = domain.histories[0] ?? expect.fail("the empty history");
      // The fourth acceptor has not answered: it may have voted for anything.
      for (const answered of tuples(votesOf(domain), quorum)) {
        const reported = answered.map((history) =>
          history === undefined ? { ballot: noBallot, history: empty } : { ballot: 7, history },
        );
        const safe = provedSafe(reported, quorum, acceptors);
        if (safe === undefined) return expect.fail("the reports of acceptors never contradict each other");
        for (const set of quorums) {
          const held = set.filter((node) => node < quorum).map((node) => answered[node]);
          if (held.includes(undefined)) continue;
          const choosable = meet(held.flatMap((history) => history ?? []));
          if (choosable?.isPrefixOf(safe) !== true) expect.fail(`what ${set.join()} may have chosen is not in it`);
        }
      }
    });
  }
});

test("chosen is the ⊔ of what each quorum has, and the histories of four acceptors never make two", () => {
  for (let relation = 0; relation < 2; relation++) {
    const domain = new SmallDomain(2, relation);
    for (const votes of tuples(votesOf(domain), acceptors)) {
      const voted = votes.flatMap((history) => history ?? []);
      const chosen = chosenIn(voted, quorum);
      const whole = quorums.filter((set) => set.every((node) => votes[node] !== undefined));
      expect(chosen === undefined).toBe(whole.length === 0);
      for (const set of whole) {
        const bound = meet(set.flatMap((node) => votes[node] ?? []));
        expect(chosen !== undefined && bound?.isPrefixOf(chosen)).toBe(true);
      }
      expect(voted.length < quorum || chosen !== undefined).toBe(true);
    }
  }
});

test("of the highest ballot alone: what lower ones hold is in it, or was never chosen", () => {
  const domain = new SmallDomain(2, 1);
  const [empty, a, b, ab] = domain.histories;
  if (empty === undefined || a === undefined || b === undefined || ab === undefined) expect.fail("four histories");
  const low = { ballot: 3, history: b };
  expect(provedSafe([low, low, { ballot: 5, history: ab }], quorum, acceptors)?.equals(ab)).toBe(true);
  // Two of three agree in ballot 5: with the fourth they may be a quorum.
  const two = [{ ballot: 5, history: ab }, { ballot: 5, history: a }, low];
  expect(provedSafe(two, quorum, acceptors)?.equals(a)).toBe(true);
  const nothing = { ballot: noBallot, history: empty };
  expect(provedSafe([nothing, nothing, nothing], quorum, acceptors)?.length).toBe(0);
});

describe("acceptors have collided when no quorum can choose all that its members have", () => {
  const interfering = new SmallDomain(2, 1);
  const commuting = new SmallDomain(2, 0);
  const histories = ({ histories: all }: SmallDomain, ...indexes: readonly number[]): readonly CommandHistory[] =>
    indexes.flatMap((index) => all[index] ?? []);
  // By index: nothing, a, b, ab, ba.
  test.each([
    ["two against two", interfering, [3, 3, 4, 4], true],
    ["three of four agree", interfering, [3, 3, 3, 4], false],
    ["one has only the first yet", interfering, [1, 3, 3, 4], false],
    ["one of each, and one that has not answered", interfering, [1, 2], false],
    ["three that have a, b and nothing", interfering, [1, 2, 0], false],
    ["orders that do not matter", commuting, [3, 3, 4, 4], false],
  ] as const)("%s", (_name, domain, indexes, expected) => {
    expect(haveCollided(histories(domain, ...indexes), quorum, acceptors)).toBe(expected);
  });
});

describe("quorums", () => {
  test("are refused exactly when two of phase 2 and one of phase 1 can miss each other, and these are named", () => {
    for (let count = 1; count <= 6; count++) {
      for (let phase1 = 1; phase1 <= count; phase1++) {
        for (let phase2 = 1; phase2 <= count; phase2++) {
          const seconds = subsetsOf(count, phase2);
          const disjoint = subsetsOf(count, phase1).some((first) =>
            seconds.some((one) =>
              seconds.some((two) => !first.some((node) => one.includes(node) && two.includes(node))),
            ),
          );
          const make = () => fastQuorums(count, phase1, phase2);
          if (!disjoint) {
            expect(make()).toEqual({ acceptors: count, phase1, phase2 });
            continue;
          }
          const sets = setsNamedBy(make);
          // Two sets when even classic quorums miss each other.
          const common = sets.reduce((left, set) => left.filter((node) => set.includes(node)));
          expect(common, `${phase1} and ${phase2} of ${count}`).toEqual([]);
        }
      }
    }
  });

  test("are by default 2f+1 of 3f+1", () => {
    for (let failures = 0; failures <= 3; failures++) {
      const { phase1, phase2 } = leastQuorums(3 * failures + 1);
      expect([phase1, phase2]).toEqual([2 * failures + 1, 2 * failures + 1]);
    }
    for (let count = 1; count <= 10; count++) {
      const { phase2 } = leastQuorums(count);
      expect(() => fastQuorums(count, phase2 - 1, phase2 - 1)).toThrow();
    }
  });
});

/** The sets that a refusal names, such as `{1, 2}`. */
function setsNamedBy(make: () => unknown): readonly (readonly number[])[] {
  try {
    make();
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : "";
    return [...message.matchAll(/\{([\d, ]+)\}/g)].map(([, set = ""]) => set.split(", ").map(Number));
  }
  return expect.fail("expected a refusal");
}
