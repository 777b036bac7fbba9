import { byzantine, keyOf } from "@synod/protocol";
import { expect, test } from "vitest";

const digest = (bytes: Uint8Array): Uint8Array => bytes;
const configuration = byzantine.configurationOf(4, digest);
const signature = Uint8Array.of(1);
const certificate = [1, 2, 3].map((acceptor) => ({ acceptor, signature }));
const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];

interface Held {
  readonly ballot: number;
  readonly digest: Uint8Array;
}

const row = (acceptor: number, vote: Held | undefined): byzantine.PromiseRow => ({
  acceptor,
  stable: 0,
  checkpoints: [],
  votes: vote === undefined ? [] : [{ slot: 1, ...vote, certificate }],
  signature,
});

/** All lists of `length` items. */
function lists<Item>(items: readonly Item[], length: number): readonly (readonly Item[])[] {
  if (length === 0) return [[]];
  return lists(items, length - 1).flatMap((list) => items.map((item) => [...list, item]));
}

/** What an acceptor may show for a slot before ballot 4: no two values have certificates in one ballot. */
const shown: readonly (Held | undefined)[] = [
  undefined,
  { ballot: 1, digest: a },
  { ballot: 2, digest: b },
  { ballot: 3, digest: a },
];

test("whatever three promise, of which one lies, a value that was chosen is the only one that is safe", () => {
  let chosenOnes = 0;
  for (const votes of lists(shown, 4)) {
    for (let liar = 1; liar <= 4; liar++) {
      for (const ballot of [1, 2, 3]) {
        const value = ballot === 2 ? b : a;
        // A quorum voted in this ballot; after it no other value was certified, as the ballots above it were led by proof.
        const honest = votes.map((vote, index) => (index + 1 === liar ? undefined : vote));
        const voters = honest.filter((vote) => vote !== undefined && vote.ballot >= ballot).length + 1;
        const others = honest.some((vote) => vote !== undefined && vote.ballot > ballot && vote.digest !== value);
        if (voters < 3 || others) continue;
        chosenOnes += 1;
        for (const lie of shown.filter(
          (vote) => vote === undefined || vote.ballot <= ballot || vote.digest === value,
        )) {
          for (const absent of [1, 2, 3, 4]) {
            const rows = honest.flatMap((vote, index) =>
              index + 1 === absent ? [] : [row(index + 1, index + 1 === liar ? lie : vote)],
            );
            const view = byzantine.viewOf(configuration, 4, rows);
            expect(view?.required.get(1)).toBe(keyOf(value));
          }
        }
      }
    }
  }
  expect(chosenOnes).toBeGreaterThan(50);
});

test("promises that are too few, of one acceptor twice, of none, or that prove nothing make no view", () => {
  const good = [1, 2, 3].map((acceptor) => row(acceptor, { ballot: 1, digest: a }));
  expect(byzantine.viewOf(configuration, 4, good)?.through).toBe(1);
  const [first, second, third] = good;
  if (first === undefined || second === undefined || third === undefined) throw new Error("three rows");
  const vote = { slot: 1, ballot: 1, digest: a, certificate };
  const wrong: readonly (readonly byzantine.PromiseRow[])[] = [
    [first, second],
    [first, second, second],
    [first, second, { ...third, acceptor: 5 }],
    [first, second, { ...third, stable: 1 }],
    [first, second, { ...third, votes: [{ ...vote, certificate: certificate.slice(1) }] }],
    [
      first,
      second,
      { ...third, votes: [{ ...vote, certificate: [...certificate.slice(1), ...certificate.slice(2)] }] },
    ],
    [first, second, { ...third, votes: [{ ...vote, ballot: 4 }] }],
    [first, second, { ...third, votes: [{ ...vote, ballot: 0 }] }],
    [first, second, { ...third, votes: [vote, vote] }],
    [first, second, { ...third, votes: [{ ...vote, slot: configuration.limits.windowSlots + 1 }] }],
  ];
  for (const rows of wrong) expect(byzantine.viewOf(configuration, 4, rows)).toBeUndefined();
});

test("a view begins at the highest checkpoint that a quorum proves", () => {
  const checkpoints = [1, 2, 4].map((acceptor) => ({ acceptor, slot: 7, signature }));
  const late = { ...row(1, undefined), stable: 7, checkpoints };
  const rows = [late, row(2, { ballot: 1, digest: a }), row(3, undefined)];
  expect(byzantine.viewOf(configuration, 4, rows)).toMatchObject({ base: 7, through: 7, checkpoints });
  expect(byzantine.viewOf(configuration, 4, [{ ...late, stable: 8 }, ...rows.slice(1)])).toBeUndefined();
});
