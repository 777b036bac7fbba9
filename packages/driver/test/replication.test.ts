import { addressOf, limits, unchanged, type multi } from "@synod/protocol";
import { jsonMachine } from "@synod/machines";
import { MemorySnapshots, newMemorySnapshotArea, StorageError, type SnapshotStore } from "@synod/storage";
import { expect, test } from "vitest";
import { LearnerStage, opened } from "./learner-stage.ts";

const largeBytes = limits.storedBytes;

/** A learner of node 1 with a durable snapshot of `slots` slots, larger than one part. */
function withSnapshot(slots = 4, options: ConstructorParameters<typeof LearnerStage>[0] = {}): LearnerStage {
  const area = newMemorySnapshotArea(16 * 1024 * 1024);
  const stage = new LearnerStage({ snapshots: new MemorySnapshots(area), snapshotBytes: largeBytes, ...options });
  stage.fill(slots - 2);
  stage.fill(1, largeBytes);
  stage.work();
  expect(stage.replication.status()).toMatchObject({ snapshotSlot: slots, snapshotsTaken: 1 });
  return stage;
}

function trims(stage: LearnerStage): LearnerStage["sent"] {
  return stage.sent.filter(({ message }) => message.kind === "Trim");
}

test("a snapshot is written a part at a time while commands go on, and shows none of them", () => {
  const stage = new LearnerStage({
    snapshots: new MemorySnapshots(newMemorySnapshotArea(16 * 1024 * 1024)),
    snapshotBytes: 1000,
  });
  stage.fill(1, largeBytes);
  const at = stage.replica.appliedSlot;
  expect(stage.jobs).toHaveLength(1);
  stage.fill(5);
  expect(trims(stage)).toEqual([]);
  stage.work();
  expect(stage.replica.appliedSlot).toBe(at + 5);
  // The log behind it may go, and only that: every acceptor hears so.
  const acceptors = [1, 2, 3].map((node) => addressOf("acceptor", node));
  expect(trims(stage)).toEqual(
    acceptors.map((to) => ({ to, message: { kind: "Trim", slot: at, memberships: unchanged } })),
  );

  const restarted = new LearnerStage({ snapshots: stage.snapshots });
  expect(restarted.recover()).toBe(at);
  expect(restarted.replica.appliedSlot).toBe(at);
  // Its last life may have ended before it told them.
  expect(trims(restarted)).toEqual(trims(stage));
  expect(restarted.get(`k${at}`)).toBe("v".repeat(largeBytes));
  expect(restarted.get(`k${at + 1}`)).toBeUndefined();
});

test("the next snapshot waits for as much as the last one was long", () => {
  const stage = withSnapshot(4);
  const bytes = Number(stage.replication.status()["snapshotBytes"]);
  const small = new LearnerStage({ snapshots: stage.snapshots, snapshotBytes: 10 });
  small.recover();
  small.fill(20, 100);
  expect(small.jobs).toHaveLength(0);
  small.fill(Math.ceil(bytes / 100_000), 100_000);
  expect(small.jobs).not.toHaveLength(0);
});

test("no snapshot is taken where other replicas may have applied the same in another order", () => {
  const stage = new LearnerStage({
    snapshots: new MemorySnapshots(newMemorySnapshotArea(16 * 1024 * 1024)),
    snapshotBytes: 10,
  });
  const value = new Uint8Array(100);
  stage.replication.deliver({ kind: "chosen", slot: 1, value, settled: false });
  stage.replication.deliver({ kind: "chosen", slot: 2, value, settled: false });
  expect(stage.jobs).toHaveLength(0);
  stage.replication.deliver({ kind: "chosen", slot: 3, value: new Uint8Array(0), settled: true });
  stage.work();
  expect(stage.snapshots.latest()?.slot).toBe(3);
});

test("without a snapshot a learner starts from nothing, and serves an empty part that says so", () => {
  const stage = new LearnerStage({});
  expect(stage.recover()).toBe(0);
  const sent = stage.take(addressOf("learner", 2), { kind: "FetchSnapshot", slot: 0, offset: 0 });
  expect(sent).toEqual([
    {
      to: addressOf("learner", 2),
      message: { kind: "SnapshotPart", slot: 0, offset: 0, sizeBytes: 0, bytes: new Uint8Array(0) },
    },
  ]);
});

test("a learner that asks for a snapshot that is not the newest any more gets an empty part of the newest", () => {
  const stage = withSnapshot(4);
  const [answer] = stage.take(addressOf("learner", 2), { kind: "FetchSnapshot", slot: 3, offset: 100 });
  expect(answer?.message).toMatchObject({ kind: "SnapshotPart", slot: 4, offset: 100, bytes: new Uint8Array(0) });
});

