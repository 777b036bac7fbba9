/**
 * What may be wrong with the disk of a node for a while: operations fail, do a part, find no room or take long. What a
 * crash leaves of a disk is drawn by the crash; lasting damage is in `damage.ts`.
 */
import type { FileOperation, Fault as FileFault } from "@synod/storage/faults";
import { microsecondsPerMillisecond as ms } from "../clock.ts";
import type { DiskTrouble, NodeDisk } from "../disk.ts";
import type { Randomness } from "../randomness.ts";
import { damage } from "./damage.ts";
import { over, struck, type Drawn, type Fault, type FaultKind, type Ground, type Victim } from "./fault.ts";

type Operations = ReadonlySet<FileOperation["kind"]>;

const reads: Operations = new Set(["open", "list", "size", "read"] as const);
const writes: Operations = new Set(["write", "truncate", "createFolder", "rename", "remove"] as const);
const transfers: Operations = new Set(["read", "write"] as const);
const syncs: Operations = new Set(["sync", "syncFolder"] as const);

const changes: Operations = new Set([...writes, ...syncs]);

/** The amount of a fault that strikes one operation and no more; else it is the chance that it strikes. */
const once = 0;

/** One node, or several; now and then one operation, else some or all for a while. */
function drawTrouble(randomness: Randomness, nodes: readonly number[]): Drawn {
  return {
    microseconds: randomness.pick([randomness.integer(1, 100), randomness.integer(100, 3000)]) * ms,
    nodes: randomness.sample(nodes, randomness.chance(0.7) ? 1 : randomness.integer(1, nodes.length)),
    amount: randomness.pick([once, once, 0.05, 0.5, 1]),
  };
}

/** Lets operations of these kinds go wrong, on the whole disk or in one folder of it. */
function troubleFor(
  { name, amount }: Fault,
  { faults }: Ground,
  randomness: Randomness,
  { folders }: NodeDisk,
  kinds: Operations,
  outcome: () => FileFault,
): DiskTrouble {
  const folder = folders.length === 0 || randomness.chance(0.6) ? "" : randomness.pick(folders);
  let left = amount === once ? 1 : Infinity;
  return ({ kind, path }) => {
    if (left === 0 || !kinds.has(kind) || !path.startsWith(folder)) return undefined;
    if (amount !== once && !randomness.chance(amount)) return undefined;
    left -= 1;
    faults.count(name);
    return outcome();
  };
}

/** Begins a trouble on each disk that it strikes. */
function beginTrouble(
  fault: Fault,
  ground: Ground,
  randomness: Randomness,
  kinds: Operations,
  outcome: () => FileFault,
): () => void {
  const ends = struck(fault, ground).map(({ disk }) =>
    disk.begin(troubleFor(fault, ground, randomness, disk, kinds, outcome)),
  );
  return () => {
    for (const end of ends) end();
  };
}

/** A disk is read mostly when a node starts, so that it starts again. */
const readError: FaultKind = {
  name: "read-error",
  group: "disk",
  title: "a disk cannot be read for a while, in which the node starts again",
  draw: drawTrouble,
  begin(fault, ground, randomness) {
    const end = beginTrouble(fault, ground, randomness, reads, () => "io");
    for (const victim of struck(fault, ground)) {
      ground.clock.after(randomness.integer(0, fault.microseconds - 1), () => {
        if (victim.isLost) return;
        victim.crash("on");
        victim.restart();
      });
    }
    return end;
  },
};

const writeError: FaultKind = {
  name: "write-error",
  group: "disk",
  title: "a disk refuses writes, and changes of names",
  draw: drawTrouble,
  begin: (fault, ground, randomness) => beginTrouble(fault, ground, randomness, writes, () => "io"),
};

const shortTransfer: FaultKind = {
  name: "short-transfer",
  group: "disk",
  title: "reads and writes do only a part of what was asked",
  draw: drawTrouble,
  begin: (fault, ground, randomness) =>
    beginTrouble(fault, ground, randomness, transfers, () => ({ shortBytes: randomness.integer(1, 100) })),
};

const syncError: FaultKind = {
  name: "sync-error",
  group: "disk",
  title: "syncs fail: what they were to store can still be read, and is not on the disk",
  draw: drawTrouble,
  begin: (fault, ground, randomness) => beginTrouble(fault, ground, randomness, syncs, () => "io"),
};

/** How many bytes there still is room for is the amount. */
const diskFull: FaultKind = {
  name: "disk-full",
  group: "disk",
  title: "a disk is full for a while: a part of a write may find room",
  draw: (randomness, nodes) => ({
    ...drawTrouble(randomness, nodes),
    microseconds: randomness.integer(100, 4000) * ms,
    amount: randomness.integer(0, randomness.pick([50, 1000, 10_000])),
  }),
  begin(fault, ground) {
    const ends = struck(fault, ground).map(({ disk }) =>
      disk.limit(fault.amount, () => ground.faults.count(fault.name)),
    );
    return () => {
      for (const end of ends) end();
    };
  },
};

const diskStall: FaultKind = {
  name: "disk-stall",
  group: "disk",
  title: "no sync of a disk is done, for up to 5 seconds",
  draw: (randomness, nodes) => ({
    ...drawTrouble(randomness, nodes),
    microseconds: randomness.pick([randomness.integer(20, 300), randomness.integer(300, 5000)]) * ms,
    amount: 0,
  }),
  begin(fault, ground) {
    for (const { disk } of struck(fault, ground)) {
      disk.stall(fault.microseconds, () => ground.faults.count(fault.name));
    }
    return over;
  },
};

/** Outside the model of stable storage: no protocol can bear it, and the checkers must see it. */
const lyingDisk: FaultKind = {
  name: "lying-disk",
  group: "disk",
  title: "a disk reports syncs as done and stores nothing until a later one, or never",
  onlyByName: true,
  draw: drawTrouble,
  begin: (fault, ground, randomness) => beginTrouble(fault, ground, randomness, syncs, () => "lie"),
};

/** How many writes, changes of names and syncs there still are is the amount. */
const tornWrite: FaultKind = {
  name: "torn-write",
  group: "disk",
  title: "the power of a node goes off between a write and its sync: any part of what was written survives",
  draw: (randomness, nodes) => ({
    microseconds: randomness.integer(200, 2000) * ms,
    nodes: [randomness.pick(nodes)],
    amount: randomness.integer(1, randomness.pick([3, 30])),
  }),
  begin(fault, ground, randomness) {
    const kinds = randomness.chance(0.7) ? syncs : changes;
    const ends = struck(fault, ground).map((victim) => powerOffAfter(fault.amount, kinds, victim, fault, ground));
    return () => {
      for (const end of ends) end();
    };
  },
};

/** Lets the power go off before the last of so many operations of these kinds, and come back when the fault is over. */
function powerOffAfter(
  operations: number,
  kinds: Operations,
  victim: Victim,
  { name }: Fault,
  { clock, faults }: Ground,
): () => void {
  let left = operations;
  const end = victim.disk.begin(({ kind }) => {
    if (left === 0 || victim.isLost || !kinds.has(kind)) return undefined;
    left -= 1;
    if (left > 0) return undefined;
    faults.count(name);
    // When what is under way has found out.
    clock.after(0, () => victim.crash("off"));
    return "power-off";
  });
  return () => {
    end();
    if (left === 0) victim.restart();
  };
}

export const diskFaults: readonly FaultKind[] = [
  readError,
  writeError,
  shortTransfer,
  syncError,
  diskFull,
  diskStall,
  tornWrite,
  ...damage,
  lyingDisk,
];
