/**
 * What replicas and their snapshots must be, and the order in which they come to be it.
 */
import { describe, expect, test } from "vitest";
import { addressOf } from "@synod/protocol";
import { encodeOpen, encodePut, newKeyValueMachine, Replica, RequestWriter, type StateMachine } from "@synod/machines";
import { DeliveryChecker } from "../../src/check/delivery.ts";
import { ReplicasChecker } from "../../src/check/replicas.ts";
import { SnapshotsChecker } from "../../src/check/snapshots.ts";
import { CommandSum } from "../../src/check/watched-machine.ts";
import { watchReplica } from "../../src/check/watched-replica.ts";
import { newReports } from "./reports.ts";

describe("delivery", () => {
  const newChecker = () => {
    const { reports, report } = newReports();
    const checker = new DeliveryChecker(report);
    checker.begins(1);
    return { reports, checker };
  };

  test("in order, each slot once in a life, from the snapshot on", () => {
    const { reports, checker } = newChecker();
    for (const slot of [1, 2]) {
      checker.delivers(1, slot);
      checker.applies(1, slot);
    }
    checker.restores(1, 9);
    // What the learner had delivered before it heard of the snapshot.
    checker.delivers(1, 3);
    checker.delivers(1, 10);
    checker.applies(1, 10);
    checker.begins(1);
    checker.restores(1, 5);
    checker.delivers(1, 6);
    checker.applies(1, 6);
    expect(reports).toEqual([]);
    expect(checker.knownThrough(1)).toBe(6);
  });

  test("what the learner delivers in the turn of a snapshot goes on from the snapshot before it", () => {
    const { reports, checker } = newChecker();
    checker.restores(1, 20);
    checker.restores(1, 39);
    for (const slot of [21, 22]) checker.delivers(1, slot);
    // Nothing is delivered before the next one.
    checker.restores(1, 60);
    checker.delivers(1, 40);
    checker.delivers(1, 61);
    expect(reports).toEqual([]);
    checker.restores(1, 80);
    checker.delivers(1, 40);
    expect(reports.map(({ message }) => message)).toEqual(["learner 1 delivers slot 40 after a snapshot of slot 80"]);
  });

  test.each([
    ["a gap", [1, 3]],
    ["twice", [1, 1]],
    ["not from the first", [2]],
  ])("%s", (_, slots) => {
    const { reports, checker } = newChecker();
    for (const slot of slots) checker.delivers(1, slot);
    expect(reports.map(({ checker: name }) => name)).toEqual(["delivery"]);
  });

  test("a snapshot over a newer state, and a slot that is passed over", () => {
    const { reports, checker } = newChecker();
    checker.restores(1, 5);
    checker.restores(1, 5);
    checker.applies(1, 7);
    expect(reports.map(({ message }) => message)).toEqual([
      "the replica of node 1 is restored from a snapshot of slot 5 over its state of slot 5",
      "the replica of node 1 applies slot 7 after slot 5",
    ]);
  });
});

