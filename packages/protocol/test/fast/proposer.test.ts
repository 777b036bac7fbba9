/**
 * The proposer of Fast Paxos: how it comes to lead, what it says then, and when it changes its pace.
 */
import { describe, expect, test } from "vitest";
import {
  Proposer,
  configurationOf,
  type Configuration,
  type Message,
  type SlotProposal,
} from "../../src/fast/index.ts";
import { acceptor, client, ofKind, proposer, step, tick, type Did } from "./stage.ts";

const [v, w, x] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
const usual = configurationOf(4);
const nodes = [1, 2, 3, 4];

/** Lets proposer 1 hear no leader until it prepares. */
function prepared(configuration: Configuration = usual): Proposer {
  const role = new Proposer(configuration, 1, () => 0);
  for (;;) {
    const [probe] = ofKind(tick(role), "Probe");
    if (probe === undefined) continue;
    for (const node of configuration.nodes) {
      const message: Message = { kind: "ProbeReply", round: probe.round, promised: 0, leaderSilent: true };
      if (ofKind(step(role, acceptor(node), message), "Prepare").length > 0) return role;
    }
  }
}

const promised = (accepted: readonly SlotProposal[] = [], ballot = 5): Message => ({
  kind: "Promised",
  ballot,
  from: 1,
  chosenThrough: 0,
  accepted,
  next: 0,
});
const vote = (slot: number, value: Uint8Array, ballot = 5): Message => ({
  kind: "Accepted",
  ballot,
  slot,
  chosenThrough: 0,
  value,
});

/** Proposer 1 leads its first term, in which three acceptors have reported nothing. */
function leading(configuration: Configuration = usual): Proposer {
  const role = prepared(configuration);
  for (const node of configuration.nodes.slice(0, configuration.quorums.phase1)) step(role, acceptor(node), promised());
  expect(role.status()["state"]).toBe("leading");
  return role;
}

/** Acceptors 1, 2, ... vote for these values in a slot. */
function votes(role: Proposer, slot: number, values: readonly Uint8Array[], ballot = 5): readonly Did[] {
  return values.map((value, index) => step(role, acceptor(index + 1), vote(slot, value, ballot)));
}

test("it finishes what was reported by the rule for fast ballots, fills what is between, and opens what lies behind", () => {
  const role = prepared();
  step(role, acceptor(1), promised([{ slot: 1, ballot: 4, value: w }]));
  step(role, acceptor(2), promised([{ slot: 3, ballot: 4, value: v }]));
  const did = step(role, acceptor(3), promised([{ slot: 3, ballot: 4, value: v }]));
  const accepts = ofKind(did, "Accept").filter(({ to }) => to === acceptor(4));
  expect(accepts.map(({ slot, value }) => [slot, value])).toEqual([
    [1, w],
    [2, new Uint8Array(0)],
    [3, v],
  ]);
  expect(ofKind(did, "Any").map(({ to, from }) => [to, from])).toEqual(nodes.map((node) => [acceptor(node), 4]));
});

describe("a collision", () => {
  test("is seen as soon as no value can get a quorum, and recovered in the next ballot by the votes alone", () => {
    const dids = votes(leading(), 1, [v, w, x]);
    expect(dids.map((did) => ofKind(did, "Accept").length)).toEqual([0, 0, 4]);
    expect(ofKind(dids[2] ?? tick(leading()), "Accept")[0]).toMatchObject({ ballot: 6, slot: 1, value: v });
  });

  test("is none as long as one may", () => {
    const dids = votes(leading(), 1, [v, w, v]);
    expect(dids.flatMap((did) => ofKind(did, "Accept"))).toEqual([]);
  });

  test("is left to the acceptors where the next ballot is theirs, and taken up in the one after", () => {
    const role = leadingUncoordinated();
    const first = votes(role, 1, [v, v, w, w], 7);
    expect(first.flatMap((did) => ofKind(did, "Accept"))).toEqual([]);
    const second = votes(role, 1, [v, v, w, w], 8);
    expect(ofKind(second[3] ?? tick(role), "Accept")[0]).toMatchObject({ ballot: 9, slot: 1 });
  });

  test("leaves a request without a slot, which the leader hands to the acceptors again", () => {
    const role = leading();
    votes(role, 1, [v, v, w, w]);
    const dids = votes(role, 1, [v, v, v], 6);
    expect(ofKind(dids[2] ?? tick(role), "Request").map(({ command }) => command)).toEqual([w, w, w, w]);
  });
});

