/**
 * The roles of Multi-Paxos where there are auxiliaries: whom a proposer asks, and what an auxiliary does and does not.
 */
import { describe, expect, test } from "vitest";
import {
  addressOf,
  cheap,
  encodeMembership,
  Memberships,
  membershipOf,
  multi,
  newOutput,
  unchanged,
} from "../../src/index.ts";

const configuration = cheap.configurationOf(2, 1, {
  timing: { heartbeatTicks: 5, electionTicks: 20, retryTicks: 10, catchUpTicks: 2 },
});
const leader = addressOf("proposer", 1);
const main = addressOf("acceptor", 1);
const other = addressOf("acceptor", 2);
const auxiliary = addressOf("acceptor", 3);
const value = Uint8Array.of(1, 0, 0, 0, 7);
const newOut = () => newOutput<cheap.Message, cheap.Entry, cheap.Delivery>();
type Out = ReturnType<typeof newOut>;

/** Takes all that was sent. */
const taken = (out: Out) => [...out.send.splice(0), ...out.sendAfterPersist.splice(0)];
const to = (sent: ReturnType<typeof taken>, kind: string) =>
  sent.filter(({ message }) => message.kind === kind).map((each) => each.to);

test("the messages are those of Multi-Paxos, to the byte", () => {
  expect(cheap.layout).toBe(multi.layout);
});

describe("an auxiliary", () => {
  const accept = (slot: number, commitPoint = 0): cheap.Message => ({
    kind: "Accept",
    ballot: 1,
    slot,
    commitPoint,
    value,
  });

  function voted(slots: number): { role: cheap.Acceptor; out: Out } {
    const role = new cheap.Acceptor(configuration, 3);
    const out = newOut();
    for (let slot = 1; slot <= slots; slot++) role.step(leader, accept(slot), out);
    return { role, out };
  }

  test("tells its vote to the leader and to the learner beside it, and no learner of its own", () => {
    const { out } = voted(1);
    expect(taken(out)).toEqual([
      { to: leader, message: { kind: "Accepted", ballot: 1, slot: 1 } },
      { to: addressOf("learner", 1), message: { kind: "Accepted", ballot: 1, slot: 1 } },
    ]);
  });

  test("does not ask for what it missed", () => {
    const role = new cheap.Acceptor(configuration, 3);
    const out = newOut();
    role.step(leader, accept(9, 8), out);
    taken(out);
    for (let tick = 0; tick < 100; tick++) role.tick(out);
    expect(taken(out)).toEqual([]);
  });

  test("forgets what a leader says that all mains know, and nothing for anybody else", () => {
    const { role, out } = voted(5);
    const trim: cheap.Message = { kind: "Trim", slot: 3, memberships: unchanged };
    for (const stranger of [addressOf("learner", 1), addressOf("learner", 3), main, addressOf("client", 101)]) {
      role.step(stranger, trim, out);
    }
    expect(role.status()).toMatchObject({ trimmedThrough: 0, slotsHeld: 5 });
    role.step(leader, trim, out);
    expect(role.status()).toMatchObject({ trimmedThrough: 3, slotsHeld: 2 });
    expect(out.persist.at(-1)).toEqual(trim);
    expect(out.trimThrough).toBe(3);
  });

  test("says of what it has forgotten that it is chosen, and who the members are since", () => {
    const first = multi.firstMemberships(configuration);
    const without = cheap.withoutMain(first.latest.membership, 2);
    if (without === undefined) throw new Error("two mains are left");
    const { bytes } = first.chosen(2, encodeMembership(without));
    const { role, out } = voted(5);
    role.step(leader, { kind: "Trim", slot: 3, memberships: bytes }, out);
    taken(out);
    role.step(addressOf("proposer", 2), { kind: "Prepare", ballot: 5, from: 1 }, out);
    const [promise] = taken(out);
    expect(promise?.message).toMatchObject({ kind: "Promised", chosenThrough: 3, memberships: bytes });
    expect(promise?.message.kind === "Promised" && promise.message.accepted.map(({ slot }) => slot)).toEqual([4, 5]);
  });

  test("remembers all that after a restart", () => {
    const { role, out } = voted(5);
    role.step(leader, { kind: "Trim", slot: 3, memberships: unchanged }, out);
    const again = new cheap.Acceptor(configuration, 3);
    for (const entry of out.persist) again.restore(entry);
    expect(again.status()).toEqual(role.status());
  });
});

