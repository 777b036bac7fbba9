/**
 * Bugs of what a replica makes of a snapshot on its disk that turned bad.
 */
import { newKeyValueMachine, Replica } from "@synod/machines";
import { FileSnapshots, type FileLayer, type OpenFile, type SnapshotStore } from "@synod/storage";
import { crc32c } from "@synod/wire";
import type { Exhibit } from "./exhibit.ts";
import { bytesOf, filesMended, openFilesWith } from "./log-files.ts";
import { multiWith } from "./multi-exhibits.ts";
import { changed, joined } from "./snapshots-bytes.ts";

const damagedSnapshotTakenForNone: Exhibit = {
  name: "damaged-snapshot-taken-for-none",
  title: "A snapshot that cannot be read is put aside, and the replica goes on with what its log still has",
  story:
    "etcd renames a snapshot that it cannot read to `.snap.broken` and starts from an older one, or from none. Whether " +
    "that is safe depends on a log that still reaches back so far, and it is the snapshot that allowed the log to be cut. " +
    "Camunda saw in its own design that a broker could so go on from event 4 with event 10, and not notice. Everything " +
    "between is lost on this replica, which answers as if nothing had happened.",
  source: "etcd-io/etcd issue 4220 (2016), with a snapshot set aside; camunda/camunda issue 3573 (2019)",
  simulation: multiWith({
    snapshots(folder, files) {
      forgetDamaged(folder, files);
      return new FileSnapshots(folder, files);
    },
  }),
  options: { faults: ["latent-corruption"] },
};

/** Puts an empty state in the place of a snapshot that cannot be read. */
function forgetDamaged(folder: string, files: FileLayer): void {
  const store = new FileSnapshots(folder, openFilesWith(files, syncingAtOnce));
  const slot = Math.max(0, ...files.list(folder).map((name) => Number.parseInt(name, 10)));
  if (slot > 0 && !isReadable(store, slot)) {
    const writer = store.begin(slot);
    const empty = joined(new Replica({ machine: newKeyValueMachine(), node: 0 }).snapshot());
    writer.append(changed(empty, (snapshot) => ({ ...snapshot, slot })));
    writer.commit(() => undefined);
  }
  store.close();
}

function isReadable(store: SnapshotStore, slot: number): boolean {
  try {
    const newest = store.latest();
    return newest === undefined || store.read(slot, 0, newest.sizeBytes) !== undefined;
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== "StorageError") throw cause;
    return false;
  }
}

function syncingAtOnce(file: OpenFile): Partial<OpenFile> {
  return {
    sync(done) {
      file.syncNow();
      done();
    },
  };
}

const damagedSnapshotBelieved: Exhibit = {
  name: "damaged-snapshot-believed",
  title: "A snapshot is read back without looking at its checksums",
  story:
    "Ganesan and others turned single blocks of the files of eight storage systems bad, below the file system. Most had " +
    "no checksum somewhere, and several took the damage for data and gave it to the other replicas: redundancy does not " +
    "help a system that does not look. A snapshot is read seldom, and lies on the disk for long.",
  source: "Ganesan et al., Redundancy Does Not Imply Fault Tolerance (FAST 2017)",
  simulation: multiWith({
    snapshots: (folder, files) => new FileSnapshots(folder, filesMended(files, ".snapshot", correctSnapshot)),
  }),
  options: { faults: ["latent-corruption", "node-crash"] },
};

const headerBytes = 36;
const blockBytes = 64 * 1024;

/** Makes all checksums of a snapshot file right: packages/storage/src/snapshot-format.ts has the format. */
function correctSnapshot(file: OpenFile): void {
  const bytes = bytesOf(file);
  if (bytes.length < headerBytes) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(32, crc32c(bytes, 0, 32), true);
  for (let at = headerBytes, index = 0; at < bytes.length; at += 4 + blockBytes, index++) {
    const place = new Uint8Array(16);
    place.set(bytes.subarray(16, 24));
    new DataView(place.buffer).setUint32(8, index, true);
    const end = Math.min(at + 4 + blockBytes, bytes.length);
    view.setUint32(at, crc32c(bytes, at + 4, end, crc32c(place)), true);
  }
  file.write(bytes, 0, bytes.length, 0);
}

export const snapshotDamageExhibits: readonly Exhibit[] = [damagedSnapshotTakenForNone, damagedSnapshotBelieved];
