/**
 * A leader whose members change: each rule that it goes by, alone.
 */
import { expect, test } from "vitest";
import { changed, changeRefusals, encodeMembership, flexible, isMembershipValue, limits } from "../../src/index.ts";
import { membershipOf, Memberships, unchanged } from "../../src/index.ts";
import { Acceptor, configurationOf, Proposer, type Configuration, type Message } from "../../src/multi/index.ts";
import { leadingProposer } from "./leading.ts";
import {
  accept,
  acceptor,
  client,
  flush,
  heartbeat,
  learner,
  promised,
  proposer,
  sent,
  sentKind,
  step,
} from "./stage.ts";
import { tick, turn, value, type Did } from "./stage.ts";

const windowSlots = 3;
const configuration: Configuration = configurationOf(3, {
  identities: 9,
  alphaSlots: windowSlots,
  limits: { ...limits, windowSlots },
});
const admin = client(7);

function reconfigure(role: Proposer, add: number, remove: number, sequence = 1): Did {
  const did = step(role, admin, { kind: "Reconfigure", sequence, add, remove });
  const flushed = flush(role);
  return { ...did, send: [...did.send, ...flushed.send] };
}

function acknowledge(role: Proposer, node: number, chosenThrough = 0, round = 1): void {
  step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 1, round, chosenThrough });
}

/** The leader asks who is there, and these answer. Returns what it does then. */
function answerRoll(role: Proposer, nodes: readonly number[]): Did {
  const [beat] = sentKind(flush(role), "Heartbeat");
  if (beat === undefined) throw new Error("expected the roll to be called");
  for (const node of nodes) acknowledge(role, node, 0, beat.round);
  return flush(role);
}

function vote(role: Proposer, slot: number, nodes: readonly number[]): void {
  for (const node of nodes) step(role, acceptor(node), { kind: "Accepted", ballot: 1, slot });
}

/** A leader that has nothing left to finish. */
function leader(): Proposer {
  const { role } = leadingProposer(configuration, 1);
  flush(role);
  return role;
}

/** A leader with a change to nodes 1, 2 and 4 under way in slot 1, and the slots behind it filled. */
function replacing(): Proposer {
  const role = leader();
  reconfigure(role, 4, 3);
  acknowledge(role, 4);
  answerRoll(role, [1, 2, 4]);
  return role;
}

const to = (did: Did, kind: Message["kind"]): readonly number[] =>
  sent(did).flatMap((envelope) => (envelope.message.kind === kind ? [envelope.to] : []));

test("who joins is told of what is chosen before anybody votes for it, and must answer first", () => {
  const role = leader();
  expect(sentKind(reconfigure(role, 4, 0), "Accept")).toEqual([]);
  const beats: number[] = [];
  while (beats.length === 0) beats.push(...to(tick(role), "Heartbeat"));
  expect(beats).toEqual(expect.arrayContaining([acceptor(4), learner(4), proposer(4)]));
  acknowledge(role, 4);
  const accepts = sentKind(answerRoll(role, [1, 2, 4]), "Accept").filter(({ slot }) => slot === 1);
  expect(accepts).toHaveLength(3);
  expect(accepts.every((each) => isMembershipValue(each.value))).toBe(true);
});

test("a joiner that is far behind waits, and is refused when it never answers or never gets near", () => {
  const role = leader();
  for (let slot = 1; slot <= 9; slot++) {
    step(role, client(1), { kind: "Request", sequence: slot, command: value("a") });
    flush(role);
    vote(role, slot, [1, 2]);
  }
  for (const answers of [false, true]) {
    reconfigure(role, 4, 0, answers ? 2 : 1);
    const refusals: number[] = [];
    for (let ticks = 0; refusals.length === 0; ticks++) {
      if (ticks % 5 === 0)
        for (const node of answers ? [1, 2, 3, 4] : [1, 2, 3]) acknowledge(role, node, node === 4 ? 5 : 9);
      refusals.push(...sentKind(tick(role), "ChangeRefused").map(({ reason }) => reason));
      expect(sentKind(flush(role), "Accept")).toEqual([]);
    }
    const reason = answers ? "the new node has not caught up in time" : "the new node has not answered";
    expect(refusals.map((each) => changeRefusals[each])).toEqual([reason]);
  }
});