describe("replicas", () => {
  const answers = (...list: readonly number[]) => ({
    commands: new CommandSum(),
    answers: list,
    beginnings: list.map((each) => new TextEncoder().encode(`"${each}"`)),
    replyBytes: 0,
  });

  test("with the same state and the same answers at the same slot", () => {
    const { reports, report } = newReports();
    const checker = new ReplicasChecker(report);
    checker.holds("the replica of node 1", 8, 123);
    checker.holds("the replica of node 2", 8, 123);
    checker.answers(1, 8, answers(1, 2));
    checker.answers(2, 8, answers(1, 2));
    expect([reports, checker.compared]).toEqual([[], 1]);
    checker.holds("a snapshot of node 3", 8, 124);
    checker.answers(3, 8, answers(1, 3));
    checker.answers(3, 8, answers(1));
    expect(reports).toHaveLength(3);
    expect(reports[0]?.message).toContain("after slot 8 a snapshot of node 3 is not what the replica of node 1 is; ");
    expect(reports[1]?.message).toContain(
      `answers otherwise than that of node 1: to command 2 "3", not "2"; apply must`,
    );
    expect(reports[2]?.message).toContain("to command 2 nothing, as it has none, not ");
  });

  /** One replica applies requests; another takes over from its snapshot. Returns what is found wrong. */
  function handOver(machine: StateMachine = newKeyValueMachine()): readonly string[] {
    const { reports, report } = newReports();
    const checker = new ReplicasChecker(report);
    const [one, two] = [newKeyValueMachine(), machine].map((each, index) => {
      const replica = new Replica({ machine: each, node: index + 1 });
      watchReplica(replica, {
        applied: () => undefined,
        restored: () => undefined,
        isCompared: () => false,
        isKnown: (slot) => checker.isKnown(slot),
        holds: (slot, checksum) => checker.holds(`replica ${index + 1}`, slot, checksum),
        snapshotted: (slot, checksum) => checker.holds(`snapshot ${index + 1}`, slot, checksum),
      });
      return replica;
    });
    if (one === undefined || two === undefined) throw new Error("expected two replicas");
    for (let slot = 1; slot <= 5; slot++) one.apply(slot, valueOf(slot), () => undefined);
    const parts = one.snapshot();
    // Its parts are taken while it goes on.
    for (let slot = 6; slot <= 16; slot++) one.apply(slot, valueOf(slot), () => undefined);
    two.restore(parts);
    for (let slot = 6; slot <= 16; slot++) two.apply(slot, valueOf(slot), () => undefined);
    expect(checker.compared).toBeGreaterThan(1);
    return reports.map(({ message }) => message);
  }

  function valueOf(slot: number): Uint8Array {
    const client = addressOf("client", 1);
    if (slot === 1) return encodeOpen({ client, replyTo: 1 }, 1);
    const writer = new RequestWriter();
    writer.begin({ client, replyTo: 1, session: 1, sequence: slot - 1, acknowledged: 1 });
    writer.add((command) => encodePut(command, `k${slot}`, "v"));
    return writer.take();
  }

  test("a snapshot is the state of its slot, on whatever node", () => {
    expect(handOver()).toEqual([]);
  });

  test("a machine whose snapshot brings back less is found where it is restored", () => {
    const machine = newKeyValueMachine();
    const forgetful: StateMachine = {
      name: machine.name,
      apply: (command, reply) => machine.apply(command, reply),
      query: (query, reply) => machine.query(query, reply),
      snapshot: () => machine.snapshot(),
      restore: (parts) => void [...parts],
    };
    expect(handOver(forgetful)[0]).toContain("after slot 5 replica 2 is not what replica 1 is; ");
  });
});

describe("snapshots and the log", () => {
  const newChecker = (logBytes = 100, mayBeLost = 0) => {
    const { reports, report } = newReports();
    return { reports, checker: new SnapshotsChecker(logBytes, mayBeLost, report) };
  };

  test("the log goes behind the own learner's durable snapshot", () => {
    const { reports, checker } = newChecker();
    checker.holds(1, 5, 10);
    checker.saysDurable(1, 5, () => 5);
    checker.trims(1, 5);
    // A new segment says it again.
    checker.trims(1, 5);
    expect(reports).toEqual([]);
  });

  test("a snapshot that the disk would not keep", () => {
    const { reports, checker } = newChecker();
    checker.saysDurable(1, 5, () => 3);
    expect(reports.map(({ message }) => message)).toEqual([
      "learner 1 says that its snapshot of slot 5 is durable, its disk has that of slot 3",
    ]);
  });

  test.each([
    ["no snapshot anywhere", 0, 0],
    ["an older own snapshot", 4, 0],
    ["another node's snapshot, with room in the log", 0, 5],
  ])("%s", (_, own, other) => {
    const { reports, checker } = newChecker();
    checker.holds(1, 5, 10);
    if (own > 0) checker.saysDurable(1, own, () => own);
    if (other > 0) checker.saysDurable(2, other, () => other);
    checker.trims(1, 5);
    expect(reports.map(({ checker: name }) => name)).toContain("durability");
  });

  test("another node's snapshot will do when the log is over its bound", () => {
    const { reports, checker } = newChecker(100);
    for (let slot = 1; slot <= 11; slot++) checker.holds(1, slot, 10);
    checker.saysDurable(2, 5, () => 5);
    checker.trims(1, 5);
    expect(reports).toEqual([]);
  });

  test("a durable snapshot that is not there when the learner comes back", () => {
    const { reports, checker } = newChecker();
    checker.began(1, 5, 5);
    expect(reports).toEqual([]);
    checker.began(1, 0, 5);
    expect(reports).toMatchObject([
      { checker: "durability", message: "learner 1 comes back with no snapshot, its disk had that of slot 5" },
    ]);
  });

  test("a node that may be lost is no place to go by: then two others must have it", () => {
    const trimmedAfter = (...others: readonly number[]): number => {
      const { reports, checker } = newChecker(100, 1);
      for (let slot = 1; slot <= 11; slot++) checker.holds(1, slot, 10);
      for (const other of others) checker.saysDurable(other, 5, () => 5);
      checker.trims(1, 5);
      return reports.length;
    };
    expect(trimmedAfter(2)).toBe(1);
    expect(trimmedAfter(2, 3)).toBe(0);
  });
});
