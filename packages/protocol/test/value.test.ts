/**
 * P2c (*Paxos Made Simple* §2.2), with the acceptors of the usual lecture examples. The rule is about the set S that
 * answered, and nothing else: the same acceptors leave different choices to different majorities.
 */
import { expect, test } from "vitest";
import { noBallot } from "../src/ballot.ts";
import { noOp, sameValue, valueToPropose, type Proposal } from "../src/value.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);
const held = (ballot: number, value: string): Proposal => ({ ballot, value: bytes(value) });
const nothing: Proposal = { ballot: noBallot, value: noOp };
const choice = (answers: readonly Proposal[]) => text(valueToPropose(answers, bytes("mine")));

function* majorities(acceptors: readonly Proposal[]): Iterable<readonly Proposal[]> {
  for (let set = 0; set < 2 ** acceptors.length; set++) {
    const members = acceptors.filter((_, i) => (set & (1 << i)) !== 0);
    if (members.length * 2 > acceptors.length) yield members;
  }
}

test("(4,K), (2,A), (1,A), nil: no majority of the four leaves a free choice", () => {
  const acceptors = [held(4, "K"), held(2, "A"), held(1, "A"), nothing];
  const choices = [...majorities(acceptors)].map(choice);
  expect(new Set(choices)).toEqual(new Set(["K", "A"]));
  expect(choice(acceptors)).toBe("K");
  expect(choice(acceptors.slice(1))).toBe("A");
});

test("(4,K), (18,Q), (3,Q), (5,Q): Q, whoever answers", () => {
  const acceptors = [held(4, "K"), held(18, "Q"), held(3, "Q"), held(5, "Q")];
  for (const majority of majorities(acceptors)) expect(choice(majority)).toBe("Q");
});

test("(18,Q), (2,K), nil, (4,Q): Q, whoever answers", () => {
  const acceptors = [held(18, "Q"), held(2, "K"), nothing, held(4, "Q")];
  for (const majority of majorities(acceptors)) expect(choice(majority)).toBe("Q");
});

test("(18,Q), (2,K), (5,K), (5,K), nil, (4,Q): K only for a majority without the holder of (18,Q)", () => {
  const acceptors = [held(18, "Q"), held(2, "K"), held(5, "K"), held(5, "K"), nothing, held(4, "Q")];
  for (const majority of majorities(acceptors)) {
    const hasHighest = majority.some((proposal) => proposal.ballot === 18);
    expect(choice(majority)).toBe(hasHighest ? "Q" : "K");
  }
});

test("nobody in the majority has accepted anything: the choice is free", () => {
  expect(choice([nothing, nothing, nothing])).toBe("mine");
});

test("values are the same when their bytes are", () => {
  expect(sameValue(bytes("ab"), bytes("ab"))).toBe(true);
  expect(sameValue(bytes("ab"), bytes("ac"))).toBe(false);
  expect(sameValue(bytes("ab"), bytes("abc"))).toBe(false);
  expect(sameValue(noOp, bytes(""))).toBe(true);
});
