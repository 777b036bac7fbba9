/**
 * Reads under a lease: who grants what for how long, and when the leader may reckon with it.
 */
import { describe, expect, test } from "vitest";
import { flexible, majority, membershipOf } from "../../src/index.ts";
import { Acceptor, configurationOf, Proposer, type Configuration } from "../../src/multi/index.ts";
import { Grant, Grants } from "../../src/multi/lease.ts";
import { PendingReads } from "../../src/multi/reads.ts";
import { elect } from "./leading.ts";
import { acceptor, client, flush, heartbeat, promised, proposer, sentKind, step, tick, value } from "./stage.ts";

const lease = { ticks: 100, drift: 0.1 };
const leased: Configuration = configurationOf(3, { lease });
const read = { kind: "Read", sequence: 1, learner: 2, query: value("?") } as const;

/** A clock that tests set. */
function newClock(): { now: number; read: () => number } {
  const clock = { now: 1000, read: () => clock.now };
  return clock;
}

test.each([
  [{ ticks: 0, drift: 0 }, /lease.ticks: expected a number above 0, got 0/],
  [{ ticks: Infinity, drift: 0 }, /lease.ticks/],
  [{ ticks: NaN, drift: 0 }, /lease.ticks/],
  [{ ticks: 20, drift: 1 }, /lease.drift: expected a number from 0 to below 1, got 1/],
  [{ ticks: 20, drift: -0.1 }, /lease.drift/],
])("%j is no lease", (none, why) => {
  const configuration = configurationOf(3, { lease: none });
  expect(() => new Acceptor(configuration, 1, () => 0)).toThrow(why);
  expect(() => new Proposer(configuration, 1, () => 0, { clock: () => 0 })).toThrow(why);
});

test("a role takes no part in leases without a clock", () => {
  expect(() => new Acceptor(leased, 1)).toThrow(TypeError);
  expect(() => new Proposer(leased, 1, () => 0)).toThrow(TypeError);
});

describe("an acceptor", () => {
  /** It has begun long ago, and acknowledges a leader of ballot 2 now. */
  function granted(): { role: Acceptor; clock: { now: number; read: () => number } } {
    const clock = newClock();
    const role = new Acceptor(leased, 1, clock.read);
    clock.now += lease.ticks;
    expect(sentKind(step(role, proposer(2), heartbeat(2, 0)), "HeartbeatAck")).toHaveLength(1);
    return { role, clock };
  }
  const prepare = (ballot: number) => ({ kind: "Prepare", ballot, from: 1 }) as const;

  test("promises no higher ballot before the whole time has passed on its clock, and says nothing", () => {
    const { role, clock } = granted();
    clock.now += lease.ticks - 0.001;
    const early = step(role, proposer(3), prepare(3));
    expect([early.send, early.persist, early.sendAfterPersist]).toEqual([[], [], []]);
    clock.now += 0.001;
    expect(sentKind(step(role, proposer(3), prepare(3)), "Promised")).toHaveLength(1);
  });

  test("counts anew from each heartbeat", () => {
    const { role, clock } = granted();
    clock.now += lease.ticks - 1;
    step(role, proposer(2), heartbeat(2, 0));
    clock.now += lease.ticks - 1;
    expect(step(role, proposer(3), prepare(3)).persist).toEqual([]);
  });

  test("promises its own leader, refuses lower ballots, and takes what a leader proposes that was elected without it", () => {
    const { role } = granted();
    expect(sentKind(step(role, proposer(2), prepare(2)), "Promised")).toHaveLength(1);
    expect(sentKind(step(role, proposer(1), prepare(1)), "Rejected")).toHaveLength(1);
    const accept = { kind: "Accept", ballot: 3, slot: 1, commitPoint: 0, value: value("a") } as const;
    expect(sentKind(step(role, proposer(3), accept), "Accepted")).not.toEqual([]);
  });

  test("that starts again knows of no grant, and waits as long as one runs", () => {
    const clock = newClock();
    const role = new Acceptor(leased, 1, clock.read);
    role.restore(prepare(2));
    clock.now += lease.ticks - 0.001;
    expect(step(role, proposer(3), prepare(3)).persist).toEqual([]);
    // Nor the one that it has promised: it may have voted for that leader while another's lease ran.
    expect(step(role, proposer(2), prepare(2)).send).toEqual([]);
    clock.now += 0.001;
    expect(sentKind(step(role, proposer(3), prepare(3)), "Promised")).toHaveLength(1);
  });

  describe("keeps a grant against the leader of a higher ballot, whom others elected, and members before perhaps", () => {
    const acceptOf3 = { kind: "Accept", ballot: 3, slot: 1, commitPoint: 0, value: value("a") } as const;
    const isPromised = (role: Acceptor) => sentKind(step(role, proposer(3), prepare(3)), "Promised").length > 0;

    test("also when it has acknowledged that one", () => {
      const { role, clock } = granted();
      step(role, proposer(3), heartbeat(3, 0));
      expect(isPromised(role)).toBe(false);
      clock.now += lease.ticks - 0.001;
      expect(isPromised(role)).toBe(false);
      clock.now += 0.001;
      expect(isPromised(role)).toBe(true);
    });

    test("also when it has voted for that one", () => {
      const { role, clock } = granted();
      step(role, proposer(3), acceptOf3);
      clock.now += lease.ticks - 0.001;
      expect(isPromised(role)).toBe(false);
      clock.now += 0.001;
      expect(isPromised(role)).toBe(true);
    });

    test("also when it has voted for that one, and has started again", () => {
      const { clock } = granted();
      const role = new Acceptor(leased, 1, clock.read);
      role.restore(acceptOf3);
      expect(isPromised(role)).toBe(false);
    });

    test("also when it has started again, and acknowledged that one", () => {
      const { clock } = granted();
      const role = new Acceptor(leased, 1, clock.read);
      step(role, proposer(3), heartbeat(3, 0));
      expect(isPromised(role)).toBe(false);
    });
  });

  test("that starts acknowledges a leader at once", () => {
    const role = new Acceptor(leased, 1, newClock().read);
    expect(sentKind(step(role, proposer(2), heartbeat(2, 0)), "HeartbeatAck")).toHaveLength(1);
  });

  test("acknowledges no leader of a higher ballot until the grant is over, and the one that has it all the time", () => {
    const { role, clock } = granted();
    const isAcknowledged = (ballot: number): boolean =>
      sentKind(step(role, proposer(ballot), heartbeat(ballot, 0)), "HeartbeatAck").length > 0;
    clock.now += lease.ticks - 1;
    expect([isAcknowledged(3), isAcknowledged(2)]).toEqual([false, true]);
    clock.now += lease.ticks;
    expect(isAcknowledged(3)).toBe(true);
  });

  test("tells nobody to go ahead while a grant runs, however silent the leader is", () => {
    const { role, clock } = granted();
    for (let count = 0; count < 10 * leased.timing.electionTicks; count++) tick(role);
    const silent = () => sentKind(step(role, proposer(3), { kind: "Probe", round: 1 }), "ProbeReply")[0]?.leaderSilent;
    expect(silent()).toBe(false);
    clock.now += lease.ticks;
    expect(silent()).toBe(true);
  });
});

