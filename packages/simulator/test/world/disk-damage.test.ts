import { FileLog, StorageError, type FileLayer, type Log, type Recovery } from "@synod/storage";
import { damagePlaces, type Place, type PlaceKind } from "@synod/storage/faults";
import { describe, expect, test } from "vitest";
import { faultKinds, simulate } from "../../src/index.ts";
import { newMultiProtocol } from "../../src/protocols/multi.ts";
import { simulationOf } from "../../src/simulate.ts";
import { faultOf } from "./faulty-network.ts";
import { newSmallWorld } from "./small-world.ts";

const second = 1_000_000;
const usualDiskFaults = faultKinds.filter(({ group, onlyByName }) => group === "disk" && onlyByName !== true);

/** Adds up what runs of some seeds went through; none may find a violation. */
function sound(faults: readonly string[], from: number, to: number): Map<string, number> {
  const totals = new Map<string, number>();
  for (let seed = from; seed <= to; seed++) {
    const run = simulate({ seed, faults });
    expect(run.violation, `seed ${seed}`).toBeUndefined();
    for (const [name, count] of [...Object.entries(run.faults), ...Object.entries(run.reached)]) {
      totals.set(name, (totals.get(name) ?? 0) + count);
    }
  }
  return totals;
}

type SmallWorld = ReturnType<typeof newSmallWorld>;

/** A place of node 2, as soon as there is one. */
function awaitPlace(small: SmallWorld, wanted: (place: Place) => boolean): Place {
  for (let steps = 0; steps < 500; steps++) {
    small.pass(second / 50);
    const place = damagePlaces(small.victim(2).disk.files).find(wanted);
    if (place !== undefined) return place;
  }
  throw new Error("there is no such place");
}

/** Damages a place of a kind on node 2, and starts its processes again; returns the role whose place it was. */
function damage(small: SmallWorld, kind: PlaceKind): string {
  const place = awaitPlace(small, (each) => each.kind === kind);
  const victim = small.victim(2);
  expect(victim.lose()).toBe(true);
  victim.disk.isHarmed = true;
  victim.disk.files.damage(place.path, place.at + Math.floor(place.sizeBytes / 2));
  victim.crash("on");
  for (const process of victim.processes.values()) process.start();
  return place.path.split("/")[1] ?? "";
}

describe("damage behind the tail", () => {
  const kinds: readonly PlaceKind[] = [
    "segment-header",
    "checkpoint",
    "older-record",
    "covered-record",
    "snapshot-header",
    "snapshot-block",
  ];

  test.for(kinds)("%s: its role does not start, and the others of its node do", (kind) => {
    const small = newSmallWorld("role");
    const role = damage(small, kind);
    const up = [...small.victim(2).processes].filter(([, { isUp }]) => isUp).map(([name]) => name);
    expect([...up, role].sort()).toEqual(["acceptor", "learner", "proposer"]);
    expect(small.reached.get("corruption-detected")).toBe(1);
    expect(small.violations).toEqual([]);
  });

  test.for(kinds)("%s: nothing starts that shares its process, and the other nodes do without", (kind) => {
    const small = newSmallWorld("node");
    damage(small, kind);
    expect(small.up(2)).toBe(0);
    const reads = small.reached.get("reads");
    small.pass(2 * second);
    expect(small.reached.get("reads")).toBeGreaterThan(reads);
    expect(small.violations).toEqual([]);
  });

  test("that nobody did is a violation when a start finds it", () => {
    const small = newSmallWorld();
    const { path } = awaitPlace(small, (place) => place.path.startsWith("/acceptor/"));
    const victim = small.victim(2);
    victim.disk.files.damage(path, 0);
    victim.crash("on");
    victim.restart();
    expect(small.violations).toHaveLength(1);
    expect(small.violations[0]).toMatch(/^damage: acceptor 2 finds damage that nobody did: /);
  });
});

test("a lost disk: the node does not vote again, and its learner fetches what it needs", () => {
  const small = newSmallWorld();
  small.pass(2 * second);
  const end = small.begin(faultOf("disk-lost", { nodes: [2] }));
  expect(small.up(2)).toBe(0);
  end();
  const begun = small.world.clock.now;
  small.pass(3 * second);
  const { processes } = small.victim(2);
  expect([...processes].map(([role, { isUp }]) => [role, isUp])).toEqual([
    ["proposer", false],
    ["acceptor", false],
    ["learner", true],
  ]);
  expect(small.sent.some(({ at, role, node }) => at > begun && role === "acceptor" && node === 2)).toBe(false);
  expect(small.reached.get("corruption-detected")).toBe(2);
  expect(small.violations).toEqual([]);
});

