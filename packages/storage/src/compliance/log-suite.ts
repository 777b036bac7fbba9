/**
 * What every Log must do.
 */
import assert from "node:assert/strict";
import type { Log, Recovery } from "../log.ts";
import { completed, sampleBytes, type ComplianceCase, type Place } from "./place.ts";

interface Opened {
  readonly log: Log;
  readonly records: readonly Uint8Array[];
  readonly recovery: Recovery;
}

function open(place: Place<Log>): Opened {
  const log = place.open();
  const records: Uint8Array[] = [];
  const recovery = log.recover((record) => records.push(record));
  return { log, records, recovery };
}

/** Records of a few bytes, each with its number as text. */
function numbered(first: number, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new TextEncoder().encode(`record ${first + i}`));
}

function appendAll(log: Log, records: readonly Uint8Array[], firstPosition: number): void {
  for (const [index, record] of records.entries()) log.append(record, firstPosition + index);
}

function sync(log: Log): Promise<void> {
  return completed((done) => log.sync(done));
}

function same(found: readonly Uint8Array[], expected: readonly Uint8Array[], what: string): void {
  const texts = (records: readonly Uint8Array[]): readonly string[] => records.map(describeRecord);
  assert.deepEqual(texts(found), texts(expected), what);
  for (const [index, record] of found.entries()) {
    assert.ok(Buffer.from(record).equals(expected[index] ?? record), `${what}: record ${index} is not as written`);
  }
}

/** A short record as text, a long one as its size. */
function describeRecord(record: Uint8Array): string {
  return record.length > 20 ? `${record.length} bytes` : JSON.stringify(Buffer.from(record).toString("latin1"));
}

function onPlace(name: string, run: (place: Place<Log>) => Promise<void>): ComplianceCase<Log> {
  return { name, run: async (newPlace) => run(await newPlace()) };
}

