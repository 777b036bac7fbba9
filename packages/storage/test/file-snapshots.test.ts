import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileSnapshots, type StorageError } from "@synod/storage";
import { FaultyFiles } from "@synod/storage/faults";

const path = join("data", "0000000000000007.snapshot");
const headerBytes = 36;
const content = Uint8Array.from({ length: 150_000 }, (_, i) => i % 251);

function save(store: FileSnapshots, slot: number, bytes: Uint8Array): StorageError | undefined {
  const writer = store.begin(slot);
  writer.append(bytes);
  const reports: (StorageError | undefined)[] = [];
  writer.commit((failure) => reports.push(failure));
  expect(reports).toHaveLength(1);
  return reports[0];
}

function saved(): FaultyFiles {
  const files = new FaultyFiles();
  const store = new FileSnapshots("data", files);
  expect(save(store, 7, content)).toBeUndefined();
  store.close();
  return files;
}

describe("a damaged snapshot", () => {
  test.each([0, 7, 12, 16, 24, 32, 35])("header at byte %i is an error, never an absence", (at) => {
    const files = saved();
    files.damage(path, at);
    expect(() => new FileSnapshots("data", files).latest()).toThrow(expect.objectContaining({ reason: "corrupt" }));
  });

  test("of another version is told as such", () => {
    const files = saved();
    files.damage(path, 8);
    expect(() => new FileSnapshots("data", files).latest()).toThrow(expect.objectContaining({ reason: "version" }));
  });

  test.each([0, 4, 65_539, 65_540, 140_000])("content at byte %i is found when it is read, with its place", (at) => {
    const files = saved();
    files.damage(path, headerBytes + at);
    const store = new FileSnapshots("data", files);
    const block = Math.floor(at / 65_540);
    expect(store.latest()).toEqual({ slot: 7, sizeBytes: content.length });
    expect(() => store.read(7, 0, content.length)).toThrow(
      expect.objectContaining({ reason: "corrupt", where: `${path} at byte ${headerBytes + block * 65_540}` }),
    );
    const sound = block === 0 ? 1 : 0;
    expect(store.read(7, sound * 65_536, 100)).toEqual(content.subarray(sound * 65_536, sound * 65_536 + 100));
  });

  test("that is cut off is an error", () => {
    const files = saved();
    files.open(path, "write").truncate(100_000);
    expect(() => new FileSnapshots("data", files).latest()).toThrow(expect.objectContaining({ reason: "corrupt" }));
  });

  test("can be replaced by a newer one", () => {
    const files = saved();
    files.damage(path, 0);
    const store = new FileSnapshots("data", files);
    expect(save(store, 8, content)).toBeUndefined();
    expect(store.latest()).toEqual({ slot: 8, sizeBytes: content.length });
    expect(files.list("data")).toEqual(["0000000000000008.snapshot"]);
  });
});

describe("a failure", () => {
  test.each(["write", "sync", "rename", "syncFolder"] as const)("of a %s leaves the older snapshot", (failing) => {
    const files = saved();
    const store = new FileSnapshots("data", files);
    let armed = true;
    files.fault = ({ kind }) => {
      if (!armed || kind !== failing) return undefined;
      armed = false;
      return "io";
    };
    expect(save(store, 9, content.subarray(0, 10))).toMatchObject({ reason: "io" });
    expect(store.latest()?.slot).toBe(7);
    expect(store.read(7, 0, content.length)).toEqual(content);
    expect(save(store, 9, content)).toBeUndefined();
    expect(store.read(9, 0, content.length)).toEqual(content);
  });

  test("for want of room is told as such, and gives the room back", () => {
    const files = new FaultyFiles({ capacityBytes: 100_000 });
    const store = new FileSnapshots("data", files);
    expect(save(store, 1, content.subarray(0, 1000))).toBeUndefined();
    const writer = store.begin(2);
    expect(() => writer.append(content)).toThrow(expect.objectContaining({ reason: "full" }));
    expect(() => writer.append(content)).toThrow(expect.objectContaining({ reason: "full" }));
    writer.abandon();
    expect(files.list("data")).toHaveLength(1);
    expect(save(store, 3, content.subarray(0, 50_000))).toBeUndefined();
  });
});

describe("a power failure", () => {
  test("before any operation of a commit leaves the old or the new one, whole, and nothing unfinished", () => {
    const kept = new Set<number | undefined>();
    for (let last = 0; ; last++) {
      const files = saved();
      const begun = files.operations;
      files.fault = ({ ordinal }) => (ordinal >= begun + last ? "power-off" : undefined);
      try {
        const store = new FileSnapshots("data", files);
        save(store, 9, content.subarray(100));
      } catch (cause) {
        if (!files.powerOff) throw cause;
      }
      for (const names of [false, true]) {
        for (const part of [0, 10, 5000]) {
          const found = files.crash({ piece: ({ sizeBytes }) => Math.min(part, sizeBytes), name: () => names });
          const store = new FileSnapshots("data", found);
          const slot = store.latest()?.slot;
          kept.add(slot);
          expect(store.read(slot ?? 0, 0, content.length)).toEqual(slot === 9 ? content.subarray(100) : content);
          expect(found.list("data").filter((name) => name.endsWith(".new"))).toEqual([]);
          expect(save(store, 10, content)).toBeUndefined();
        }
      }
      if (!files.powerOff) break;
    }
    expect([...kept]).toEqual([7, 9]);
  });
});

test("one is written at a time", () => {
  const store = new FileSnapshots("data", new FaultyFiles());
  const writer = store.begin(1);
  expect(() => store.begin(2)).toThrow("another snapshot");
  writer.abandon();
  expect(() => writer.append(content)).toThrow("abandoned");
  store.begin(2).abandon();
});

test("what is abandoned while it is being committed does not come back", () => {
  const pending: (() => void)[] = [];
  const files = new FaultyFiles({ later: (finish) => pending.push(finish) });
  const store = new FileSnapshots("data", files);
  const writer = store.begin(1);
  writer.append(content);
  let failure: StorageError | undefined;
  writer.commit((reported) => (failure = reported));
  writer.abandon();
  pending.shift()?.();
  expect(failure).toMatchObject({ reason: "io" });
  expect(store.latest()).toBeUndefined();
  expect(files.list("data")).toEqual([]);
});
