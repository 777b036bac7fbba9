/**
 * What every SnapshotStore must do.
 */
import assert from "node:assert/strict";
import type { SnapshotStore } from "../snapshots.ts";
import { completed, sampleBytes, type ComplianceCase, type Place } from "./place.ts";

type Store = SnapshotStore;

async function save(store: Store, slot: number, ...parts: readonly Uint8Array[]): Promise<void> {
  const writer = store.begin(slot);
  for (const part of parts) writer.append(part);
  await completed((done) => writer.commit(done));
}

function requireSnapshot(store: Store, slot: number, bytes: Uint8Array): void {
  const latest = store.latest();
  assert.deepEqual(latest && { ...latest }, { slot, sizeBytes: bytes.length }, "the newest snapshot");
  requireBytes(store.read(slot, 0, bytes.length), bytes, "its bytes");
}

function requireBytes(found: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  assert.ok(found !== undefined, `${what} are there`);
  assert.ok(
    Buffer.from(found).equals(expected),
    `${what}: ${found.length} bytes, expected ${expected.length} as written`,
  );
}

function onPlace(name: string, run: (place: Place<Store>) => Promise<void>): ComplianceCase<Store> {
  return { name, run: async (newPlace) => run(await newPlace()) };
}

export const snapshotCompliance: readonly ComplianceCase<Store>[] = [
  onPlace("a new store has no snapshot", async (place) => {
    const store = place.open();
    assert.equal(store.latest(), undefined);
    assert.equal(store.read(1, 0, 10), undefined);
    store.close();
    const again = place.open();
    assert.equal(again.latest(), undefined, "nor has it when opened again");
    again.close();
    await Promise.resolve();
  }),

  onPlace("gives back a snapshot, whole and in parts at any offset", async (place) => {
    const bytes = sampleBytes(300_001, 1);
    const store = place.open();
    await save(store, 7, bytes.subarray(0, 1), bytes.subarray(1, 200_000), bytes.subarray(200_000));
    requireSnapshot(store, 7, bytes);
    for (const [offset, size] of [
      [0, 1],
      [1, 99_999],
      [65_535, 2],
      [65_536, 65_536],
      [131_071, 131_074],
      [300_000, 1],
      [300_000, 1000],
    ] as const) {
      requireBytes(store.read(7, offset, size), bytes.subarray(offset, offset + size), `${size} bytes at ${offset}`);
    }
    assert.equal(store.read(7, 300_001, 10)?.length, 0, "nothing at its end");
    assert.equal(store.read(7, 400_000, 10)?.length, 0, "nothing behind it");
    store.close();
  }),

  onPlace("an empty snapshot is one", async (place) => {
    const store = place.open();
    await save(store, 3);
    requireSnapshot(store, 3, new Uint8Array(0));
    place.crash();
    const again = place.open();
    requireSnapshot(again, 3, new Uint8Array(0));
    again.close();
  }),

  onPlace("a committed snapshot survives a crash", async (place) => {
    const bytes = sampleBytes(70_000, 2);
    await save(place.open(), 12, bytes);
    place.crash();
    const store = place.open();
    requireSnapshot(store, 12, bytes);
    store.close();
  }),

  onPlace("nothing of a snapshot is seen before it is committed", async (place) => {
    const old = sampleBytes(1000, 1);
    const store = place.open();
    await save(store, 1, old);
    const writer = store.begin(2);
    writer.append(sampleBytes(200_000, 2));
    requireSnapshot(store, 1, old);
    assert.equal(store.read(2, 0, 10), undefined, "the new one cannot be read");
    place.crash();
    const again = place.open();
    requireSnapshot(again, 1, old);
    await save(again, 2, sampleBytes(10, 3));
    requireSnapshot(again, 2, sampleBytes(10, 3));
    again.close();
  }),

  onPlace("a crash during a commit leaves the old or the new one, whole", async (place) => {
    const [old, next] = [sampleBytes(1000, 1), sampleBytes(100_000, 2)];
    const store = place.open();
    await save(store, 1, old);
    const writer = store.begin(2);
    writer.append(next);
    writer.commit(() => undefined);
    place.crash();
    const again = place.open();
    if (again.latest()?.slot === 1) requireSnapshot(again, 1, old);
    else requireSnapshot(again, 2, next);
    again.close();
  }),

  onPlace("an abandoned snapshot leaves nothing, and another can be begun", async (place) => {
    const old = sampleBytes(1000, 1);
    const store = place.open();
    await save(store, 1, old);
    const writer = store.begin(2);
    writer.append(sampleBytes(100_000, 2));
    writer.abandon();
    requireSnapshot(store, 1, old);
    await save(store, 3, sampleBytes(50, 3));
    requireSnapshot(store, 3, sampleBytes(50, 3));
    store.close();
  }),

  onPlace("a newer snapshot takes the place of the older one", async (place) => {
    const store = place.open();
    for (let slot = 1; slot <= 5; slot++) {
      await save(store, slot * 10, sampleBytes(30_000 + slot, slot));
      requireSnapshot(store, slot * 10, sampleBytes(30_000 + slot, slot));
      assert.equal(store.read(slot * 10 - 10, 0, 10), undefined, "the older one is gone");
    }
    place.crash();
    const again = place.open();
    requireSnapshot(again, 50, sampleBytes(30_005, 5));
    again.close();
  }),

  onPlace("refuses a snapshot older than the newest one", async (place) => {
    const store = place.open();
    await save(store, 10, sampleBytes(10, 1));
    assert.throws(() => store.begin(9), RangeError);
    await save(store, 10, sampleBytes(20, 2));
    requireSnapshot(store, 10, sampleBytes(20, 2));
    store.close();
  }),

  onPlace("takes the bytes of a part before append returns", async (place) => {
    const store = place.open();
    const part = sampleBytes(100, 1);
    const before = part.slice();
    const writer = store.begin(1);
    writer.append(part);
    part.fill(0);
    await completed((done) => writer.commit(done));
    requireSnapshot(store, 1, before);
    store.close();
  }),

  onPlace("what was read stays as it is when newer ones are written", async (place) => {
    const store = place.open();
    await save(store, 1, sampleBytes(1000, 1));
    const read = store.read(1, 0, 1000);
    await save(store, 2, sampleBytes(1000, 2));
    await save(store, 3, sampleBytes(1000, 3));
    requireBytes(read, sampleBytes(1000, 1), "the bytes that were read");
    store.close();
  }),
];
