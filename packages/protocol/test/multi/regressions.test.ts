/**
 * Runs that once went wrong, each the shortest that shows it.
 */
import { expect, test } from "vitest";
import { Acceptor, configurationOf, Learner, Proposer } from "../../src/multi/index.ts";
import type { Delivery, Entry, Message } from "../../src/multi/index.ts";
import { limits, nodeOf, timing, type Address, type RoleMachine, unchanged } from "../../src/index.ts";
import { elect, electedProposer, leadingProposer } from "./leading.ts";
import { accept, acceptor, chosen, client, heartbeat, learner, prepare, promised, proposer } from "./stage.ts";
import { flush, sent, sentKind, step, text, tick, turn, value, type Did } from "./stage.ts";

const three = configurationOf(3);

test("a Prepare that is sent again does not leave before its ballot is durable", () => {
  const { role } = electedProposer(three, 1);
  // The disk is slow: the first Prepare has not left when the time to repeat it comes.
  for (let ticks = 0; ticks < timing.retryTicks; ticks++)
    expect(sentKind({ ...tick(role), sendAfterPersist: [] }, "Prepare")).toEqual([]);
});

test("a value known to be chosen is not replaced by what an old leader still proposes", () => {
  const role = new Acceptor(three, 3);
  // Ballot 5 chose B at acceptors 1 and 2; learner 3 fetched it and mended this log. Then an Accept of ballot 1 comes.
  step(role, learner(3), chosen(1, ["B"]));
  const late = step(role, proposer(1), accept(1, 1, "A"));
  const [answer] = sentKind(step(role, learner(2), { kind: "CatchUp", from: 1 }), "Chosen");
  expect(answer?.values.map((each) => text(each.value))).toEqual(["B"]);

  const again = new Acceptor(three, 3);
  again.restore({ kind: "Chosen", from: 1, values: [{ value: value("B") }], trimmedThrough: 0 });
  for (const entry of late.persist) again.restore(entry);
  const [answerAgain] = sentKind(step(again, learner(2), { kind: "CatchUp", from: 1 }), "Chosen");
  expect(answerAgain?.values.map((each) => text(each.value))).toEqual(["B"]);
});

test("a read sees a command that a learner answered before the leader had counted its votes", () => {
  const { role } = leadingProposer(three, 1);
  step(role, client(9), { kind: "Request", sequence: 1, command: value("A") });
  flush(role);
  // The votes for slot 1 reached a learner, and its client knows; here they are still on their way.
  step(role, client(9), { kind: "Read", sequence: 2, learner: 2, query: value("?") });
  const acks = [1, 2].map((node) =>
    step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 1, round: 2, chosenThrough: 0 }),
  );
  expect(acks.flatMap((did) => sentKind(did, "ReadAt"))).toMatchObject([{ slot: 1 }]);
});

test("a trimmed slot is voted for, so that a leader that must finish it can", () => {
  const role = new Acceptor(three, 2);
  step(role, learner(2), { kind: "Trim", slot: 3, memberships: unchanged });
  const did = step(role, proposer(1), accept(4, 3, "A"));
  expect(sent(did)).toContainEqual({ to: proposer(1), message: { kind: "Accepted", ballot: 4, slot: 3 } });
});

test("a vote for a trimmed slot binds the acceptor like any other", () => {
  const role = new Acceptor(three, 2);
  step(role, learner(2), { kind: "Trim", slot: 3, memberships: unchanged });
  const did = step(role, proposer(1), accept(4, 3, "A"));
  expect(sentKind(step(role, proposer(3), prepare(3, 1)), "Rejected")).toMatchObject([{ promised: 4 }]);

  const again = new Acceptor(three, 2);
  for (const entry of did.persist) again.restore(entry);
  expect(sentKind(step(again, proposer(3), prepare(3, 1)), "Rejected")).toMatchObject([{ promised: 4 }]);
});

test("an acceptor does not forget, over a restart, that a slot is chosen after it told a proposer so", () => {
  const role = new Acceptor(three, 2);
  const log = [
    ...step(role, proposer(1), accept(1, 1, "A")).persist,
    ...step(role, proposer(1), heartbeat(1, 1)).persist,
    ...step(role, proposer(3), prepare(3, 1)).persist,
  ];
  const again = new Acceptor(three, 2);
  for (const entry of log) again.restore(entry);
  // The leader of ballot 3 begins at slot 2, and nobody else may know.
  const [answer] = sentKind(step(again, learner(3), { kind: "CatchUp", from: 1 }), "Chosen");
  expect(answer?.values.map((each) => text(each.value))).toEqual(["A"]);
});