test("a change is refused when too few of the new members answer, whoever did a moment ago", () => {
  const role = leader();
  for (const node of [1, 2, 3]) acknowledge(role, node);
  step(role, admin, { kind: "Reconfigure", sequence: 1, add: 0, remove: 2 });
  expect(sentKind(answerRoll(role, [1, 2]), "Accept")).toEqual([]);
  const refusals: Message[] = [];
  let ticks = 0;
  for (; refusals.length === 0; ticks++) {
    if (ticks % 5 === 0) for (const node of [1, 2]) acknowledge(role, node, 0, 1000);
    // An answer to a heartbeat that was sent before says nothing of who is there now.
    acknowledge(role, 3, 0, 1);
    refusals.push(...sentKind(tick(role), "ChangeRefused"));
  }
  expect(ticks).toBe(2 * configuration.timing.electionTicks + 1);
  expect(refusals).toMatchObject([{ reachable: 1, needed: 2 }]);
  const [refused] = refusals;
  expect(refused?.kind === "ChangeRefused" && changeRefusals[refused.reason]).toBe("too few of the new members answer");
  step(role, admin, { kind: "Reconfigure", sequence: 2, add: 0, remove: 3 });
  expect(sentKind(answerRoll(role, [1]), "Accept")).toEqual([]);
  acknowledge(role, 2, 0, 1000);
  expect(sentKind(flush(role), "Accept").some((each) => isMembershipValue(each.value))).toBe(true);
});

test("no-ops fill the slots up to the change, which the old members choose; the new ones promise before theirs", () => {
  const role = replacing();
  expect(role.status()).toMatchObject({ slotsInFlight: 3 });
  vote(role, 1, [1, 2]);
  const chosen = flush(role);
  // Slot 4 is the first of the new members: nothing goes there until a quorum of them has promised.
  expect(to(chosen, "Prepare")).toEqual([acceptor(1), acceptor(2), acceptor(4)]);
  expect(sentKind(chosen, "Prepare").every(({ ballot, from }) => ballot === 1 && from === 4)).toBe(true);
  vote(role, 2, [1, 3]);
  vote(role, 3, [2, 3]);
  step(role, client(1), { kind: "Request", sequence: 5, command: value("x") });
  const inForce = flush(role);
  expect(role.status()["members"]).toBe("1,2,4");
  expect(sentKind(inForce, "Accept")).toEqual([]);
  step(role, acceptor(1), promised(1, 4));
  expect(sentKind(flush(role), "Accept")).toEqual([]);
  step(role, acceptor(4), promised(1, 4));
  expect(to(flush(role), "Accept")).toEqual([acceptor(1), acceptor(2), acceptor(4)]);
  // Who left does not count any more.
  vote(role, 4, [1, 3]);
  expect(role.status()["commitPoint"]).toBe(3);
  vote(role, 4, [4]);
  expect(role.status()["commitPoint"]).toBe(4);
});

test("what the new members accepted under an earlier leader is what is proposed to them", () => {
  const role = replacing();
  for (const slot of [1, 2, 3]) vote(role, slot, [1, 2]);
  flush(role);
  step(role, acceptor(1), promised(1, 4));
  step(role, acceptor(4), promised(1, 4, [[5, 0.5, "earlier"]]));
  const accepts = sentKind(flush(role), "Accept");
  expect(accepts.map(({ slot, value: bytes }) => [slot, String.fromCharCode(...bytes)])).toEqual(
    [4, 4, 4, 5, 5, 5].map((slot) => [slot, slot === 4 ? "" : "earlier"]),
  );
});

test("new members that know more than the leader end its leadership", () => {
  const role = replacing();
  for (const slot of [1, 2, 3]) vote(role, slot, [1, 2]);
  flush(role);
  step(role, acceptor(4), promised(1, 4, [], 4));
  tick(role);
  expect(role.status()["state"]).toBe("following");
});

test("the same change asked again is answered again; another one waits its turn", () => {
  const role = replacing();
  expect(sentKind(reconfigure(role, 5, 0, 2), "ChangeRefused").map(({ reason }) => changeRefusals[reason])).toEqual([
    "another change is under way",
  ]);
  reconfigure(role, 4, 3, 3);
  for (const slot of [1, 2, 3]) vote(role, slot, [1, 2]);
  expect(sentKind(flush(role), "Reconfigured")).toEqual([]);
  for (const sequence of [4, 4]) expect(sentKind(reconfigure(role, 4, 3, sequence), "Reconfigured")).toEqual([]);
  step(role, acceptor(1), promised(1, 4, [], 3));
  const told = step(role, acceptor(2), promised(1, 4, [], 3));
  expect(sentKind(told, "Reconfigured").map(({ sequence }) => sequence)).toEqual([1, 3, 4]);
  expect(sentKind(reconfigure(role, 4, 3, 5), "Reconfigured")).toMatchObject([{ sequence: 5, from: 4 }]);
});

