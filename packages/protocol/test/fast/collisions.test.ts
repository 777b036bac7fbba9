import { expect, test } from "vitest";
import { Collisions } from "../../src/fast/collisions.ts";
import { fastQuorums } from "../../src/fast/index.ts";

const quorums = fastQuorums(6, 3, 4, 5);
const value = (letter: string): Uint8Array => Uint8Array.of(letter.charCodeAt(0));
/** First ballots of two terms in which acceptors recover by themselves. */
const [early, late] = [7, 22];

function collided(): Collisions {
  const collisions = new Collisions(quorums, 64);
  for (const [node, letter] of [
    [1, "x"],
    [2, "y"],
    [3, "z"],
  ] as const) {
    expect(collisions.voted(node, { ballot: early, slot: 1, value: value(letter) }, 0)).toBeUndefined();
  }
  return collisions;
}

test("a collision is recovered in the next ballot once what has not come is not waited for", () => {
  expect(collided().tick()).toMatchObject([{ ballot: early + 1, slot: 1 }]);
});

test("a slot that waited and has gone on to a later ballot is not recovered from the few votes of that", () => {
  const collisions = collided();
  collisions.voted(2, { ballot: late, slot: 1, value: value("v") }, 0);
  collisions.voted(1, { ballot: late, slot: 1, value: value("w") }, 0);
  expect(collisions.tick()).toEqual([]);
  // Its own collision is recovered when enough of it is seen.
  for (const node of [3, 4, 5]) collisions.voted(node, { ballot: late, slot: 1, value: value(`${node}`) }, 0);
  expect(collisions.tick()).toMatchObject([{ ballot: late + 1, slot: 1 }]);
});
