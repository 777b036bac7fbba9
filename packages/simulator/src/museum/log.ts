/**
 * Bugs of a log while it is written: of what is durable, and when.
 */
import { FileLog, type FileLayer } from "@synod/storage";
import type { Simulation } from "../simulate.ts";
import type { RunOptions } from "../world/run.ts";
import type { Exhibit } from "./exhibit.ts";
import { filesWith, openFilesWith } from "./log-files.ts";
import { wideWorkload } from "./log-workload.ts";
import { multiWith } from "./multi-exhibits.ts";

/** Multi-Paxos whose logs see their files through something. */
export function multiWithLogFiles(through: (files: FileLayer) => FileLayer): Simulation {
  return multiWith({ log: (folder, files) => new FileLog(folder, through(files)) });
}

const syncReportedEarly: Exhibit = {
  name: "sync-reported-early",
  title: "An acceptor answers when it has asked for a sync, not when the sync is done",
  story:
    "A default that flushes every second, or every two minutes, and answers at once makes benchmarks fast. Jepsen found " +
    "in 2025 that NATS JetStream so lost acknowledged messages: replication does not help, since the argument that two " +
    "quorums have a member in common holds only if that member remembers. One power failure of one acceptor is enough: " +
    "it comes back without a vote that was counted, and a new leader may choose another value in that slot.",
  source:
    "Jepsen, NATS 2.12.1 (2025), and nats-io/nats-server issue 7564; Redpanda, Why fsync is needed for data safety in " +
    "Kafka (2023); Lamport, Paxos Made Simple, §2.5",
  simulation: multiWithLogFiles((files) =>
    openFilesWith(files, (file) => ({
      sync(done) {
        file.sync(() => undefined);
        done();
      },
    })),
  ),
  options: { faults: ["node-crash"] },
};

const groupCommitLeavesTheLast: Exhibit = {
  name: "group-commit-leaves-the-last",
  title: "The last record of a group waits in memory for the next sync, and its answer does not wait with it",
  story:
    "One sync covers all that was appended before it. What exactly is before is where group commit goes wrong: a " +
    "buffer that is handed over a record too early, or an answer that is queued for the sync under way when its record " +
    "goes with the next. The log is right after every next sync, so that only a power failure between the two shows it.",
  source:
    "Hagmann, Reimplementing the Cedar File System Using Logging and Group Commit (SOSP 1987), where group commit is from",
  simulation: multiWith({ log: (folder, files) => new HesitantLog(folder, files) }),
  options: { faults: ["node-crash"] },
};

/** Holds the latest record back until another one comes. */
class HesitantLog extends FileLog {
  #latest: { readonly record: Uint8Array; readonly position: number } | undefined;

  override append(record: Uint8Array, position: number): void {
    const before = this.#latest;
    this.#latest = { record: record.slice(), position };
    if (before !== undefined) super.append(before.record, before.position);
  }
}

const olderSegmentNotSynced: Exhibit = {
  name: "older-segment-not-synced",
  title: "A log goes on to the next segment without a sync of the one before",
  story:
    "A log that keeps only its newest segment in mind syncs that one, and what was appended to the segment before and " +
    "not yet synced is durable when the operating system pleases. YugabyteDB lost operations so when it rolled over " +
    "under load and crashed: a gap between two segments, with later records safe behind it.",
  source: "yugabyte/yugabyte-db issue 3490 (2020)",
  simulation: multiWithLogFiles((files) =>
    openFilesWith(files, (file) => {
      let syncs = 0;
      return {
        // The first is that of the repair after opening it, the next that of the rotation.
        syncNow() {
          syncs += 1;
          if (syncs === 1 || !file.path.endsWith(".log")) file.syncNow();
        },
      };
    }),
  ),
  options: { faults: ["node-crash"] },
};