test("a change is answered when a quorum of the new members knows for good all that was chosen without them", () => {
  const role = replacing();
  for (const slot of [1, 2, 3]) vote(role, slot, [1, 2]);
  flush(role);
  for (const node of [1, 4]) step(role, acceptor(node), promised(1, 4));
  flush(role);
  const says = (node: number, chosenThrough: number): Did =>
    step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 1, round: 1, chosenThrough });
  // Who says that it knows is asked to promise once more: by that it puts on its disk what it knows.
  expect(to(says(1, 2), "Prepare")).toEqual([]);
  expect(to(says(3, 3), "Prepare")).toEqual([]);
  expect(to(says(1, 3), "Prepare")).toEqual([acceptor(1)]);
  expect(to(says(4, 3), "Prepare")).toEqual([acceptor(4)]);
  const others = (): readonly number[] => {
    const beats: number[] = [];
    while (beats.length === 0) beats.push(...to(tick(role), "Heartbeat"));
    return beats;
  };
  expect(others()).toContain(acceptor(3));
  expect(sentKind(step(role, acceptor(4), promised(1, 4, [], 3)), "Reconfigured")).toEqual([]);
  expect(to(says(4, 3), "Prepare")).toEqual([]);
  const settled = step(role, acceptor(1), promised(1, 5, [], 4));
  expect(sentKind(settled, "Reconfigured")).toEqual([{ kind: "Reconfigured", sequence: 1, number: 1, from: 4 }]);
  expect(others()).not.toContain(acceptor(3));
  expect(to(says(2, 3), "Prepare")).toEqual([]);
});

test("a leader that is no member any more leads until the members can do without it", () => {
  const role = leader();
  step(role, admin, { kind: "Reconfigure", sequence: 1, add: 0, remove: 1 });
  answerRoll(role, [2, 3]);
  for (const slot of [1, 2, 3]) vote(role, slot, [1, 2]);
  flush(role);
  for (const node of [2, 3]) step(role, acceptor(node), promised(1, 4));
  tick(role);
  expect(role.status()).toMatchObject({ state: "leading", members: "2,3" });
  for (const node of [2, 3]) step(role, acceptor(node), promised(1, 4, [], 3));
  tick(role);
  expect(role.status()["state"]).toBe("following");
});

test("reads wait while it is open who may have chosen something", () => {
  const role = replacing();
  const read: Message = { kind: "Read", sequence: 1, learner: 1, query: value("?") };
  step(role, client(1), read);
  for (let ticks = 0; ticks < 5; ticks++) tick(role);
  const answers = (nodes: readonly number[]): number =>
    nodes.flatMap((node) =>
      sentKind(step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 1, round: 2, chosenThrough: 0 }), "ReadAt"),
    ).length;
  expect(answers([1, 2, 3])).toBe(0);
  for (const slot of [1, 2, 3]) vote(role, slot, [1, 2]);
  flush(role);
  expect(answers([1, 2, 3])).toBe(0);
  for (const node of [1, 4]) step(role, acceptor(node), promised(1, 4));
  flush(role);
  let round = 0;
  while (round === 0) round = sentKind(tick(role), "Heartbeat")[0]?.round ?? 0;
  const confirm = (node: number): readonly unknown[] =>
    sentKind(step(role, acceptor(node), { kind: "HeartbeatAck", ballot: 1, round, chosenThrough: 3 }), "ReadAt");
  expect([...confirm(3), ...confirm(1)]).toEqual([]);
  expect(confirm(4)).toMatchObject([{ slot: 3 }]);
});

test("a proposer that comes back asks those who are members now, not those whose slots all are known", () => {
  const quorums = flexible(3, 3, 3);
  const moved = configurationOf(3, { identities: 9, quorums });
  const next = changed(membershipOf([1, 2, 3], quorums), { add: 4, remove: 1 }, 9);
  if (typeof next === "string") throw new Error(next);
  const { bytes } = Memberships.first(membershipOf([1, 2, 3], quorums), 1).chosen(4, encodeMembership(next));
  for (const chosenThrough of [3, 4]) {
    const role = new Proposer(moved, 2, () => 0);
    let round = 0;
    while (round === 0) round = sentKind(tick(role), "Probe")[0]?.round ?? 0;
    const reply = {
      kind: "ProbeReply",
      round,
      promised: 0,
      leaderSilent: true,
      chosenThrough,
      memberships: bytes,
    } as const;
    const asked = [2, 3, 4].flatMap((node) => to(step(role, acceptor(node), reply), "Prepare"));
    // Slot 4 is the last of the first members, of whom one is not there any more.
    expect(asked).toEqual(chosenThrough === 4 ? [4, 2, 3].map(acceptor) : []);
  }
});

