import { expect, test } from "vitest";
import { ballotOwner, nextBallot, noBallot } from "../src/ballot.ts";

test("proposer i of n owns the ballots i, i+n, i+2n, ... and no other has them", () => {
  for (let proposers = 1; proposers <= 5; proposers++) {
    for (let ballot = 1; ballot <= 30; ballot++) {
      const owners = Array.from({ length: proposers }, (_, i) => i + 1).filter(
        (proposer) => ballot >= proposer && (ballot - proposer) % proposers === 0,
      );
      expect(owners).toEqual([ballotOwner(ballot, proposers)]);
    }
  }
});

test("the next ballot is the smallest above that its proposer owns", () => {
  for (let proposers = 1; proposers <= 5; proposers++) {
    for (let proposer = 1; proposer <= proposers; proposer++) {
      for (let above = 0; above <= 30; above++) {
        const owned = Array.from({ length: 60 }, (_, i) => proposer + i * proposers);
        expect(nextBallot(above, proposer, proposers)).toBe(owned.find((ballot) => ballot > above));
      }
    }
  }
});

test("no ballot is below every ballot, and nobody owns it", () => {
  expect(ballotOwner(noBallot, 3)).toBe(0);
  expect(nextBallot(noBallot, 1, 3)).toBeGreaterThan(noBallot);
});
