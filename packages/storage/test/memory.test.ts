import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import {
  MemoryLog,
  MemorySnapshots,
  newMemoryLogArea,
  newMemorySnapshotArea,
  type MemoryArea,
  type StorageError,
} from "@synod/storage";

function syncNow(log: MemoryLog): StorageError | undefined {
  let failure: StorageError | undefined;
  log.sync((reported) => (failure = reported));
  return failure;
}

test("a full log says so, stays failed, and keeps what was acknowledged", () => {
  const area = newMemoryLogArea(1000);
  const log = new MemoryLog(area);
  log.recover(() => undefined);
  let acknowledged = 0;
  expect(() => {
    for (;;) {
      log.append(Uint8Array.of(acknowledged), 1);
      expect(syncNow(log)).toBeUndefined();
      acknowledged += 1;
    }
  }).toThrow(expect.objectContaining({ reason: "full" }));
  expect(syncNow(log)).toMatchObject({ reason: "full" });
  const found: number[] = [];
  new MemoryLog(area).recover((record) => found.push(record[0] ?? -1));
  expect(found).toEqual(Array.from({ length: acknowledged }, (_, i) => i));
});

test("a snapshot that does not fit says so and leaves the older one", () => {
  const store = new MemorySnapshots(newMemorySnapshotArea(100));
  const small = store.begin(1);
  small.append(new Uint8Array(100));
  small.commit(() => undefined);
  const large = store.begin(2);
  large.append(new Uint8Array(100));
  expect(() => large.append(new Uint8Array(1))).toThrow(expect.objectContaining({ reason: "full" }));
  large.abandon();
  expect(store.latest()).toEqual({ slot: 1, sizeBytes: 100 });
});

test("an area that is too large is refused", () => {
  expect(() => newMemoryLogArea(2 ** 31)).toThrow(RangeError);
  expect(() => newMemoryLogArea(0)).toThrow(RangeError);
});

test("what a thread acknowledged survives when it is killed at any instruction", async () => {
  const logArea = newMemoryLogArea();
  const snapshotArea = newMemorySnapshotArea();
  const acknowledged = new Int32Array(new SharedArrayBuffer(8));
  for (let kill = 1; kill <= 8; kill++) {
    const worker = startWorker(logArea, snapshotArea, acknowledged);
    const before = Atomics.load(acknowledged, 0);
    await Promise.race([
      Atomics.waitAsync(acknowledged, 0, before).value,
      once(worker, "exit").then(() => Promise.reject(new Error("the worker ended by itself"))),
    ]);
    await worker.terminate();

    const numbers: number[] = [];
    const log = new MemoryLog(logArea);
    log.recover((record) => numbers.push(new DataView(record.buffer, record.byteOffset).getUint32(0, true)));
    expect(numbers.at(-1)).toBeGreaterThanOrEqual(Atomics.load(acknowledged, 0));
    // A trim keeps from a checkpoint on, and a checkpoint repeats the number before it.
    for (const [index, number] of numbers.entries()) {
      if (index > 0) expect(number - (numbers[index - 1] ?? 0)).toBeOneOf([0, 1]);
    }

    const store = new MemorySnapshots(snapshotArea);
    const latest = store.latest();
    expect(latest?.slot ?? 0).toBeGreaterThanOrEqual(Atomics.load(acknowledged, 1));
    const bytes = store.read(latest?.slot ?? 0, 0, latest?.sizeBytes ?? 0) ?? new Uint8Array(0);
    expect(bytes.every((byte) => byte === (latest?.slot ?? 0) % 256)).toBe(true);
  }
});

function startWorker(logArea: MemoryArea, snapshotArea: MemoryArea, acknowledged: Int32Array): Worker {
  const program = new URL("memory-worker.ts", import.meta.url);
  return new Worker(program, {
    workerData: { logArea, snapshotArea, acknowledged },
    execArgv: ["--conditions=@synod/source"],
  });
}
