import { expect, test } from "vitest";
import { addressOf, isAddress, limits, maxNode, multi, newOutput, unchanged } from "../../src/index.ts";

type Message = multi.Message;
const most = Number.MAX_SAFE_INTEGER;
const value = new Uint8Array(0);
const proposer = addressOf("proposer", 2);
const acceptor = addressOf("acceptor", 2);
const configuration = multi.configurationOf(3);

/** What a role on node 1 does with one message. */
function outcome(role: "acceptor" | "learner", from: number, message: Message) {
  const out: multi.Output = newOutput();
  const machine = role === "acceptor" ? new multi.Acceptor(configuration, 1) : new multi.Learner(configuration, 1);
  machine.step(from, message, out);
  return [...out.send, ...out.sendAfterPersist, ...out.persist, ...out.deliver];
}

test.each<Message>([
  { kind: "Prepare", ballot: 0, from: 1 },
  { kind: "Prepare", ballot: most, from: 1 },
  { kind: "Prepare", ballot: 1, from: most },
  { kind: "Accept", ballot: 0, slot: 1, commitPoint: 0, value },
  { kind: "Accept", ballot: most, slot: 1, commitPoint: 0, value },
  { kind: "Accept", ballot: 2, slot: 0, commitPoint: 0, value },
  { kind: "Accept", ballot: 2, slot: limits.learnerSlots + 1, commitPoint: 0, value },
  { kind: "Accept", ballot: 2, slot: most, commitPoint: most, value },
  { kind: "Heartbeat", ballot: 0, commitPoint: 1, round: 1, memberships: unchanged },
  { kind: "Heartbeat", ballot: 2, commitPoint: most, round: 1, memberships: unchanged },
])("an acceptor passes over %j", (message) => {
  expect(outcome("acceptor", proposer, message)).toEqual([]);
});

test("an acceptor passes over a trim past all slots, even of its own learner", () => {
  expect(outcome("acceptor", addressOf("learner", 1), { kind: "Trim", slot: most, memberships: unchanged })).toEqual(
    [],
  );
  expect(outcome("acceptor", addressOf("learner", 1), { kind: "Trim", slot: 1, memberships: unchanged })).toEqual([
    { kind: "Trim", slot: 1, memberships: unchanged },
  ]);
});

test("a learner answers reads of clients that can be, of a size that can be", () => {
  const read: Message = { kind: "ReadAt", slot: 0, client: 8, query: value };
  expect(outcome("learner", proposer, read)).toHaveLength(1);
  expect(outcome("learner", proposer, { ...read, client: most })).toEqual([]);
  expect(outcome("learner", proposer, { ...read, query: new Uint8Array(limits.valueBytes + 1) })).toEqual([]);
});

test.each([addressOf("acceptor", 4), addressOf("acceptor", 33), addressOf("learner", 3), addressOf("client", 3)])(
  "a learner counts no vote of address %i",
  (stranger) => {
    const learner = new multi.Learner(configuration, 1);
    const out: multi.Output = newOutput();
    learner.step(addressOf("acceptor", 1), { kind: "AcceptedValue", ballot: 1, slot: 1, commitPoint: 0, value }, out);
    learner.step(stranger, { kind: "Accepted", ballot: 1, slot: 1 }, out);
    expect(out.deliver).toEqual([]);
    learner.step(acceptor, { kind: "Accepted", ballot: 1, slot: 1 }, out);
    expect(out.deliver).toHaveLength(1);
  },
);

/** A proposer on node 1 that leads. */
function leader(): multi.Proposer {
  const leading = new multi.Proposer(configuration, 1, () => 0);
  const out: multi.Output = newOutput();
  for (let ticks = 0; out.send.length === 0; ticks++) leading.tick(out);
  for (const node of [1, 2, 3]) {
    const from = addressOf("acceptor", node);
    leading.step(
      from,
      { kind: "ProbeReply", round: 1, promised: 0, leaderSilent: true, chosenThrough: 0, memberships: unchanged },
      out,
    );
  }
  for (const node of [1, 2, 3]) {
    const promised: Message = {
      kind: "Promised",
      ballot: 1,
      from: 1,
      chosenThrough: 0,
      accepted: [],
      next: 0,
      memberships: unchanged,
    };
    leading.step(addressOf("acceptor", node), promised, out);
  }
  // The heartbeat by which it said so is answered.
  for (const node of [1, 2]) {
    leading.step(addressOf("acceptor", node), { kind: "HeartbeatAck", ballot: 1, round: 1, chosenThrough: 0 }, out);
  }
  return leading;
}

test("a leader takes no read for a learner that there is not", () => {
  for (const [learner, count] of [[0, 0] as const, [4, 0] as const, [most, 0] as const, [3, 1] as const]) {
    const leading = leader();
    const out: multi.Output = newOutput();
    leading.step(addressOf("client", 1), { kind: "Read", sequence: 1, learner, query: value }, out);
    leading.flush(out);
    const rounds = out.send.map(({ message }) => (message.kind === "Heartbeat" ? message.round : 0));
    for (const node of [1, 2]) {
      const round = Math.max(0, ...rounds);
      leading.step(addressOf("acceptor", node), { kind: "HeartbeatAck", ballot: 1, round, chosenThrough: 0 }, out);
    }
    expect(out.send.filter(({ message }) => message.kind === "ReadAt")).toHaveLength(count);
  }
});

test("a proposer is not driven to a ballot that has no successor", () => {
  const leading = leader();
  const out: multi.Output = newOutput();
  leading.step(acceptor, { kind: "Rejected", ballot: 1, promised: most }, out);
  expect(leading.status()).toMatchObject({ state: "leading", ballot: 1 });
});

test("an address fits in 32 bits", () => {
  expect(isAddress(addressOf("learner", maxNode))).toBe(true);
  expect(isAddress(addressOf("client", maxNode + 1))).toBe(false);
});
