/**
 * Those that are no members any more: a leader among them, and how the others hear of it.
 */
import { expect, test } from "vitest";
import { changed, encodeMembership, flexible, limits, membershipOf, Memberships, timing } from "../../src/index.ts";
import { Acceptor, configurationOf, type Promised, type Proposer } from "../../src/multi/index.ts";
import { Farewell } from "../../src/multi/farewell.ts";
import { electedProposer } from "./leading.ts";
import { accept, acceptor, heartbeat, learner, proposer, sent, sentKind, step, tick, type Did } from "./stage.ts";

const alphaSlots = 3;
const configuration = configurationOf(3, {
  identities: 9,
  alphaSlots,
  limits: { ...limits, windowSlots: alphaSlots },
});
const first = membershipOf([1, 2, 3], flexible(3, 2, 2));

/** The value that puts node 4 in the place of another. */
function replacing(node: number): Uint8Array {
  const next = changed(first, { add: 4, remove: node }, 9);
  if (typeof next === "string") throw new Error(next);
  return encodeMembership(next);
}

/** The history in which it did, from slot 4 on. */
function afterReplacing(node: number): Uint8Array {
  return Memberships.first(first, alphaSlots).chosen(1, replacing(node)).bytes;
}

/** Of an acceptor that knows all before slot 4 to be chosen, asked from a slot on. */
function promisedWith(memberships: Uint8Array, from: number): Promised {
  return { kind: "Promised", ballot: 1, from, chosenThrough: 3, accepted: [], next: 0, memberships };
}

/** Acceptors answer a heartbeat, and promise once more. */
function answer(role: Proposer, nodes: readonly number[], memberships: Uint8Array): void {
  for (const node of nodes) {
    step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 1, round: 1, chosenThrough: 3 });
    step(role, acceptor(node), promisedWith(memberships, 4));
  }
}

/** A leader that hears in its election that a change is in force. */
function leaderSince(memberships: Uint8Array, nodes: readonly number[]): Proposer {
  const { role } = electedProposer(configuration, 1);
  for (const node of nodes) step(role, acceptor(node), promisedWith(memberships, 1));
  return role;
}

test("a leader that hears in its election that it is no member goes, once a quorum of the members knows all", () => {
  const memberships = afterReplacing(1);
  const role = leaderSince(memberships, [2, 3]);
  const stateAfter = (nodes: readonly number[]): unknown => {
    answer(role, nodes, memberships);
    tick(role);
    return role.status()["state"];
  };
  expect(stateAfter([])).toBe("leading");
  expect(stateAfter([2])).toBe("leading");
  expect(stateAfter([3])).toBe("following");
});

test("a former member hears from the leader seldom enough to ask meanwhile whether it may go", () => {
  const memberships = afterReplacing(3);
  const role = leaderSince(memberships, [1, 2]);
  answer(role, [1, 2, 4], memberships);
  const told = Array.from({ length: 8 * timing.electionTicks }, () => {
    answer(role, [1, 2, 4], memberships);
    return sent(tick(role)).filter(({ to }) => to === proposer(3));
  }).flatMap((messages, at) => messages.map(({ message }) => [at + 1, message]));
  expect(told).toMatchObject([4, 8].map((times) => [times * timing.electionTicks, { kind: "Heartbeat", memberships }]));
});

test("each former member has its turn; who is only absent is none", () => {
  const farewell = new Farewell(timing);
  const membership = membershipOf([2, 5], flexible(2, 2, 1), { number: 3, absent: [4] });
  const told = Array.from({ length: 16 * timing.electionTicks }, () => farewell.tick(membership));
  expect(told.filter((node) => node !== undefined)).toEqual([1, 3, 1, 3]);
  const nobody = Array.from({ length: 16 * timing.electionTicks }, () => farewell.tick(first));
  expect(nobody.filter((node) => node !== undefined)).toEqual([]);
});

test("a former member is not told that it may go by who has dropped what its own learner lacks", () => {
  const small = { ...configuration, limits: { ...configuration.limits, logBytes: 1 } };
  const role = new Acceptor(small, 2);
  const memberships = afterReplacing(3);
  const asksOf = (node: number): Did => step(role, proposer(node), { kind: "Probe", round: 1 });
  const replies = (node: number): number => sentKind(asksOf(node), "ProbeReply").length;
  step(role, proposer(1), { kind: "Accept", ballot: 1, slot: 1, commitPoint: 0, value: replacing(3) });
  for (const slot of [2, 3, 4]) step(role, proposer(1), accept(1, slot, "a"));
  step(role, proposer(1), heartbeat(1, 4));
  // The learners of the others have durable snapshots, its own has none, and the log is too long.
  for (const node of [1, 4]) step(role, learner(node), { kind: "Trim", slot: 4, memberships });
  expect(tick(role).persist).toMatchObject([{ kind: "Trim", slot: 4 }]);
  expect(sent(asksOf(3))).toEqual([{ to: learner(2), message: { kind: "CatchUp", from: 4 } }]);
  expect(replies(1)).toBe(1);
  step(role, learner(2), { kind: "Trim", slot: 4, memberships });
  expect(replies(3)).toBe(1);
});
