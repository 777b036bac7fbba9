import { StorageError, type FileLayer, type OpenFile } from "@synod/storage";
import { describe, expect, test } from "vitest";
import { Clock } from "../../src/world/clock.ts";
import { NodeDisk } from "../../src/world/disk.ts";
import { drawSurvival } from "../../src/world/power-failure.ts";
import { Randomness } from "../../src/world/randomness.ts";
import { faultOf } from "./faulty-network.ts";
import { newSmallWorld } from "./small-world.ts";

const second = 1_000_000;

/** A disk with one user, who notes how long it is paused. */
function newDisk({ blocking = false } = {}) {
  const clock = new Clock();
  const disk = new NodeDisk({
    clock,
    randomness: new Randomness(1),
    syncMicroseconds: { least: 100, most: 100 },
    blocking,
    stored: () => undefined,
    completed: () => undefined,
  });
  let paused = 0;
  const files: FileLayer = disk.filesFor({
    address: 0,
    awake: (completion) => completion(),
    pause: (microseconds) => (paused += microseconds),
  });
  files.createFolder("/acceptor");
  const file: OpenFile = files.open("/acceptor/file", "create");
  const write = (sizeBytes: number, at: number): number => file.write(new Uint8Array(sizeBytes), 0, sizeBytes, at);
  return { clock, disk, files, file, write, paused: () => paused };
}

function pass(clock: Clock, microseconds: number): void {
  const end = clock.now + microseconds;
  clock.at(end, () => undefined);
  while (clock.step(end));
}

describe("a stalled disk", () => {
  test("does no sync, of those under way neither, until it goes on", () => {
    const { clock, disk, file, write } = newDisk();
    const done: number[] = [];
    let stalled = 0;
    write(8, 0);
    file.sync(() => done.push(clock.now));
    pass(clock, 50);
    disk.stall(1000, () => (stalled += 1));
    file.sync(() => done.push(clock.now));
    pass(clock, 900);
    expect(done).toEqual([]);
    pass(clock, 1000);
    expect(done).toEqual([1050, 1050]);
    expect(stalled).toBe(2);
  });

  test("keeps those waiting who must wait", () => {
    const { clock, disk, file, paused } = newDisk();
    file.syncNow();
    expect(paused()).toBe(100);
    disk.stall(5000, () => undefined);
    file.syncNow();
    expect(paused()).toBe(5200);
    expect(clock.now).toBe(0);
  });

  test("keeps a role waiting that waits for its syncs", () => {
    const { clock, disk, file, paused } = newDisk({ blocking: true });
    file.sync(() => undefined);
    disk.stall(5000, () => undefined);
    pass(clock, 6000);
    expect(paused()).toBe(100 + 4900);
  });
});

test("a full disk takes a part of a write, then none, and has room again when it is over", () => {
  const { disk, write } = newDisk();
  let lacking = 0;
  const end = disk.limit(5, () => (lacking += 1));
  expect(write(8, 0)).toBe(5);
  expect(() => write(3, 5)).toThrow(expect.objectContaining({ reason: "full" }));
  expect(write(5, 0), "what is there may be overwritten").toBe(5);
  expect(lacking).toBe(2);
  end();
  expect(write(3, 5)).toBe(3);
});

test("of two limits the tighter one holds", () => {
  const { disk, write } = newDisk();
  const endTight = disk.limit(5, () => undefined);
  const endWide = disk.limit(7, () => undefined);
  expect(write(6, 0)).toBe(5);
  endTight();
  expect(write(9, 0)).toBe(7);
  endWide();
  expect(write(9, 0)).toBe(9);
});

test("a disk that takes the place of a lost one is empty, and what was under way on the old one is not done", () => {
  const { clock, disk, file, write } = newDisk();
  write(8, 0);
  let done = 0;
  file.sync(() => (done += 1));
  disk.lose();
  pass(clock, second);
  expect(done).toBe(0);
  const files = disk.filesFor({ address: 0, awake: () => undefined, pause: () => undefined });
  expect(files.list("/acceptor")).toEqual([]);
  expect(() => files.open("/acceptor/file", "read")).toThrow(StorageError);
});

test("a power failure leaves nothing, all, any part, the front or the back of what was not synced", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const survival = drawSurvival(new Randomness(seed), { lost: 0, torn: 0 });
    const kept = Array.from({ length: 5 }, () => survival.piece({ at: 0, sizeBytes: 512 }));
    seen.add(kept.map((bytes) => (bytes === 0 ? "." : bytes === 512 ? "x" : "t")).join(""));
  }
  expect(seen).toContain(".....");
  expect(seen).toContain("xxxxx");
  expect(seen).toContain("xxt..");
  expect(seen).toContain("..txx");
  expect(seen).toContain("ttttt");
  expect([...seen].some((kept) => /x\.+x/.test(kept) && !kept.includes("t"))).toBe(true);
});