test("a learner that is behind fetches a snapshot part by part, goes on from it, and makes it its own", () => {
  const peer = withSnapshot(4);
  const behind = new LearnerStage({ node: 2 });
  behind.fallBehind(peer);
  const parts = behind.fetch(peer);
  expect(parts).toBe(Math.ceil(Number(peer.replication.status()["snapshotBytes"]) / limits.snapshotPartBytes));
  expect(parts).toBeGreaterThan(1);
  expect(behind.replica.appliedSlot).toBe(4);
  expect(behind.replica.digest()).toBe(peer.replica.digest());
  expect(behind.get("k4")).toBe("v".repeat(largeBytes));

  // Its own acceptor may drop its log only when the snapshot is durable here.
  const own = addressOf("acceptor", 2);
  expect(behind.sent.filter(({ to, message }) => to === own && message.kind === "Trim")).toEqual([]);
  behind.work();
  expect(behind.sent).toContainEqual({ to: own, message: { kind: "Trim", slot: 4, memberships: unchanged } });
  const restarted = new LearnerStage({ node: 2, snapshots: behind.snapshots });
  expect(restarted.recover()).toBe(4);
});

test("a fetched snapshot is made the own at once, also where the others are due at set slots", () => {
  const behind = new LearnerStage({ node: 2, snapshotSlots: 100 });
  const peer = withSnapshot(4);
  behind.fallBehind(peer);
  behind.fetch(peer);
  behind.work();
  expect(behind.replication.status()).toMatchObject({ snapshotSlot: 4, snapshotsTaken: 1 });
  behind.fill(95);
  expect(behind.jobs).toHaveLength(0);
  behind.fill(1);
  behind.work();
  expect(behind.replication.status()).toMatchObject({ snapshotSlot: 100, snapshotsTaken: 2 });
});

test("a snapshot is served in parts as small as is asked", () => {
  const peer = withSnapshot(4, { snapshotPartBytes: 100_000 });
  const behind = new LearnerStage({ node: 2 });
  behind.fallBehind(peer);
  expect(behind.fetch(peer)).toBe(Math.ceil(Number(peer.replication.status()["snapshotBytes"]) / 100_000));
  expect(behind.replica.digest()).toBe(peer.replica.digest());
});

test("what was chosen after the snapshot is applied on top of it", () => {
  const peer = withSnapshot(4);
  const behind = new LearnerStage({ node: 2 });
  behind.fallBehind(peer);
  behind.fetch(peer);
  peer.fill(1);
  behind.fill(1);
  expect(behind.replica.appliedSlot).toBe(5);
  expect(behind.replica.digest()).toBe(peer.replica.digest());
});

test("a snapshot never replaces a newer state", () => {
  const peer = withSnapshot(4);
  const behind = new LearnerStage({ node: 2 });
  behind.fallBehind(peer);
  expect(behind.exchange(peer)).toBe(true);
  // Before the last part comes, it learns as much from a log.
  behind.fill(9);
  const digest = behind.replica.digest();
  behind.fetch(peer);
  expect(behind.replica.appliedSlot).toBe(10);
  expect(behind.replica.digest()).toBe(digest);
  expect(behind.refusals).toEqual([]);
});

test("a whole snapshot that is older than the state is not installed, whoever sends it", () => {
  const peer = withSnapshot(4);
  const bytes = peer.snapshots.read(4, 0, 1_000_000) ?? new Uint8Array(0);
  const ahead = new LearnerStage({ node: 2 });
  ahead.fill(9);
  const digest = ahead.replica.digest();
  ahead.replication.deliver({ kind: "part", slot: 4, offset: 0, sizeBytes: bytes.length, bytes });
  expect(ahead.replica.digest()).toBe(digest);
});

test("a value that comes in the same turn as the end of a snapshot that holds it is not applied again", () => {
  const peer = withSnapshot(4);
  const behind = new LearnerStage({ node: 2 });
  behind.fallBehind(peer);
  const late = { kind: "Chosen", from: 1, values: [{ value: opened() }], trimmedThrough: 0 } as const;
  behind.fetch(peer, (part) => {
    if (part.offset + part.bytes.length === part.sizeBytes) behind.alsoTake(addressOf("acceptor", 2), late);
    return part;
  });
  expect(behind.replica.digest()).toBe(peer.replica.digest());
  behind.fill(1);
  expect(behind.replica.appliedSlot).toBe(5);
});

