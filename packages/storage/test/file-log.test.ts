import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileLog, StorageError } from "@synod/storage";
import { FaultyFiles, type Fault, type FileOperation } from "@synod/storage/faults";
import { temporaryFolder } from "./places.ts";

const headerBytes = 32;
const recordHeaderBytes = 20;
const first = join("data", "0000000000000001.log");
const second = join("data", "0000000000000002.log");

function record(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function recovered(files: FaultyFiles) {
  const log = new FileLog("data", files);
  const records: string[] = [];
  const recovery = log.recover((bytes) => records.push(new TextDecoder().decode(bytes)));
  return { log, records, recovery };
}

function syncNow(log: FileLog): StorageError | undefined {
  let reported: readonly (StorageError | undefined)[] = [];
  log.sync((failure) => (reported = [...reported, failure]));
  expect(reported).toHaveLength(1);
  return reported[0];
}

/** A log with each of the texts synced alone. */
function logOf(texts: readonly string[], files = new FaultyFiles()) {
  const { log } = recovered(files);
  for (const [index, text] of texts.entries()) {
    log.append(record(text), index + 1);
    expect(syncNow(log)).toBeUndefined();
  }
  return { log, files };
}

function refusal(run: () => unknown): StorageError {
  try {
    run();
  } catch (cause) {
    if (cause instanceof StorageError) return cause;
    throw cause;
  }
  throw new Error("expected a StorageError");
}

describe("damage", () => {
  const texts = ["one", "two", "three", "four"];
  const lengths = texts.map((text) => recordHeaderBytes + text.length);
  const offsets = lengths.map((_, i) => headerBytes + lengths.slice(0, i).reduce((sum, length) => sum + length, 0));
  const end = headerBytes + lengths.reduce((sum, length) => sum + length, 0);

  test.each(Array.from({ length: end - recordHeaderBytes - "four".length }, (_, at) => at))(
    "to byte %i, behind which more was durable, is refused with its place",
    (at) => {
      const { files } = logOf(texts);
      files.damage(first, at);
      const { reason, where } = refusal(() => recovered(files));
      const damaged = offsets.findLast((offset) => offset <= at) ?? 0;
      if (at >= 8 && at < 12) expect([reason, where]).toEqual(["version", `${first} at byte 8`]);
      else expect([reason, where]).toEqual(["corrupt", `${first} at byte ${damaged}`]);
    },
  );

  test("to the last record cannot be told from a torn tail: it is cut off and reported", () => {
    const { files } = logOf(texts);
    files.damage(first, end - 1);
    const { records, recovery, log } = recovered(files);
    expect(records).toEqual(["one", "two", "three"]);
    expect(recovery).toEqual({ records: 3, sizeBytes: 11, tornBytes: lengths[3] });
    log.append(record("five"), 5);
    expect(syncNow(log)).toBeUndefined();
    expect(recovered(files).records).toEqual(["one", "two", "three", "five"]);
  });

  test("to the last record is refused after the log was closed in good order", () => {
    const { log, files } = logOf(texts);
    log.close();
    files.damage(first, end - 1);
    const { reason, where } = refusal(() => recovered(files));
    expect([reason, where]).toEqual(["corrupt", `${first} at byte ${offsets[3] ?? 0}`]);
  });

  test("closing again and again adds nothing", () => {
    const { log, files } = logOf(texts);
    log.close();
    const size = files.contents(first).length;
    for (let i = 0; i < 3; i++) recovered(files).log.close();
    expect(files.contents(first)).toHaveLength(size);
    expect(recovered(files).recovery).toEqual({ records: 4, sizeBytes: 15, tornBytes: 0 });
  });

  test("to a checkpoint is refused, though nothing follows it", () => {
    const { log, files } = logOf(texts);
    log.rotate([record("promised 7")]);
    files.damage(second, headerBytes + recordHeaderBytes);
    expect(refusal(() => recovered(files))).toMatchObject({
      reason: "corrupt",
      where: `${second} at byte ${headerBytes}`,
    });
  });

  test("to the end of an older segment is refused", () => {
    const { log, files } = logOf(texts);
    log.rotate([]);
    files.damage(first, end - 1);
    expect(refusal(() => recovered(files))).toMatchObject({
      reason: "corrupt",
      where: `${first} at byte ${offsets[3] ?? 0}`,
    });
  });

  test("that removed a segment from the middle is refused", () => {
    const { log, files } = logOf(texts);
    log.rotate([]);
    log.rotate([]);
    files.remove(second);
    expect(refusal(() => recovered(files))).toMatchObject({ reason: "corrupt", where: second });
  });

  test.each([0, 1, 31])("that cut a segment to %i bytes is refused: no crash does that", (size) => {
    const { files } = logOf(texts);
    files.open(first, "write").truncate(size);
    expect(refusal(() => recovered(files)).reason).toBe("corrupt");
  });

  test("a value that looks like a record behind a torn one is not taken for one", () => {
    // The whole of another log, records and all, as a value whose record is torn at its end.
    const inner = logOf(["inner one", "inner two"]).files.contents(first);
    const { log, files } = logOf(["before"]);
    log.append(inner, 2);
    expect(syncNow(log)).toBeUndefined();
    const size = files.contents(first).length;
    files.open(first, "write").truncate(size - 1);
    expect(recovered(files).records).toEqual(["before"]);
  });
});

describe("a failure", () => {
  const oneShot = (kind: FileOperation["kind"], fault: Fault) => {
    let armed = true;
    return (operation: FileOperation) => {
      if (!armed || operation.kind !== kind) return undefined;
      armed = false;
      return fault;
    };
  };

  test.each([
    ["write", "io", "io"],
    ["write", "full", "full"],
    ["sync", "io", "io"],
    ["sync", "full", "full"],
    ["write", { shortBytes: 0 }, "io"],
  ] as const)("of a %s (%j) fails the log for good", (kind, fault, reason) => {
    const { log, files } = logOf(["one"]);
    files.fault = oneShot(kind, fault);
    log.append(record("two"), 2);
    expect(syncNow(log)).toMatchObject({ name: "StorageError", reason });
    expect(refusal(() => log.append(record("three"), 3)).reason).toBe(reason);
    expect(syncNow(log)).toMatchObject({ reason });
    expect(refusal(() => log.rotate([])).reason).toBe(reason);
    expect(refusal(() => log.trim(1)).reason).toBe(reason);
    log.close();
    expect(recovered(files.crash({ piece: () => 0, name: () => false })).records).toEqual(["one"]);
  });

  test("of a sync fails what waits behind it too", () => {
    const pending: (() => void)[] = [];
    const { log, files } = (() => {
      const files = new FaultyFiles({ later: (finish) => pending.push(finish) });
      return { log: recovered(files).log, files };
    })();
    const reports: (string | undefined)[] = [];
    files.fault = oneShot("sync", "io");
    for (const text of ["one", "two", "three"]) {
      log.append(record(text), 1);
      log.sync((failure) => reports.push(failure?.reason));
    }
    expect(pending).toHaveLength(1);
    pending.shift()?.();
    expect(reports).toEqual(["io", "io", "io"]);
    expect(pending).toHaveLength(0);
  });

  test("what a failed sync lost, and only the cache still has, is written again before it is relied on", () => {
    const { log, files } = logOf(["one"]);
    files.fault = oneShot("sync", "io");
    log.append(record("two"), 2);
    expect(syncNow(log)).toMatchObject({ reason: "io" });
    log.close();
    const again = recovered(files);
    expect(again.records).toEqual(["one", "two"]);
    expect(recovered(files.crash({ piece: () => 0, name: () => false })).records).toEqual(["one", "two"]);
  });

  test("writes that do only a part are continued", () => {
    const files = new FaultyFiles();
    files.fault = ({ kind }) => (kind === "write" || kind === "read" ? { shortBytes: 3 } : undefined);
    logOf(["one", "two", "three"], files);
    expect(recovered(files).records).toEqual(["one", "two", "three"]);
  });

  test("a full disk is told as such, and loses nothing that was acknowledged", () => {
    const files = new FaultyFiles({ capacityBytes: 300 });
    const { log } = recovered(files);
    let acknowledged = 0;
    let failure: StorageError | undefined;
    while (failure === undefined) {
      log.append(record(`value ${acknowledged}`), 1);
      failure = syncNow(log);
      if (failure === undefined) acknowledged += 1;
    }
    expect(failure).toMatchObject({ reason: "full", where: first });
    const { records } = recovered(files.crash({ piece: ({ sizeBytes }) => sizeBytes, name: () => true }));
    expect(records).toEqual(Array.from({ length: acknowledged }, (_, i) => `value ${i}`));
  });
});

describe("syncs", () => {
  test("one runs at a time; those asked for meanwhile become one", () => {
    const pending: (() => void)[] = [];
    const files = new FaultyFiles({ later: (finish) => pending.push(finish) });
    const { log } = recovered(files);
    let syncs = 0;
    files.fault = ({ kind }) => {
      if (kind === "sync") syncs += 1;
      return undefined;
    };
    const done: number[] = [];
    for (let i = 1; i <= 4; i++) {
      log.append(record(`${i}`), i);
      log.sync(() => done.push(i));
    }
    expect([syncs, done]).toEqual([1, []]);
    pending.shift()?.();
    expect([syncs, done]).toEqual([2, [1]]);
    pending.shift()?.();
    expect([syncs, done]).toEqual([2, [1, 2, 3, 4]]);
  });

  test("all that a turn appended is written with one write", () => {
    const { log, files } = logOf([]);
    let writes = 0;
    files.fault = ({ kind }) => {
      if (kind === "write") writes += 1;
      return undefined;
    };
    for (let i = 1; i <= 100; i++) log.append(record(`record ${i}`), i);
    expect(syncNow(log)).toBeUndefined();
    expect(writes).toBe(1);
  });

  test("what gathers before a sync is bounded in memory: it is written ahead", () => {
    const { log, files } = logOf([]);
    const before = files.contents(first).length;
    for (let i = 1; i <= 9; i++) log.append(new Uint8Array(1024 * 1024), i);
    expect(files.contents(first).length).toBeGreaterThan(before);
    expect(syncNow(log)).toBeUndefined();
    expect(recovered(files).recovery.records).toBe(9);
  });
});

describe("in a real folder", () => {
  test("a segment cut off in its last record is repaired, one of another version is refused", () => {
    const folder = temporaryFolder();
    const log = new FileLog(folder);
    log.recover(() => undefined);
    for (const text of ["one", "two"]) log.append(record(text), 1);
    expect(syncNow(log)).toBeUndefined();
    const [name] = readdirSync(folder);
    const path = join(folder, name ?? "");
    truncateSync(path, headerBytes + 2 * recordHeaderBytes + 5);
    const again = new FileLog(folder);
    expect(again.recover(() => undefined)).toEqual({ records: 1, sizeBytes: 3, tornBytes: recordHeaderBytes + 2 });
    again.close();
    writeFileSync(path, Buffer.concat([Buffer.from("synodlog"), Buffer.from([9, 0, 0, 0]), Buffer.alloc(90)]));
    expect(refusal(() => new FileLog(folder).recover(() => undefined))).toMatchObject({
      reason: "version",
      message: `${path} at byte 8: log format version 9, expected 1`,
    });
  });

  test("a folder that cannot be made is told as such", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(refusal(() => new FileLog(file).recover(() => undefined))).toMatchObject({ reason: "io", where: file });
    expect(refusal(() => new FileLog(join(file, "below")).recover(() => undefined)).reason).toBe("io");
  });
});

test("refuses records and positions that it cannot keep", () => {
  const { log } = logOf([]);
  expect(() => log.append(record("a"), -1)).toThrow(RangeError);
  expect(() => log.append(record("a"), 1.5)).toThrow(RangeError);
  expect(() => log.append(record("a"), Number.MAX_SAFE_INTEGER)).toThrow(RangeError);
  expect(() => log.append(new Uint8Array(64 * 1024 * 1024 + 1), 1)).toThrow(RangeError);
});

test("a log does not rotate while a sync is under way, whose failure only that sync may hear of", () => {
  const pending: (() => void)[] = [];
  const { log } = recovered(new FaultyFiles({ later: (finish) => pending.push(finish) }));
  log.append(record("one"), 1);
  let done = false;
  log.sync((failure) => (done = failure === undefined));
  expect(() => log.rotate([])).toThrow(RangeError);
  for (const finish of pending) finish();
  expect(done).toBe(true);
  expect(() => log.rotate([])).not.toThrow();
});
