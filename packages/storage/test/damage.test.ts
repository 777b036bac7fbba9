import { describe, expect, test } from "vitest";
import { FileLog, FileSnapshots, StorageError } from "@synod/storage";
import { damagePlaces, FaultyFiles, standingDamage, type Place, type PlaceKind } from "@synod/storage/faults";

const record = (number: number): Uint8Array => new TextEncoder().encode(`record ${number}`);

/** A log of three segments, with two syncs in the last, and a snapshot of two blocks. */
function newDisk(): FaultyFiles {
  const files = new FaultyFiles();
  const log = new FileLog("acceptor/log", files);
  log.recover(() => undefined);
  const append = (number: number): void => {
    log.append(record(number), number);
    log.sync(() => undefined);
  };
  for (let number = 1; number <= 6; number++) {
    if (number % 3 === 1) log.rotate([record(100 + number)]);
    append(number);
  }
  const writer = new FileSnapshots("learner/snapshots", files).begin(3);
  writer.append(new Uint8Array(70_000).fill(7));
  writer.commit(() => undefined);
  return files;
}

/** Reads all that a start reads. */
function start(files: FaultyFiles): number {
  const { records } = new FileLog("acceptor/log", files).recover(() => undefined);
  const snapshots = new FileSnapshots("learner/snapshots", files);
  const { slot, sizeBytes } = snapshots.latest() ?? { slot: 0, sizeBytes: 0 };
  for (let at = 0; at < sizeBytes; at += 1000) snapshots.read(slot, at, 1000);
  return records;
}

function refusal(files: FaultyFiles): string | undefined {
  try {
    start(files);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause;
    return cause.reason;
  }
}

function places(): readonly Place[] {
  return damagePlaces(newDisk());
}

describe("the places where damage can be told", () => {
  test.for<[PlaceKind, count: number]>([
    ["segment-header", 3],
    ["checkpoint", 2],
    ["older-record", 3],
    ["covered-record", 2],
    ["snapshot-header", 1],
    ["snapshot-block", 2],
  ])("%s: a start finds any byte of it that turned bad", ([kind, count]) => {
    const found = places().filter((place) => place.kind === kind);
    expect(found).toHaveLength(count);
    for (const { path, at, sizeBytes } of found) {
      const step = Math.ceil(sizeBytes / 60);
      for (let byte = at; byte < at + sizeBytes; byte += step) {
        const files = newDisk();
        files.damage(path, byte);
        expect(refusal(files), `byte ${byte} of ${path}`).toMatch(/^(corrupt|version)$/);
        const [role] = path.split("/");
        expect(standingDamage(files, role ?? "")).toEqual([path]);
      }
    }
  });

  test("a file that was removed has none, though its removal is not yet durable", () => {
    const files = newDisk();
    const removed = "acceptor/log/0000000000000001.log";
    expect(damagePlaces(files).some(({ path }) => path === removed)).toBe(true);
    files.remove(removed);
    expect([...files.durableFiles()].some(({ path }) => path === removed)).toBe(true);
    expect(damagePlaces(files).some(({ path }) => path === removed)).toBe(false);
  });

  test("the last record is none of them: it passes for a torn tail", () => {
    const files = newDisk();
    const { length } = files.contents("acceptor/log/0000000000000003.log");
    expect(places().every(({ path, at, sizeBytes }) => !path.includes("3.log") || at + sizeBytes < length)).toBe(true);
    const whole = start(files);
    const damaged = newDisk();
    damaged.damage("acceptor/log/0000000000000003.log", length - 1);
    expect(start(damaged)).toBe(whole - 1);
  });

  test("what is not durable is no place, nor what a crash tore", () => {
    const files = new FaultyFiles({ pageBytes: 8 });
    const log = new FileLog("log", files);
    log.recover(() => undefined);
    for (let number = 1; number <= 3; number++) {
      log.append(record(number), number);
      if (number < 3) log.sync(() => undefined);
    }
    log.append(record(4), 4);
    files.fault = ({ kind }) => (kind === "sync" ? "power-off" : undefined);
    log.sync(() => undefined);
    expect(damagePlaces(files).map(({ kind }) => kind)).toEqual(["segment-header", "covered-record"]);
    let pieces = 0;
    const torn = files.crash({ piece: ({ sizeBytes }) => (pieces++ === 0 ? 3 : sizeBytes), name: () => true });
    expect(damagePlaces(torn).map(({ kind }) => kind)).toEqual(["segment-header", "covered-record"]);
  });

  test("damage goes with its file, and only the newest snapshot counts", () => {
    const files = newDisk();
    files.damage("acceptor/log/0000000000000001.log", 3);
    files.damage("learner/snapshots/0000000000000003.snapshot", 50);
    files.remove("acceptor/log/0000000000000001.log");
    expect(standingDamage(files, "acceptor")).toEqual([]);
    expect(standingDamage(files, "learner")).toHaveLength(1);
    files.open("learner/snapshots/0000000000000009.snapshot", "create");
    expect(standingDamage(files, "learner")).toEqual([]);
  });
});

describe("a disk that lies", () => {
  test("reports a sync that stored nothing, which a later honest one makes good", () => {
    const files = new FaultyFiles();
    files.createFolder(".");
    const file = files.open("file", "create");
    files.syncFolder(".");
    let lies = true;
    files.fault = ({ kind }) => (lies && kind === "sync" ? "lie" : undefined);
    file.write(record(1), 0, 8, 0);
    let failure: StorageError | undefined | "none" = "none";
    file.sync((given) => (failure = given));
    expect(failure).toBeUndefined();
    const nothing = { piece: () => 0, name: () => false };
    expect(files.crash(nothing).contents("file")).toHaveLength(0);
    lies = false;
    file.syncNow();
    expect(files.crash(nothing).contents("file")).toHaveLength(8);
  });
});

test("bytes that a later write changes are still those that a sync stores when it comes first", () => {
  const files = new FaultyFiles({ later: (finish) => finishes.push(finish) });
  const finishes: (() => void)[] = [];
  files.createFolder(".");
  const file = files.open("file", "create");
  files.syncFolder(".");
  const nothing = { piece: () => 0, name: () => false };
  file.write(Uint8Array.of(1, 2, 3), 0, 3, 0);
  file.sync(() => undefined);
  file.write(Uint8Array.of(9), 0, 1, 1);
  file.write(Uint8Array.of(4), 0, 1, 3);
  finishes.shift()?.();
  expect([...files.crash(nothing).contents("file")]).toEqual([1, 2, 3]);
  file.syncNow();
  expect([...files.crash(nothing).contents("file")]).toEqual([1, 9, 3, 4]);
});
