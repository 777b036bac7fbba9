/** Appends, rotates, trims and snapshots without end, and tells in shared memory what was acknowledged. */
import { workerData } from "node:worker_threads";
import { MemoryLog, MemorySnapshots, type MemoryArea } from "@synod/storage";

interface Work {
  readonly logArea: MemoryArea;
  readonly snapshotArea: MemoryArea;
  readonly acknowledged: Int32Array;
}

const { logArea, snapshotArea, acknowledged } = workerData as Work;
const log = new MemoryLog(logArea);
const store = new MemorySnapshots(snapshotArea);

let number = 0;
log.recover((record) => {
  number = new DataView(record.buffer, record.byteOffset).getUint32(0, true);
});

function recordOf(value: number): Uint8Array {
  const bytes = new Uint8Array(4 + (value % 50));
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

for (;;) {
  number += 1;
  log.append(recordOf(number), number);
  log.sync(() => Atomics.store(acknowledged, 0, number));
  if (number % 7 === 0) log.rotate([recordOf(number)]);
  if (number % 11 === 0) log.trim(number - 5);
  if (number % 13 === 0) {
    const writer = store.begin(number);
    for (let part = 0; part < 3; part++) writer.append(new Uint8Array(100 + (number % 100)).fill(number % 256));
    writer.commit(() => Atomics.store(acknowledged, 1, number));
  }
  Atomics.notify(acknowledged, 0);
}