const folderNotSynced: Exhibit = {
  name: "folder-not-synced",
  title: "A segment is created and renamed, and its folder is not synced",
  story:
    "The bytes of a file and its name are two things: fsync of the file does not make the name durable, fsync of the " +
    "folder does. etcd wrote a new segment of its log under another name, synced it, renamed it, appended votes and " +
    "synced those, and answered. After a power failure the segment may not be there. LevelDB, ZooKeeper and others had " +
    "the same; SpacetimeDB found it in its own log in 2026.",
  source:
    "etcd-io/etcd issue 6368 (2016); Pillai et al., All File Systems Are Not Created Equal (OSDI 2014); " +
    "clockworklabs/SpacetimeDB pull request 5785",
  simulation: multiWithLogFiles((files) => filesWith(files, { syncFolder: () => undefined })),
  options: { faults: ["node-crash"] },
};

const namedBeforeDurable: Exhibit = {
  name: "named-before-durable",
  title: "A new segment gets its name before its contents are durable",
  story:
    "Write, rename, done is an old habit, and file systems that delay allocation made it a way to lose a file: the name " +
    "reaches the disk and the bytes do not, so that a file of zeroes stands where a good one stood. A log that is " +
    "careful elsewhere then finds the header of its newest segment damaged after a plain power failure. It cannot tell " +
    "that from a disk that lost durable bytes, and must stop for good.",
  source: "Pillai et al., All File Systems Are Not Created Equal (OSDI 2014)",
  simulation: multiWithLogFiles((files) => {
    const unsynced = new Set<string>();
    const careless = openFilesWith(files, (file) => ({
      syncNow() {
        const created = file.path.endsWith(".new") || unsynced.delete(file.path);
        if (!created) file.syncNow();
      },
    }));
    return filesWith(careless, {
      rename(from, to) {
        files.rename(from, to);
        unsynced.add(to);
      },
    });
  }),
  options: { faults: ["node-crash"] },
};

/** One client with large values: segments are full and dropped soon, and then nothing happens for a while. */
export const quiet: Omit<RunOptions, "seed"> = { faults: ["cluster-crash"], people: 1, workload: wideWorkload };

const checkpointWithoutPromise: Exhibit = {
  name: "checkpoint-without-promise",
  title: "A new segment does not repeat the promise, and the segment that has it is dropped",
  story:
    "What a log holds once, and not per slot, has to be written again at the head of each segment before the older ones " +
    "may go: etcd writes its hard state into every segment that it cuts. Without that all is well as long as some vote " +
    "in the newest segment carries the same ballot. In a quiet hour after a snapshot there is none, and the acceptor " +
    "comes back having promised nothing.",
  source: "etcd-io/etcd server/storage/wal/wal.go, `cut`, does it right; Lamport, Paxos Made Simple, §2.5 says why",
  simulation: multiWith({ log: (folder, files) => new ForgetfulLog(folder, files) }),
  options: quiet,
};

class ForgetfulLog extends FileLog {
  override rotate(checkpoint: readonly Uint8Array[]): void {
    const [trim] = checkpoint;
    super.rotate(trim === undefined ? [] : [trim]);
  }
}

const segmentsRemovedInAnyOrder: Exhibit = {
  name: "segments-removed-in-any-order",
  title: "Older segments are removed together, so that a crash may leave an older one and not a newer",
  story:
    "Until the folder is synced, a file system may make removals durable in any order. A log that removes five segments " +
    "and then syncs once may find the first and the fourth after a power failure. A careful reader refuses a log with a " +
    "hole in it, since a hole is what a lost file looks like: the node is out of service for nothing.",
  source: "Pillai et al., All File Systems Are Not Created Equal (OSDI 2014), on the order of directory operations",
  simulation: multiWithLogFiles(removedTogether),
  options: quiet,
};

/** Does not sync the folder after each removal. */
export function removedTogether(files: FileLayer): FileLayer {
  let removing = false;
  return filesWith(files, {
    remove(path) {
      files.remove(path);
      removing = path.endsWith(".log");
    },
    syncFolder(folder) {
      if (!removing) files.syncFolder(folder);
      removing = false;
    },
  });
}

export const logExhibits: readonly Exhibit[] = [
  syncReportedEarly,
  groupCommitLeavesTheLast,
  olderSegmentNotSynced,
  folderNotSynced,
  namedBeforeDurable,
  checkpointWithoutPromise,
  segmentsRemovedInAnyOrder,
];