function leadingUncoordinated(): Proposer {
  const role = prepared(configurationOf(4, { recovery: "uncoordinated" }));
  for (const node of [1, 2, 3]) step(role, acceptor(node), promised([], 7));
  return role;
}

test("a slot in which some have voted and others have not is filled soon, with what most have voted for", () => {
  const role = leading();
  votes(role, 1, [v, v]);
  const filled = Array.from({ length: usual.timing.catchUpTicks }, () => ofKind(tick(role), "Accept")).flat();
  expect(filled.map(({ to, ballot, value }) => [to, ballot, value])).toEqual([
    [acceptor(3), 5, v],
    [acceptor(4), 5, v],
  ]);
});

describe("the pace", () => {
  const ackAll = (role: Proposer, ballot: number, present: readonly number[]): void => {
    for (const node of present) {
      step(role, acceptor(node), { kind: "HeartbeatAck", ballot, chosenThrough: 0, isOpen: true });
    }
  };
  /** Acceptors answer, and time passes, until it prepares a new term. */
  const untilPrepare = (role: Proposer, ballot: number, present: readonly number[]): Message | undefined => {
    for (let ticks = 0; ticks < 5 * usual.timing.electionTicks; ticks++) {
      ackAll(role, ballot, present);
      const [prepare] = ofKind(tick(role), "Prepare");
      if (prepare !== undefined) return prepare;
    }
    return undefined;
  };

  test("is classic when fewer answer than a fast quorum has, and fast again after a while", () => {
    const role = leading(configurationOf(5, { fallBack: { windowSlots: 8, mostCollisions: 2, classicTicks: 60 } }));
    const fallen = untilPrepare(role, 5, [1, 2, 3]);
    // Term 6, the next of proposer 1 of 5.
    expect(fallen).toMatchObject({ kind: "Prepare", ballot: 34 });
    for (const node of [1, 2, 3]) step(role, acceptor(node), promised([], 34));
    expect(role.status()).toMatchObject({ state: "leading", fast: false });
    const back = untilPrepare(role, 34, [1, 2, 3, 4]);
    expect(back).toMatchObject({ kind: "Prepare", ballot: 55 });
  });

  test("is classic when too many of the last slots collided", () => {
    const role = leading(configurationOf(4, { fallBack: { windowSlots: 8, mostCollisions: 1, classicTicks: 60 } }));
    for (const slot of [1, 2]) {
      votes(role, slot, [v, v, w, w]);
      votes(role, slot, [v, v, v], 6);
    }
    expect(ofKind(tick(role), "Prepare")[0]).toMatchObject({ ballot: 29 });
  });

  test("classic: each request is taken once, whoever hands it on, and put in order by the leader", () => {
    const role = leading(configurationOf(5, { fallBack: { windowSlots: 8, mostCollisions: 2, classicTicks: 60 } }));
    untilPrepare(role, 5, [1, 2, 3]);
    for (const node of [1, 2, 3]) step(role, acceptor(node), promised([], 34));
    const request: Message = { kind: "Request", sequence: 1, command: v };
    const dids = [acceptor(1), acceptor(2), client(1)].map((from) => step(role, from, request));
    expect(dids.map((did) => ofKind(did, "Accept").length)).toEqual([5, 0, 0]);
    expect(ofKind(dids[0] ?? tick(role), "Accept")[0]).toMatchObject({ ballot: 34, slot: 1, value: v });
  });
});

test("a late request goes to the acceptors while they are open, and to the leader from one that does not lead", () => {
  const request: Message = { kind: "Request", sequence: 7, command: v };
  expect(ofKind(step(leading(), client(1), request), "Request").map(({ to }) => to)).toEqual(nodes.map(acceptor));
  const follower = new Proposer(usual, 2, () => 0);
  step(follower, proposer(1), { kind: "Heartbeat", ballot: 5, commitPoint: 0 });
  expect(step(follower, client(1), request).sent).toEqual([
    { to: client(1), message: { kind: "Redirect", sequence: 7, leader: 1 } },
  ]);
});
