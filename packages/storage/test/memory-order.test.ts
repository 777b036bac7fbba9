import { afterEach, expect, test, vi } from "vitest";
import { MemoryLog, MemorySnapshots, newMemoryLogArea, newMemorySnapshotArea, type MemoryArea } from "@synod/storage";

afterEach(() => void vi.restoreAllMocks());

/** The memory as a thread that died now would leave it. */
function copyOf(area: MemoryArea): MemoryArea {
  const copy = (from: SharedArrayBuffer): SharedArrayBuffer => {
    const to = new SharedArrayBuffer(
      from.byteLength,
      from.growable ? { maxByteLength: from.maxByteLength } : undefined,
    );
    new Uint8Array(to).set(new Uint8Array(from));
    return to;
  };
  return { control: copy(area.control), halves: [copy(area.halves[0]), copy(area.halves[1])] };
}

/** Calls `look` before and after each atomic store: between two of them nothing that a successor sees changes. */
function atEveryStore(look: () => void): void {
  const store = Atomics.store.bind(Atomics);
  // Typed by the last overload, of bigints; the numbers of the others pass through as they are.
  vi.spyOn(Atomics, "store").mockImplementation((array, index, value) => {
    look();
    const stored = store(array, index, value);
    look();
    return stored;
  });
}

test("a log is whole at every instruction of a sync, a rotation and a trim", () => {
  const area = newMemoryLogArea(64 * 1024);
  const log = new MemoryLog(area);
  log.recover(() => undefined);
  let acknowledged = 0;
  let looks = 0;
  atEveryStore(() => {
    looks += 1;
    const found: number[] = [];
    new MemoryLog(copyOf(area)).recover((record) => found.push(record[0] ?? 0));
    expect(found.at(-1) ?? 0).toBeGreaterThanOrEqual(acknowledged);
    for (const [index, number] of found.entries()) {
      if (index > 0) expect(number - (found[index - 1] ?? 0)).toBeOneOf([0, 1]);
    }
  });
  for (let number = 1; number <= 100; number++) {
    log.append(new Uint8Array(1 + (number % 40)).fill(number), number);
    log.sync(() => (acknowledged = number));
    if (number % 5 === 0) log.rotate([Uint8Array.of(number)]);
    if (number % 7 === 0) log.trim(number - 3);
  }
  expect(looks).toBeGreaterThan(200);
});

test("a snapshot is whole at every instruction of a commit", () => {
  const area = newMemorySnapshotArea(64 * 1024);
  const store = new MemorySnapshots(area);
  let acknowledged = 0;
  let looks = 0;
  atEveryStore(() => {
    looks += 1;
    const found = new MemorySnapshots(copyOf(area));
    const latest = found.latest();
    const slot = latest?.slot ?? 0;
    expect(slot).toBeGreaterThanOrEqual(acknowledged);
    if (latest !== undefined) expect(found.read(slot, 0, 1000)).toEqual(new Uint8Array(slot * 3).fill(slot));
  });
  for (let slot = 1; slot <= 20; slot++) {
    const writer = store.begin(slot);
    for (let part = 0; part < 3; part++) writer.append(new Uint8Array(slot).fill(slot));
    writer.commit(() => (acknowledged = slot));
  }
  expect(looks).toBe(40);
});