test("a client's request that looks like a membership is refused", () => {
  const role = leader();
  const forged = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 1]);
  const did = step(role, client(1), { kind: "Request", sequence: 1, command: forged });
  expect(sentKind(did, "Overloaded")).toHaveLength(1);
  expect(sentKind(flush(role), "Accept")).toEqual([]);
});

test("an acceptor tells who the members are as far as it knows what is chosen, also when the log is gone", () => {
  const role = replacing();
  const all = sentKind(turnOfAccepts(role), "Accept");
  const [change] = all.filter(({ slot }) => slot === 1);
  if (change === undefined) throw new Error("expected the change to be proposed");
  const own = new Acceptor(configuration, 2);
  const told = (): Uint8Array => {
    const [reply] = sentKind(step(own, proposer(1), { kind: "Probe", round: 1 }), "ProbeReply");
    return reply?.memberships ?? unchanged;
  };
  step(own, proposer(1), change);
  expect(told()).toEqual(unchanged);
  step(own, proposer(1), heartbeat(1, 1));
  const known = told();
  expect(known.length).toBeGreaterThan(0);
  step(own, proposer(1), accept(1, 2, "a", 1));
  const trim = step(own, learner(2), { kind: "Trim", slot: 1, memberships: known });
  expect(told()).toEqual(known);
  const again = new Acceptor(configuration, 2);
  for (const entry of [...trim.persist, ...own.checkpoint()]) again.restore(entry);
  const [reply] = sentKind(step(again, proposer(1), { kind: "Probe", round: 1 }), "ProbeReply");
  expect(reply?.memberships).toEqual(known);
});

test("an acceptor asks those who leave, too, for what it lacks, as long as that was theirs to choose", () => {
  const alone = configurationOf(1, { identities: 9, alphaSlots: windowSlots, limits: { ...limits, windowSlots } });
  const next = changed(membershipOf([1], flexible(1, 1, 1)), { add: 2, remove: 1 }, 9);
  if (typeof next === "string") throw new Error(next);
  const role = new Acceptor(alone, 2);
  /** Whom it asks, in some time. */
  const asked = (commitPoint: number): readonly number[] => {
    step(role, proposer(1), heartbeat(1, commitPoint));
    const did = turn((out) => {
      for (let ticks = 0; ticks < 3 * alone.timing.retryTicks; ticks++) role.tick(out);
    });
    return [...new Set(to(did, "CatchUp"))];
  };
  step(role, proposer(1), { kind: "Accept", ballot: 1, slot: 1, commitPoint: 0, value: encodeMembership(next) });
  // The change governs from slot 4 on.
  expect(asked(3)).toContain(acceptor(1));
  step(role, acceptor(1), {
    kind: "Chosen",
    from: 2,
    values: [{ value: value("a") }, { value: value("b") }],
    trimmedThrough: 0,
  });
  expect(asked(4)).not.toContain(acceptor(1));
});

test("an acceptor asks those of whom the leader tells, too: all whom its own log names may have gone", () => {
  const first = membershipOf([1, 2, 3], flexible(3, 2, 2));
  const next = changed(first, { add: 4, remove: 3 }, 9);
  if (typeof next === "string") throw new Error(next);
  const { bytes } = Memberships.first(first, windowSlots).chosen(1, encodeMembership(next));
  const role = new Acceptor(configuration, 1);
  step(role, proposer(4), { kind: "Heartbeat", ballot: 4, commitPoint: 2, round: 1, memberships: bytes });
  const did = turn((out) => {
    for (let ticks = 0; ticks < 3 * configuration.timing.retryTicks; ticks++) role.tick(out);
  });
  expect(to(did, "CatchUp").filter((each) => each !== learner(1))).toEqual([2, 3, 4].map(acceptor));
});

/** The Accepts of a leader, sent once more. */
function turnOfAccepts(role: Proposer): Did {
  return turn((out) => {
    for (let ticks = 0; ticks < configuration.timing.retryTicks; ticks++) role.tick(out);
  });
}