test("a mended log is as whole after a restart as before", () => {
  const role = new Acceptor(three, 2);
  const log = [
    ...step(role, proposer(1), accept(1, 1, "A")).persist,
    ...step(role, proposer(1), heartbeat(1, 1)).persist,
    ...step(role, learner(2), chosen(2, ["B"])).persist,
  ];
  const again = new Acceptor(three, 2);
  for (const entry of log) again.restore(entry);
  const [answer] = sentKind(step(again, learner(2), { kind: "CatchUp", from: 1 }), "Chosen");
  expect(answer?.values.map((each) => text(each.value))).toEqual(["A", "B"]);
});

test("an acceptor that cannot tell what is chosen asks the others", () => {
  const role = new Acceptor(three, 3);
  step(role, proposer(1), accept(1, 1, "A"));
  // Ballot 2 found slot 1 chosen and did not propose it again: nothing proves to this acceptor what it holds.
  step(role, proposer(2), heartbeat(2, 1));
  const asked = Array.from({ length: 3 * timing.retryTicks }, () => tick(role)).flatMap(sent);
  const message = { kind: "CatchUp", from: 1 };
  const others = asked.filter(({ to }) => to !== learner(3));
  expect(others).toEqual([1, 2, 1].map((node) => ({ to: acceptor(node), message })));

  expect(step(role, acceptor(2), chosen(1, ["A"])).persist).toEqual([chosen(1, ["A"])]);
  expect(sentKind(step(role, learner(2), { kind: "CatchUp", from: 1 }), "Chosen")[0]?.values).toHaveLength(1);
  expect(Array.from({ length: 3 * timing.retryTicks }, () => tick(role)).flatMap(sent)).toEqual([]);
});

test("an acceptor that lacks much asks on, page after page, where it got something", () => {
  const role = new Acceptor(three, 3);
  step(role, proposer(1), heartbeat(1, 4));
  tick(role);
  const asks = (did: Did): readonly unknown[] => sent(did).map(({ to, message }) => [to, message]);
  expect(asks(step(role, acceptor(2), chosen(1, ["A"])))).toEqual([[acceptor(2), { kind: "CatchUp", from: 2 }]]);
  // The same page again, one too far on, or what its own learner brings is no reason to ask.
  expect(asks(step(role, acceptor(2), chosen(1, ["A"])))).toEqual([]);
  expect(asks(step(role, acceptor(1), chosen(3, ["C"])))).toEqual([]);
  expect(asks(step(role, learner(3), chosen(2, ["B"])))).toEqual([]);
  expect(asks(step(role, acceptor(1), chosen(3, ["C", "D"])))).toEqual([]);
});

test("an acceptor asks its own learner as well, whose Trim may have been lost while the others dropped what it lacks", () => {
  const role = new Acceptor(three, 3);
  // Only this acceptor holds slot 3; it missed the slots before, which the others have trimmed.
  step(role, proposer(1), accept(1, 3, "C"));
  step(role, proposer(1), heartbeat(1, 3));
  const asked = Array.from({ length: timing.retryTicks }, () => tick(role)).flatMap(sent);
  const question = asked.find(({ to }) => to === learner(3))?.message ?? expect.unreachable();

  const own = new Learner(three, 3);
  expect(sent(step(own, acceptor(3), question))).toEqual([]);
  turn((out) => own.snapshotted(2, out, unchanged));
  expect(sent(step(own, acceptor(2), question))).toEqual([]);
  const [reminder] = sentKind(step(own, acceptor(3), question), "Trim");
  step(role, learner(3), reminder ?? expect.unreachable());
  expect(sentKind(step(role, learner(1), { kind: "CatchUp", from: 3 }), "Chosen")[0]?.values).toHaveLength(1);
});

test("a leader finishes what it heard to be chosen when no acceptor of its quorum knows", () => {
  const role = new Proposer(three, 1, () => 0);
  step(role, proposer(2), heartbeat(2, 10));
  expect(sentKind(elect(role, three, 2), "Prepare")[0]).toEqual(prepare(4, 11));
  step(role, acceptor(1), promised(4, 11, [], 5));
  const lower = step(role, acceptor(2), promised(4, 11, [], 4));
  expect(sentKind(lower, "Prepare")).toEqual([1, 2, 3].map(() => prepare(4, 6)));
  // What answers the first question is not an answer to the second.
  expect(sent(step(role, acceptor(3), promised(4, 11, [], 5)))).toEqual([]);
  step(role, acceptor(1), promised(4, 6, [[6, 2, "F"]], 5));
  step(role, acceptor(2), promised(4, 6, [], 4));
  const accepts = sentKind(flush(role), "Accept");
  expect(new Set(accepts.map(({ slot, value: what }) => `${slot} ${text(what)}`))).toEqual(new Set(["6 F"]));
});