test("a power failure counts what it tore and lost", () => {
  const { disk, files, write } = newDisk();
  files.syncFolder("/acceptor");
  write(5120, 0);
  const total = { lost: 0, torn: 0 };
  for (let seed = 0; seed < 50; seed++) {
    const { lost, torn } = disk.powerOff(new Randomness(seed));
    total.lost += lost;
    total.torn += torn;
    const again = disk.filesFor({ address: 0, awake: () => undefined, pause: () => undefined });
    again.createFolder("/acceptor");
    again.open("/acceptor/file", "create").write(new Uint8Array(5120), 0, 5120, 0);
    again.syncFolder("/acceptor");
  }
  expect(total.lost).toBeGreaterThan(50);
  expect(total.torn).toBeGreaterThan(20);
});

describe("operations that fail", () => {
  const allOfNodeTwo = { nodes: [2], amount: 1, microseconds: second };

  test.for(["write-error", "sync-error"])("%s: what writes stops, and comes back when the disk is well", (name) => {
    const small = newSmallWorld();
    small.pass(second);
    const end = small.begin(faultOf(name, allOfNodeTwo));
    small.pass(second);
    expect(small.world.faults.get(name)).toBeGreaterThan(0);
    expect(small.reached.get("storage-io")).toBeGreaterThan(0);
    end();
    const struck = small.world.faults.get(name);
    small.pass(3 * second);
    expect(small.world.faults.get(name)).toBe(struck);
    expect(small.up(2)).toBe(3);
    expect(small.violations).toEqual([]);
  });

  test("read-error: a node does not start while its disk cannot be read, and does afterwards", () => {
    const small = newSmallWorld();
    small.pass(second);
    const end = small.begin(faultOf("read-error", { ...allOfNodeTwo, microseconds: 1000 }));
    small.pass(2000);
    expect(small.reached.get("storage-io")).toBeGreaterThan(0);
    expect(small.up(2)).toBeLessThan(3);
    end();
    small.pass(3 * second);
    expect(small.up(2)).toBe(3);
    expect(small.violations).toEqual([]);
  });

  test("short-transfer: nobody notices", () => {
    const small = newSmallWorld();
    small.begin(faultOf("short-transfer", allOfNodeTwo));
    small.pass(second);
    small.victim(2).crash("on");
    small.victim(2).restart();
    expect(small.up(2)).toBe(3);
    small.pass(second);
    expect(small.world.faults.get("short-transfer")).toBeGreaterThan(10);
    expect(small.reached.get("storage-io")).toBe(0);
  });

  test("disk-full: what writes stops, and comes back when there is room", () => {
    const small = newSmallWorld();
    small.pass(second);
    const end = small.begin(faultOf("disk-full", { nodes: [2], amount: 10 }));
    small.pass(second);
    expect(small.world.faults.get("disk-full")).toBeGreaterThan(0);
    expect(small.reached.get("storage-full")).toBeGreaterThan(0);
    end();
    small.pass(3 * second);
    expect(small.up(2)).toBe(3);
    expect(small.violations).toEqual([]);
  });

  test("disk-stall: nothing that waits for a sync leaves", () => {
    const small = newSmallWorld();
    small.pass(second);
    const begun = small.world.clock.now;
    small.begin(faultOf("disk-stall", { nodes: [2], microseconds: second }));
    small.pass(2 * second);
    const votes = small.sent.filter(
      ({ at, role, node, kind }) =>
        at > begun && at < begun + second && role === "acceptor" && node === 2 && kind === "Accepted",
    );
    expect(votes).toEqual([]);
    expect(small.world.faults.get("disk-stall")).toBeGreaterThan(0);
  });

  test("torn-write: the power goes off at a sync, and comes back", () => {
    const small = newSmallWorld();
    small.pass(second);
    const end = small.begin(faultOf("torn-write", { nodes: [2], amount: 3 }));
    small.pass(second);
    expect(small.up(2)).toBe(0);
    expect(small.world.faults.counts()).toEqual({ "torn-write": 1 });
    expect(small.reached.get("power-failures")).toBe(1);
    end();
    expect(small.up(2)).toBe(3);
    expect(small.violations).toEqual([]);
  });
});