test("a fetch that is given up half-way does not keep the learner from its own snapshots", () => {
  const peer = withSnapshot(4);
  const behind = new LearnerStage({ node: 2, snapshotBytes: 500 });
  behind.fallBehind(peer);
  expect(behind.exchange(peer)).toBe(true);
  behind.fill(20);
  behind.work();
  expect(behind.replication.status()["snapshotsTaken"]).not.toBe(0);
});

const spoiled: readonly [string, (part: multi.SnapshotPart) => multi.SnapshotPart][] = [
  ["damaged at its start", (part) => (part.offset === 0 ? withByte(part, 0) : part)],
  ["damaged in its middle", (part) => (part.offset === 0 ? withByte(part, 60) : part)],
  ["cut short", (part) => ({ ...part, sizeBytes: part.bytes.length })],
  ["of another slot than it says", (part) => ({ ...part, slot: part.slot + 1 })],
];

function withByte(part: multi.SnapshotPart, at: number): multi.SnapshotPart {
  const bytes = part.bytes.slice();
  bytes[at] = 0xff;
  return { ...part, bytes };
}

test.each(spoiled)("a snapshot that is %s is refused and changes nothing; another one is taken", (_name, spoil) => {
  const peer = withSnapshot(4);
  const behind = new LearnerStage({ node: 2 });
  behind.choose(opened());
  const before = behind.replica.digest();
  behind.fallBehind(peer);
  // A peer that is asked for a slot that it does not have answers with an empty part: the asker must ask for the real one.
  while (behind.refusals.length === 0) {
    const asked = behind.sent.findLast(({ message }) => message.kind === "FetchSnapshot");
    if (asked?.message.kind === "FetchSnapshot" && asked.message.slot > 4) {
      behind.sent[behind.sent.indexOf(asked)] = { to: asked.to, message: { ...asked.message, slot: 4 } };
    }
    expect(behind.exchange(peer, spoil)).toBe(true);
  }
  expect(behind.refusals).toHaveLength(1);
  expect(["SnapshotMismatch", "DecodeError"]).toContain(behind.refusals[0]?.name);
  expect(behind.replica.digest()).toBe(before);
  expect(behind.replication.status()).toMatchObject({ snapshotSlot: 0, snapshotsRefused: 1 });
  expect(behind.failures).toEqual([]);

  behind.fallBehind(peer);
  behind.fetch(peer);
  expect(behind.replica.appliedSlot).toBe(4);
});

test("a snapshot of another machine is refused by name, and a restart finds no trace of it", () => {
  const machine = jsonMachine<object>({ name: "other/1", initial: () => ({ text: "x".repeat(100) }), apply: () => 1 });
  const peer = new LearnerStage({ machine, snapshotBytes: 1 });
  peer.choose(opened());
  peer.work();
  const behind = new LearnerStage({ node: 2 });
  behind.fallBehind(peer);
  behind.fetch(peer);
  expect(behind.refusals.map(({ message }) => message)).toEqual(["snapshot machine: expected kv/1, found other/1"]);
  const restarted = new LearnerStage({ node: 2, snapshots: behind.snapshots });
  expect(restarted.recover()).toBe(0);
});

/** A store that fails at one of its calls. */
function failingStore(at: "latest" | "begin" | "append" | "commit"): {
  readonly store: SnapshotStore;
  readonly failure: StorageError;
} {
  const failure = new StorageError("full", "a disk", "no room left");
  const fail = (call: typeof at): void => {
    if (call === at) throw failure;
  };
  const store: SnapshotStore = {
    latest() {
      fail("latest");
      return undefined;
    },
    read: () => undefined,
    begin() {
      fail("begin");
      return {
        append: () => fail("append"),
        commit: (done) => done(at === "commit" ? failure : undefined),
        abandon: () => undefined,
      };
    },
    close: () => undefined,
  };
  return { store, failure };
}

test.each(["latest", "begin", "append", "commit"] as const)("a snapshot that storage fails at %s is reported", (at) => {
  const { store, failure } = failingStore(at);
  const stage = new LearnerStage({ snapshots: store, snapshotBytes: 1 });
  stage.choose(opened());
  stage.work();
  expect(stage.failures).toEqual([failure]);
  expect(trims(stage)).toEqual([]);
});

test("after closing, a snapshot under way is given up", () => {
  const stage = new LearnerStage({ snapshotBytes: 1 });
  stage.choose(opened());
  expect(stage.jobs).toHaveLength(1);
  stage.replication.close();
  stage.snapshots.close();
  stage.work();
  expect(stage.snapshots.latest()).toBeUndefined();
  expect(trims(stage)).toEqual([]);
});
