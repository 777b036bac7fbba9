import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import {
  FileLog,
  FileSnapshots,
  MemoryLog,
  MemorySnapshots,
  newMemoryLogArea,
  newMemorySnapshotArea,
  nodeFiles,
  type FileLayer,
  type Log,
  type SnapshotStore,
} from "@synod/storage";
import type { NewPlace } from "@synod/storage/compliance";
import { FaultyFiles } from "@synod/storage/faults";

const root = mkdtempSync(join(tmpdir(), "synod-storage-"));
afterAll(() => rmSync(root, { recursive: true }));

/** A new folder, which is removed after the tests of the file. */
export function temporaryFolder(): string {
  return mkdtempSync(join(root, "folder-"));
}

/** A new folder of real files; a crash is that of the process. */
function onNodeFiles<Adapter>(make: (folder: string, files: FileLayer) => Adapter, sync: "blocking" | "later") {
  return () => {
    const folder = join(temporaryFolder(), "data");
    return { open: () => make(folder, nodeFiles({ sync })), crash: () => undefined };
  };
}

/** A disk in memory; a crash loses all that is not synced. */
function onFaultyFiles<Adapter>(make: (folder: string, files: FileLayer) => Adapter, later: boolean) {
  return () => {
    let files = new FaultyFiles(later ? { later: queueMicrotask } : {});
    return {
      open: () => make("data", files),
      crash: () => {
        files = files.crash({ piece: () => 0, name: () => false });
      },
    };
  };
}

export type NamedPlaces<Adapter> = readonly (readonly [name: string, newPlace: NewPlace<Adapter>])[];

const newFileLog = (folder: string, files: FileLayer): Log => new FileLog(folder, files);
const newFileSnapshots = (folder: string, files: FileLayer): SnapshotStore => new FileSnapshots(folder, files);

export const faultyLogPlace = onFaultyFiles(newFileLog, false);
export const faultySnapshotPlace = onFaultyFiles(newFileSnapshots, false);

export const logPlaces: NamedPlaces<Log> = [
  ["files, blocking", onNodeFiles(newFileLog, "blocking")],
  ["files, syncing later", onNodeFiles(newFileLog, "later")],
  ["faulty files", faultyLogPlace],
  ["faulty files, syncing later", onFaultyFiles(newFileLog, true)],
  [
    "memory",
    () => {
      const area = newMemoryLogArea();
      return { open: () => new MemoryLog(area), crash: () => undefined };
    },
  ],
];

export const snapshotPlaces: NamedPlaces<SnapshotStore> = [
  ["files, blocking", onNodeFiles(newFileSnapshots, "blocking")],
  ["files, syncing later", onNodeFiles(newFileSnapshots, "later")],
  ["faulty files", faultySnapshotPlace],
  ["faulty files, syncing later", onFaultyFiles(newFileSnapshots, true)],
  [
    "memory",
    () => {
      const area = newMemorySnapshotArea();
      return { open: () => new MemorySnapshots(area), crash: () => undefined };
    },
  ],
];
