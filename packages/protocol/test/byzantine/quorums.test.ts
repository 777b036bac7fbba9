import { byzantine, QuorumError } from "@synod/protocol";
import { expect, test } from "vitest";

const { byzantineQuorums, checkedQuorums } = byzantine;

/** All sets of `size` of the acceptors 1 to `acceptors`. */
function sets(acceptors: number, size: number): readonly (readonly number[])[] {
  const all: number[][] = [];
  for (let bits = 0; bits < 2 ** acceptors; bits++) {
    const set = Array.from({ length: acceptors }, (_, index) => index + 1).filter((node) => (bits >> (node - 1)) & 1);
    if (set.length === size) all.push(set);
  }
  return all;
}

/** By brute force: each two quorums share more than can lie, and some quorum has nobody who does. */
function isSound(acceptors: number, faults: number, quorum: number): boolean {
  const quorums = sets(acceptors, quorum);
  const shareHonest = quorums.every((one) =>
    quorums.every((other) => one.filter((node) => other.includes(node)).length > faults),
  );
  return shareHonest && quorum <= acceptors - faults;
}

test("a system is taken exactly when any two quorums share an honest acceptor and liars cannot stop it", () => {
  let taken = 0;
  for (let acceptors = 1; acceptors <= 7; acceptors++) {
    for (let faults = 0; faults <= 3; faults++) {
      for (let quorum = 1; quorum <= acceptors; quorum++) {
        const sound = isSound(acceptors, faults, quorum);
        if (sound) taken += 1;
        const make = (): unknown => checkedQuorums(acceptors, faults, quorum);
        if (sound) expect(make()).toEqual({ acceptors, faults, quorum });
        else expect(make).toThrow(QuorumError);
      }
    }
  }
  expect(taken).toBeGreaterThan(10);
});

test("3f + 1 acceptors bear f liars with quorums of 2f + 1", () => {
  for (let faults = 0; faults <= 9; faults++) {
    const acceptors = 3 * faults + 1;
    expect(byzantineQuorums(acceptors)).toEqual({ acceptors, faults, quorum: 2 * faults + 1 });
  }
});

test("as many liars as any number of acceptors bears are borne", () => {
  for (let acceptors = 1; acceptors <= 30; acceptors++) {
    const { faults } = byzantineQuorums(acceptors);
    expect(() => byzantineQuorums(acceptors, faults + 1)).toThrow(QuorumError);
  }
});

test("what is refused is named: two quorums and the too few that they share", () => {
  expect(() => checkedQuorums(4, 1, 2)).toThrow(
    "quorums do not share an honest acceptor: {1, 2} and {3, 4} of 4 share nobody, and 1 may lie; " +
      "two quorums must share 2 or more",
  );
  expect(() => checkedQuorums(5, 1, 3)).toThrow("{1, 2, 3} and {3, 4, 5} of 5 share {3}, and 1 may lie");
  expect(() => checkedQuorums(3, 1, 3)).toThrow("no quorum without liars: 1 of 3 may be silent");
});