describe("a main's acceptor", () => {
  test("forgets nothing on a leader's word: its learner reads the log", () => {
    const role = new cheap.Acceptor(configuration, 2);
    const out = newOut();
    role.step(leader, { kind: "Accept", ballot: 1, slot: 1, commitPoint: 0, value }, out);
    role.step(leader, { kind: "Trim", slot: 1, memberships: unchanged }, out);
    expect(role.status()).toMatchObject({ trimmedThrough: 0, slotsHeld: 1 });
  });
});

describe("a proposer", () => {
  /** Ticks until it sends something. */
  function awaitSending(role: cheap.Proposer, out: Out): ReturnType<typeof taken> {
    for (let tick = 0; tick < 100; tick++) {
      role.tick(out);
      const sent = taken(out);
      if (sent.length > 0) return sent;
    }
    throw new Error("nothing is sent");
  }

  const reply = (round: number): cheap.Message => ({
    kind: "ProbeReply",
    round,
    promised: 0,
    leaderSilent: true,
    chosenThrough: 0,
    memberships: unchanged,
  });
  const promised: cheap.Message = {
    kind: "Promised",
    ballot: 1,
    from: 1,
    chosenThrough: 0,
    accepted: [],
    next: 0,
    memberships: unchanged,
  };

  test("asks the mains alone when they answer, and leads with them alone", () => {
    const role = new cheap.Proposer(configuration, 1, () => 0);
    const out = newOut();
    expect(to(awaitSending(role, out), "Probe")).toEqual([main, other]);
    for (const from of [main, other]) role.step(from, reply(1), out);
    expect(to(taken(out), "Prepare")).toEqual([main, other]);
    for (const from of [main, other]) role.step(from, promised, out);
    expect(role.status()["state"]).toBe("leading");
    role.step(addressOf("client", 101), { kind: "Request", sequence: 1, command: value }, out);
    role.flush(out);
    const sent = taken(out);
    expect(to(sent, "Accept")).toEqual([main, other]);
    expect(sent.some((each) => each.to === auxiliary)).toBe(false);
  });

  test("asks the auxiliary with the second probe, and then leads with it", () => {
    const role = new cheap.Proposer(configuration, 1, () => 0);
    const out = newOut();
    awaitSending(role, out);
    role.step(main, reply(1), out);
    expect(taken(out)).toEqual([]);
    expect(to(awaitSending(role, out), "Probe")).toEqual([main, other, auxiliary]);
    for (const from of [main, auxiliary]) role.step(from, reply(2), out);
    expect(to(taken(out), "Prepare")).toEqual([main, other, auxiliary]);
    for (const from of [main, auxiliary]) role.step(from, promised, out);
    expect(to(taken(out), "Heartbeat")).toContain(auxiliary);
    role.step(addressOf("client", 101), { kind: "Request", sequence: 1, command: value }, out);
    role.flush(out);
    expect(to(taken(out), "Accept")).toEqual([main, other, auxiliary]);
  });

  test("that was removed and asks is told so, and leads no more", () => {
    const first = membershipOf([1, 2, 3], configuration.quorums, { auxiliaries: [3] });
    const { bytes } = Memberships.first(first, configuration.alphaSlots).chosen(
      1,
      encodeMembership(cheap.withoutMain(first, 2) ?? first),
    );
    const role = new cheap.Proposer(configuration, 2, () => 0);
    const out = newOut();
    awaitSending(role, out);
    awaitSending(role, out);
    const chosenThrough = configuration.alphaSlots + 1;
    role.step(other, reply(2), out);
    role.step(
      auxiliary,
      { kind: "ProbeReply", round: 2, promised: 0, leaderSilent: true, chosenThrough, memberships: bytes },
      out,
    );
    expect(to(taken(out), "Prepare")).toEqual([]);
    expect(out.deliver).toEqual([]);
    expect(role.status()["members"]).toBe("1,3");
  });
});