export const logCompliance: readonly ComplianceCase<Log>[] = [
  onPlace("a new log is empty", async (place) => {
    const { log, records, recovery } = open(place);
    same(records, [], "records");
    assert.deepEqual({ ...recovery }, { records: 0, sizeBytes: 0, tornBytes: 0 });
    await sync(log);
    log.close();
  }),

  onPlace("gives back records in order, byte by byte, of any size", async (place) => {
    const sizes = [1, 0, 7, 8, 9, 255, 256, 4095, 4096, 70_000, 3, 1_500_000, 0];
    const written = sizes.map(sampleBytes);
    const first = open(place);
    appendAll(first.log, written, 1);
    await sync(first.log);
    first.log.close();
    const second = open(place);
    same(second.records, written, "after opening again");
    const sizeBytes = written.reduce((sum, record) => sum + record.length, 0);
    assert.deepEqual({ ...second.recovery }, { records: sizes.length, sizeBytes, tornBytes: 0 });
    second.log.close();
  }),

  onPlace("what is synced survives a crash, and appending goes on behind it", async (place) => {
    const written = numbered(1, 30);
    let survived = 0;
    for (let crash = 0; crash < 3; crash++) {
      const { log, records } = open(place);
      same(records, written.slice(0, survived), `after ${crash} crashes`);
      for (let i = 0; i < 10; i++) {
        appendAll(log, written.slice(survived, survived + 1), survived + 1);
        survived += 1;
        if (i % 3 === 0) await sync(log);
      }
      await sync(log);
      place.crash();
    }
    const { log, records } = open(place);
    same(records, written, "at the end");
    log.close();
  }),

  onPlace("what is not synced is lost from the end only, and never in half", async (place) => {
    const written = numbered(1, 20);
    const { log } = open(place);
    appendAll(log, written.slice(0, 10), 1);
    await sync(log);
    appendAll(log, written.slice(10), 11);
    log.sync(() => undefined);
    place.crash();
    const found = open(place);
    assert.ok(found.records.length >= 10, "all that was synced");
    same(found.records, written.slice(0, found.records.length), "a prefix of what was appended");
    found.log.close();
  }),

  onPlace("takes the bytes of a record before append returns", async (place) => {
    const first = open(place);
    const record = sampleBytes(100, 1);
    const before = record.slice();
    first.log.append(record, 1);
    record.fill(0);
    await sync(first.log);
    first.log.close();
    const second = open(place);
    same(second.records, [before], "the record as it was");
    second.log.close();
  }),

  onPlace("recovered records are the visitor's to keep", async (place) => {
    const written = Array.from({ length: 40 }, (_, i) => sampleBytes(50_000, i));
    const first = open(place);
    appendAll(first.log, written, 1);
    await sync(first.log);
    first.log.close();
    const second = open(place);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 40; i++) second.log.append(new Uint8Array(50_000), 100);
      await sync(second.log);
      second.log.rotate([]);
      second.log.trim(100);
    }
    same(second.records, written, "after more was appended and trimmed");
    second.log.close();
  }),

  onPlace("a sync covers all that was appended before it, and each reports once, in order", async (place) => {
    const { log } = open(place);
    const order: number[] = [];
    const syncs: Promise<void>[] = [];
    for (const [index, record] of numbered(1, 5).entries()) {
      log.append(record, index + 1);
      syncs.push(
        completed((done) =>
          log.sync((failure) => {
            order.push(index);
            done(failure);
          }),
        ),
      );
    }
    await Promise.all(syncs);
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
    place.crash();
    const found = open(place);
    same(found.records, numbered(1, 5), "records");
    found.log.close();
  }),

  onPlace("counts the bytes of the segment and of the log", async (place) => {
    const { log } = open(place);
    const before = { segment: log.segmentBytes, whole: log.sizeBytes };
    appendAll(log, numbered(1, 10), 1);
    const bytes = numbered(1, 10).reduce((sum, record) => sum + record.length, 0);
    assert.ok(log.segmentBytes >= before.segment + bytes, "the segment grows by at least the records");
    assert.ok(log.sizeBytes >= before.whole + bytes, "so does the log");
    await sync(log);
    const segment = log.segmentBytes;
    const whole = log.sizeBytes;
    log.rotate([]);
    assert.ok(log.segmentBytes < segment, "a new segment is smaller");
    assert.ok(log.sizeBytes >= whole, "the log keeps the older one");
    log.trim(10);
    assert.ok(log.sizeBytes < whole, "trimming gives bytes back");
    log.close();
    const found = open(place);
    assert.ok(found.log.sizeBytes < whole, "also after opening again");
    found.log.close();
  }),

  onPlace("a rotation keeps the order: the older records, the checkpoint, the newer ones", async (place) => {
    const { log } = open(place);
    appendAll(log, numbered(1, 3), 1);
    log.rotate(numbered(100, 2));
    appendAll(log, numbered(4, 2), 4);
    await sync(log);
    log.close();
    const found = open(place);
    same(found.records, [...numbered(1, 3), ...numbered(100, 2), ...numbered(4, 2)], "records");
    found.log.close();
  }),

  onPlace("a rotation is durable when it returns", async (place) => {
    const { log } = open(place);
    appendAll(log, numbered(1, 3), 1);
    log.rotate(numbered(100, 2));
    place.crash();
    const found = open(place);
    same(found.records, [...numbered(1, 3), ...numbered(100, 2)], "records");
    found.log.close();
  }),

  onPlace("a trim drops what is behind the position, and keeps the checkpoint through a crash", async (place) => {
    const { log } = open(place);
    appendAll(log, numbered(1, 5), 1);
    await sync(log);
    log.rotate(numbered(100, 2));
    log.trim(5);
    place.crash();
    const found = open(place);
    same(found.records, numbered(100, 2), "the checkpoint alone");
    found.log.close();
  }),

  onPlace("a trim never drops a record above the position", async (place) => {
    const { log } = open(place);
    appendAll(log, numbered(1, 5), 1);
    log.rotate(numbered(100, 1));
    log.trim(4);
    log.trim(0);
    await sync(log);
    place.crash();
    const found = open(place);
    same(found.records, [...numbered(1, 5), ...numbered(100, 1)], "all");
    found.log.close();
  }),

  onPlace("a trim never drops the segment that is appended to", async (place) => {
    const { log } = open(place);
    appendAll(log, numbered(1, 5), 1);
    await sync(log);
    log.trim(1000);
    log.rotate(numbered(100, 1));
    appendAll(log, numbered(6, 2), 6);
    await sync(log);
    log.trim(1000);
    appendAll(log, numbered(8, 1), 8);
    await sync(log);
    place.crash();
    const found = open(place);
    same(found.records, [...numbered(100, 1), ...numbered(6, 3)], "the checkpoint and what came after it");
    found.log.close();
  }),

  onPlace("a trim stops at the first segment that must stay", async (place) => {
    const { log } = open(place);
    for (let segment = 0; segment < 5; segment++) {
      appendAll(log, numbered(segment * 10, 3), segment * 10);
      await sync(log);
      log.rotate(numbered(1000 + segment, 1));
    }
    log.trim(22);
    log.close();
    const found = open(place);
    const kept = [1002, 30, 31, 32, 1003, 40, 41, 42, 1004].flatMap((number) => numbered(number, 1));
    same(found.records, kept, "from the third segment's checkpoint on");
    found.log.close();
  }),

  onPlace("records without a position hold no segment back", async (place) => {
    const { log } = open(place);
    for (const record of numbered(1, 4)) log.append(record, 0);
    await sync(log);
    log.rotate(numbered(100, 1));
    log.trim(1);
    log.close();
    const found = open(place);
    same(found.records, numbered(100, 1), "the checkpoint alone");
    found.log.close();
  }),

  onPlace("positions are known after opening again", async (place) => {
    const first = open(place);
    for (const [start, checkpoint] of [
      [10, 100],
      [20, 200],
    ] as const) {
      appendAll(first.log, numbered(start, 2), start);
      await sync(first.log);
      first.log.rotate(numbered(checkpoint, 1));
    }
    first.log.close();
    const second = open(place);
    second.log.trim(20);
    second.log.close();
    const third = open(place);
    same(third.records, [...numbered(100, 1), ...numbered(20, 2), ...numbered(200, 1)], "the first segment is gone");
    third.log.trim(21);
    third.log.close();
    const fourth = open(place);
    same(fourth.records, numbered(200, 1), "so is the second");
    fourth.log.close();
  }),

  onPlace("the disk that a long history takes is bounded by what is kept", async (place) => {
    const { log } = open(place);
    let most = 0;
    for (let slot = 1; slot <= 400; slot++) {
      log.append(sampleBytes(1000, slot), slot);
      if (slot % 20 > 0) continue;
      await sync(log);
      log.rotate(numbered(slot, 1));
      log.trim(slot);
      most = Math.max(most, log.sizeBytes);
    }
    assert.ok(most < 40_000, `at most two segments, got ${most} bytes`);
    log.close();
  }),
];
