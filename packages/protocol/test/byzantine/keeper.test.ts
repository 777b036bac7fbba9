/**
 * What an acceptor of Byzantine Paxos tells others was chosen: never what it only voted for.
 */
import { addressOf, byzantine, newOutput, type Address } from "@synod/protocol";
import { beforeEach, expect, test } from "vitest";

const digest = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length, ...bytes.subarray(0, 8));
const configuration = byzantine.configurationOf(4, digest);
const signature = Uint8Array.of(7);
const [a, b, c] = [Uint8Array.of(1, 0, 0, 0, 1), Uint8Array.of(1, 0, 0, 0, 2), Uint8Array.of(1, 0, 0, 0, 3)];
const at = (node: number): Address => addressOf("acceptor", node);
const own = addressOf("learner", 3);

type Out = ReturnType<typeof newOutput<byzantine.Message, byzantine.Entry, byzantine.Delivery>>;
let out: Out;
let stored: byzantine.Entry[];
let acceptor: byzantine.Acceptor;
beforeEach(() => {
  out = newOutput();
  stored = [];
  acceptor = new byzantine.Acceptor(configuration, 3);
});

function step(from: Address, message: byzantine.Message): void {
  out = newOutput();
  acceptor.step(from, message, out);
  stored.push(...out.persist);
}

/** Acceptor 3 votes in ballot 1. */
function vote(slot: number, value: Uint8Array): void {
  step(addressOf("proposer", 3), { kind: "Vouched", digest: digest(value) });
  step(addressOf("proposer", 1), { kind: "Accept", ballot: 1, slot, value, signature });
  for (const node of [1, 2, 4]) step(at(node), { kind: "Verify", ballot: 1, slot, digest: digest(value), signature });
}

function restart(): void {
  acceptor = new byzantine.Acceptor(configuration, 3);
  for (const entry of stored) acceptor.restore(entry);
}

/** What it answers a learner that is behind. */
function answer(first: number): byzantine.Message | undefined {
  step(addressOf("learner", 4), { kind: "CatchUp", from: first });
  return out.send.map(({ message }) => message).find(({ kind }) => kind === "Chosen");
}

test("a slot that only the snapshot of its learner holds is not told by its vote, also after a restart", () => {
  vote(1, a);
  vote(2, b);
  step(own, { kind: "Learned", from: 1, values: [{ digest: digest(a) }] });
  expect(answer(1)).toMatchObject({ values: [{ value: a }], trimmedThrough: 0 });
  // Its learner learned slot 2 from others, and the repair of this log was lost.
  step(own, { kind: "Trim", slot: 2 });
  expect(answer(2)).toMatchObject({ values: [], trimmedThrough: 2 });
  // The vote as a vote: with those of others it may show what was chosen.
  expect(out.sendAfterPersist).toMatchObject([{ message: { kind: "Accepted", ballot: 1, slot: 2 } }]);
  vote(3, c);
  step(own, { kind: "Learned", from: 3, values: [{ digest: digest(c) }] });
  for (let ticks = 0; ticks < 2 * configuration.timing.heartbeatTicks; ticks++) {
    acceptor.tick(out);
    stored.push(...out.persist.splice(0));
  }
  expect(stored.at(-1)).toEqual({ kind: "Complete", slot: 3 });
  restart();
  expect(answer(2)).toMatchObject({ values: [], trimmedThrough: 2 });
  expect(answer(3)).toMatchObject({ values: [{ value: c }], trimmedThrough: 2 });
});

test("the votes that a snapshot of its learner passes over are kept and promised until a quorum has the slots", () => {
  vote(1, a);
  step(own, { kind: "Trim", slot: 1 });
  expect(out.trimThrough).toBe(0);
  restart();
  for (const node of [1, 2]) step(at(node), { kind: "Suspected", ballot: 2, signature });
  const promised = out.sendAfterPersist.map(({ message }) => message).find(({ kind }) => kind === "Promised");
  expect(promised).toMatchObject({ stable: 0, votes: [{ slot: 1, ballot: 1 }] });
});