describe("a leader", () => {
  /** It has sent heartbeat 1 at 1000 and heartbeat 2 at 1010. */
  function leading(configuration = leased): { role: Proposer; clock: { now: number } } {
    const clock = newClock();
    const role = new Proposer(configuration, 1, () => 0, { clock: clock.read });
    elect(role, configuration);
    for (const node of [1, 2]) step(role, acceptor(node), promised(1, 1));
    clock.now += 10;
    const later = Array.from({ length: configuration.timing.heartbeatTicks }, () => sentKind(tick(role), "Heartbeat"));
    expect(later.flat().at(0)?.round).toBe(2);
    return { role, clock };
  }
  const ack = (round: number) => ({ kind: "HeartbeatAck", ballot: 1, round, chosenThrough: 0 }) as const;
  const answered = (role: Proposer): number => {
    step(role, client(1), read);
    return sentKind(flush(role), "ReadAt").length;
  };

  test("answers without asking anybody until the time has passed since before it sent what a quorum acknowledged", () => {
    const { role, clock } = leading();
    for (const node of [1, 3]) step(role, acceptor(node), ack(1));
    clock.now = 1000 + 90 - 0.001;
    expect(answered(role)).toBe(1);
    expect(role.status()["leasedReads"]).toBe(1);
    clock.now = 1000 + 90;
    expect(answered(role)).toBe(0);
    expect(role.status()["leasedReads"]).toBe(1);
  });

  test("needs as many grants as a phase 2 quorum has", () => {
    const { role } = leading();
    step(role, acceptor(1), ack(1));
    step(role, acceptor(1), ack(2));
    expect(answered(role)).toBe(0);
  });

  test("gets nothing by what was sent in another ballot, or never", () => {
    const { role } = leading();
    for (const node of [1, 2, 3]) step(role, acceptor(node), { ...ack(1), ballot: 4 });
    for (const node of [1, 2, 3]) step(role, acceptor(node), ack(99));
    step(role, client(1), read);
    expect(sentKind(flush(role), "ReadAt")).toEqual([]);
  });

  test("without leases asks for each read", () => {
    const { role } = leading(configurationOf(3));
    for (const node of [1, 2, 3]) for (const round of [1, 2]) step(role, acceptor(node), ack(round));
    expect(answered(role)).toBe(0);
    expect(role.status()).not.toHaveProperty("leasedReads");
  });
});

test("grants of a quorum of each membership in force are needed, and none does while it is unknown who confirms", () => {
  const clock = newClock();
  const grants = new Grants({ lease, clock: clock.read });
  const memberships = [membershipOf([1, 2, 3], majority(3)), membershipOf([2, 3, 4], flexible(3, 2, 2))];
  const reads = new PendingReads(memberships, grants);
  const round = reads.nextRound();
  reads.add(client(1), read, 7);
  reads.answered(1, round - 1);
  grants.acknowledged(1, round);
  grants.acknowledged(2, round);
  expect(reads.leased()).toEqual([]);
  grants.acknowledged(4, round);
  reads.decide(true, 0, memberships, 7);
  expect(reads.leased()).toEqual([]);
  reads.decide(false, 0, memberships, 8);
  expect(reads.leased()).toMatchObject([{ slot: 8 }]);
});

test("what the leader reckons with has always been granted for longer, as long as clocks differ by no more than is allowed", () => {
  // The leader's clock is slow, that of the acceptor fast, by as much as is allowed together.
  for (const [slow, fast] of [
    [1, 1.1],
    [1 / 1.1, 1],
    [0.96, 1.055],
  ] as const) {
    for (const [delay, back] of [
      [0, 0],
      [0, 30],
      [20, 5],
    ] as const) {
      let now = 0;
      const granted = new Grant({ lease, clock: () => 500 + fast * now });
      const reckoned = new Grants({ lease, clock: () => 70 + slow * now });
      reckoned.sends(1);
      now += delay;
      granted.give(2);
      now += back;
      reckoned.acknowledged(1, 1);
      const broken: number[] = [];
      for (; reckoned.running.has(1); now += 0.01) if (!granted.forbids(3)) broken.push(now);
      expect(now).toBeGreaterThan(lease.ticks * (1 - lease.drift) - 1);
      expect(broken, `${slow} ${fast}`).toEqual([]);
    }
  }
});
