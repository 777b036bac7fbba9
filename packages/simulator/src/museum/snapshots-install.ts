/**
 * Bugs of a replica that takes a snapshot: from another node, or from its own disk.
 */
import { Replication, type Backing, type ReplicationOptions } from "@synod/driver";
import type { multi } from "@synod/protocol";
import { FileSnapshots, type FileLayer, type OpenFile } from "@synod/storage";
import { crc32c } from "@synod/wire";
import type { Exhibit } from "./exhibit.ts";
import { bytesOf, filesMended } from "./log-files.ts";
import { multiWith } from "./multi-exhibits.ts";
import { PatchedRole } from "./patched-role.ts";
import { changed } from "./snapshots-bytes.ts";

const snapshotOverNewerState: Exhibit = {
  name: "snapshot-over-newer-state",
  title: "a snapshot that comes late is installed over a state that is newer",
  story:
    "A snapshot that was asked for may come twice, or after the log has brought the replica further. OpenRaft installed " +
    "it all the same: the state went back, and the count of what had been applied did not, so that the commands between " +
    "the two were lost on that node. etcd's raft had learned the same in 2014.",
  source: "databendlabs/openraft pull request 543 (2022); etcd-io/etcd pull request 1837 (2014)",
  simulation: multiWith({
    learner: (learner) =>
      new PatchedRole<multi.Message, multi.Entry, multi.Delivery>(learner, () => ({
        step(from, message, step, out) {
          if (message.kind === "SnapshotPart" && isWhole(message)) out.deliver.push({ ...message, kind: "part" });
          else step(from, message);
        },
      })),
    replication: (options) => new EagerReplication(options),
  }),
  options: { faults: ["node-crash", "duplication", "loss"] },
};

function isWhole({ offset, sizeBytes, bytes }: Pick<multi.SnapshotPart, "offset" | "sizeBytes" | "bytes">): boolean {
  return offset === 0 && sizeBytes > 0 && bytes.length === sizeBytes;
}

/** Installs every whole snapshot that comes. */
class EagerReplication implements Backing<multi.Message, multi.Entry, multi.Delivery> {
  readonly #options: ReplicationOptions;
  readonly #real: Replication;

  constructor(options: ReplicationOptions) {
    this.#options = options;
    this.#real = new Replication(options);
  }

  recover(): number {
    return this.#real.recover();
  }

  deliver(delivery: multi.Delivery): void {
    if (delivery.kind !== "part" || !isWhole(delivery)) return this.#real.deliver(delivery);
    const { replica, learner, act } = this.#options;
    const slot = Math.max(delivery.slot, replica.appliedSlot);
    replica.restore([changed(delivery.bytes, (snapshot) => ({ ...snapshot, slot }))], slot);
    act((out) => learner.installed(slot, out));
  }

  status(): ReturnType<Replication["status"]> {
    return this.#real.status();
  }

  close(): void {
    this.#real.close();
  }
}

const damagedSnapshotSetAside: Exhibit = {
  name: "damaged-snapshot-set-aside",
  title: "a snapshot that cannot be read is put aside, and the replica starts without one",
  story:
    "etcd renames a snapshot that it cannot read to `.snap.broken` and goes on with an older one, or with none. Whether " +
    "that is safe depends on a log that still reaches back so far, and it is the snapshot that allowed the log to be cut. " +
    "In NATS JetStream a damaged snapshot made nodes take a whole stream for an orphan, and delete it. Here the commands " +
    "that the node answers for are in neither.",
  source: "etcd-io/etcd issue 4220 (2016); Jepsen, NATS 2.12.1 (2025)",
  simulation: multiWith({
    snapshots(folder, files) {
      setAsideDamaged(folder, files);
      return new FileSnapshots(folder, files);
    },
  }),
  options: { faults: ["corruption", "node-crash"] },
};

function setAsideDamaged(folder: string, files: FileLayer): void {
  const store = new FileSnapshots(folder, files);
  try {
    const newest = store.latest();
    if (newest !== undefined) store.read(newest.slot, 0, newest.sizeBytes);
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== "StorageError") throw cause;
    for (const name of files.list(folder)) files.remove(`${folder}/${name}`);
    files.syncFolder(folder);
  } finally {
    store.close();
  }
}

const damagedSnapshotBelieved: Exhibit = {
  name: "damaged-snapshot-believed",
  title: "a snapshot is read back without looking at its checksums",
  story:
    "Ganesan and others turned single blocks of the files of eight storage systems bad, below the file system. Most had " +
    "no checksum somewhere, and several took the damage for data and gave it to the other replicas: redundancy does not " +
    "help a system that does not look. A snapshot is read seldom, and lies on the disk for long.",
  source: "Ganesan et al., Redundancy Does Not Imply Fault Tolerance (FAST 2017)",
  simulation: multiWith({
    snapshots: (folder, files) => new FileSnapshots(folder, filesMended(files, ".snapshot", correctSnapshot)),
  }),
  options: { faults: ["corruption", "node-crash"] },
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

export const snapshotInstallExhibits: readonly Exhibit[] = [
  snapshotOverNewerState,
  damagedSnapshotSetAside,
  damagedSnapshotBelieved,
];