test("phase 1 is not given up while pages of promises come in", () => {
  const { role } = electedProposer(three, 1);
  for (let page = 1; page < 10; page++) {
    for (let ticks = 0; ticks < timing.electionTicks - 1; ticks++) {
      expect(sentKind(tick(role), "Probe")).toEqual([]);
    }
    step(role, acceptor(2), promised(1, page, [[page, 0, "A"]], 0, page + 1));
  }
  expect(role.status()["state"]).toBe("preparing");
});

test("an acceptor whose own learner is down keeps the log until there is no room, then goes by the snapshots of others", () => {
  const role = new Acceptor(three, 2);
  const mebibyte = new Uint8Array(1024 * 1024);
  const slots = limits.logBytes / mebibyte.length;
  for (let slot = 1; slot <= slots; slot++) {
    step(role, proposer(1), { kind: "Accept", ballot: 1, slot, commitPoint: slot - 1, value: mebibyte });
  }
  step(role, learner(3), { kind: "Trim", slot: slots - 10, memberships: unchanged });
  tick(role);
  expect(role.status()).toMatchObject({ trimmedThrough: 0, slotsHeld: slots });

  step(role, proposer(1), accept(1, slots + 1, "one more"));
  // One of three nodes may be lost, and with it that snapshot.
  expect(tick(role)).toMatchObject({ persist: [] });
  step(role, learner(1), { kind: "Trim", slot: slots - 5, memberships: unchanged });
  expect(tick(role)).toMatchObject({
    persist: [{ kind: "Trim", slot: slots - 10, memberships: unchanged }],
    trimThrough: slots - 10,
  });
  expect(role.status()).toMatchObject({ trimmedThrough: slots - 10, slotsHeld: 11 });

  expect(tick(role)).toMatchObject({ persist: [] });
});

test("what only a lost acceptor knew to be chosen is finished again, so that the others can learn it", () => {
  const roles = new Map<Address, RoleMachine<Message, Entry, Delivery>>([
    // Only proposer 3 ever runs for leader.
    [proposer(3), new Proposer(three, 3, () => 0.5)],
    ...three.nodes.flatMap((node): [Address, RoleMachine<Message, Entry, Delivery>][] => [
      [acceptor(node), new Acceptor(three, node)],
      [learner(node), new Learner(three, node)],
    ]),
  ]);
  const roleAt = (address: Address): RoleMachine<Message, Entry, Delivery> =>
    roles.get(address) ?? expect.unreachable();
  // Leader 1 has slot 1 chosen by acceptors 1 and 2, tells acceptor 2 so, and ends.
  for (const node of [1, 2]) step(roleAt(acceptor(node)), proposer(1), accept(1, 1, "A"));
  step(roleAt(acceptor(2)), proposer(1), heartbeat(1, 1));

  // Acceptor 3 is slow in phase 1. Node 2 takes part in it, and is lost once the new leader leads.
  let leads = false;
  const delivered: string[] = [];
  const inTransit: { readonly from: Address; readonly to: Address; readonly message: Message }[] = [];
  const arrives = (from: Address, to: Address, kind: Message["kind"]): boolean => {
    if (kind === "Heartbeat") leads = true;
    if (nodeOf(from) !== 2 && nodeOf(to) !== 2) return roles.has(to) && (leads || to !== acceptor(3));
    return !leads && ["Probe", "ProbeReply", "Prepare", "Promised"].includes(kind);
  };
  const act = (address: Address, did: Did): void => {
    for (const delivery of did.deliver) {
      if (delivery.kind === "chosen" && address === learner(3)) delivered.push(text(delivery.value));
    }
    for (const { to, message } of sent(did)) inTransit.push({ from: address, to, message });
    for (let next = inTransit.shift(); next !== undefined; next = inTransit.shift()) {
      const { from, to, message } = next;
      if (!arrives(from, to, message.kind)) continue;
      const taken = turn((out) => {
        roleAt(to).step(from, message, out);
        roleAt(to).flush(out);
      });
      act(to, taken);
    }
  };
  for (let ticks = 0; ticks < 1000 && delivered.length < 2; ticks++) {
    for (const address of roles.keys()) if (!leads || nodeOf(address) !== 2) act(address, tick(roleAt(address)));
    const request: Message = { kind: "Request", sequence: ticks, command: value("B") };
    if (ticks % 100 === 99)
      act(
        proposer(3),
        turn((out) => roleAt(proposer(3)).step(client(9), request, out)),
      );
  }
  expect(delivered).toEqual(["A", "B"]);
});