test("no more nodes are lost than the others can do without", () => {
  const small = newSmallWorld();
  small.pass(second);
  for (const node of [1, 2, 3]) small.begin(faultOf("disk-lost", { nodes: [node] }));
  for (const node of [1, 2, 3]) small.begin(faultOf("latent-corruption", { nodes: [node] }));
  expect(small.world.faults.counts()).toEqual({ "disk-lost": 1 });
  expect([1, 2, 3].filter((node) => small.victim(node).isLost)).toEqual([1]);
});

describe("runs", () => {
  const transient = [
    "read-error",
    "write-error",
    "short-transfer",
    "sync-error",
    "disk-full",
    "disk-stall",
    "torn-write",
  ];
  const expected = [...transient, "storage-io", "storage-full", "torn-writes", "lost-writes"];

  test.for([1, 51, 101, 151])(
    "nothing acknowledged is lost by failing reads, writes and syncs, full and slow disks and torn writes: 50 seeds from %i",
    (from) => {
      const totals = sound(transient, from, from + 49);
      for (const name of expected) expect(totals.get(name), name).toBeGreaterThan(0);
    },
  );

  test("damage is found whatever it is and whenever, and no node comes up with it", () => {
    const totals = sound(["latent-corruption", "misdirected-write", "disk-lost", "torn-write"], 1, 60);
    for (const name of ["latent-corruption", "misdirected-write", "disk-lost", "corruption-detected"]) {
      expect(totals.get(name), name).toBeGreaterThan(5);
    }
  });

  test("all usual kinds together are borne", () => {
    const names = usualDiskFaults.map(({ name }) => name);
    const totals = sound(names, 1, 60);
    for (const name of names) expect(totals.get(name), name).toBeGreaterThan(0);
  });
});

describe("what must be found", () => {
  test("a disk that lies about a sync, in few seeds", () => {
    const found = Array.from({ length: 20 }, (_, index) => simulate({ seed: index + 1, faults: ["lying-disk"] }));
    const caught = found.filter(({ violation }) => violation !== undefined);
    expect(caught.length).toBeGreaterThan(10);
    for (const { violation, faults } of caught) {
      expect(violation?.checker).toMatch(/^(durability|damage)$/);
      expect(faults["lying-disk"]).toBeGreaterThan(0);
    }
    expect(usualDiskFaults.map(({ name }) => name)).not.toContain("lying-disk");
  });

  test("a log that is made anew when it is damaged", () => {
    const forgetful = simulationOf(newMultiProtocol({ log: (folder, files) => new ForgetfulLog(folder, files) }));
    const found = Array.from({ length: 40 }, (_, index) =>
      forgetful.run({ seed: index + 1, faults: ["latent-corruption"] }),
    ).find(({ violation }) => violation !== undefined);
    expect(found?.violation?.checker).toMatch(/^(durability|damage)$/);
  });
});

/** Begins in another folder when the log is corrupt. */
class ForgetfulLog implements Log {
  readonly #folder: string;
  readonly #files: FileLayer;
  #log: FileLog;

  constructor(folder: string, files: FileLayer) {
    this.#folder = folder;
    this.#files = files;
    this.#log = new FileLog(folder, files);
  }

  recover(visit: (record: Uint8Array) => void): Recovery {
    try {
      return this.#log.recover(visit);
    } catch (failure) {
      if (!(failure instanceof StorageError) || failure.reason !== "corrupt") throw failure;
      this.#log = new FileLog(`${this.#folder}/new`, this.#files);
      return this.#log.recover(visit);
    }
  }

  get segmentBytes(): number {
    return this.#log.segmentBytes;
  }
  get sizeBytes(): number {
    return this.#log.sizeBytes;
  }
  append(record: Uint8Array, position: number): void {
    this.#log.append(record, position);
  }
  sync(done: (failure?: StorageError) => void): void {
    this.#log.sync(done);
  }
  rotate(checkpoint: readonly Uint8Array[]): void {
    this.#log.rotate(checkpoint);
  }
  trim(position: number): void {
    this.#log.trim(position);
  }
  close(): void {
    this.#log.close();
  }
}
