/**
 * Bugs of a log while it is read back: of what is believed.
 */
import type { OpenFile } from "@synod/storage";
import type { Exhibit } from "./exhibit.ts";
import { recordsOf } from "./log-bytes.ts";
import { bytesOf, filesMended, filesWith, openFilesWith } from "./log-files.ts";
import { multiWithLogFiles, removedTogether } from "./log.ts";
import { wideWorkload } from "./log-workload.ts";

const tornTailBelieved: Exhibit = {
  name: "torn-tail-believed",
  title: "the last record of a log is taken as it is found, without a checksum",
  story:
    "A write that was not synced reaches the disk in part, and not from the front: a record across two pages may come " +
    "back with its length and its end and a hole of zeroes between. A length that fits proves nothing. etcd met torn " +
    "records when it began to allocate its log in advance, so that the size of the file no longer said where the whole " +
    "records end. An acceptor that believes such a record votes for a value that nobody proposed.",
  source: "etcd-io/etcd issue 5230 and pull request 5250 (2016); Pillai et al. (OSDI 2014)",
  simulation: multiWithLogFiles((files) => filesMended(files, ".log", correctChecksums)),
  options: { faults: ["node-crash"], workload: wideWorkload },
};

/** All records whose length fits pass from now on. */
function correctChecksums(file: OpenFile): void {
  for (const { at, checksum, isWhole } of recordsOf(bytesOf(file))) {
    if (isWhole) continue;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, checksum, true);
    file.write(bytes, 0, bytes.length, at);
  }
}

const gapTakenForTheEnd: Exhibit = {
  name: "gap-taken-for-the-end",
  title: "a log is read up to the first segment that is missing, and goes on from there",
  story:
    "Reading segments one after the other until there is no next one is the shortest way to write it, and then a hole " +
    "is the end. Here the hole comes from removals that a power failure reordered; a file that somebody moved, or a " +
    "restore of a backup that missed one, does the same. All votes behind the hole are forgotten without a word.",
  source:
    "Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage (FAST 2018), on recovery that truncates; " +
    "Pillai et al. (OSDI 2014), on the order of removals",
  simulation: multiWithLogFiles((files) =>
    filesWith(removedTogether(files), { list: (folder) => upToGap(files.list(folder)) }),
  ),
  options: { faults: ["node-crash"] },
};

function upToGap(names: readonly string[]): readonly string[] {
  const segments = names.filter((name) => name.endsWith(".log")).sort();
  const first = Number.parseInt(segments[0] ?? "0", 10);
  return [
    ...names.filter((name) => !name.endsWith(".log")),
    ...segments.filter((name, index) => Number.parseInt(name, 10) === first + index),
  ];
}

const cutAtTheFirstDamage: Exhibit = {
  name: "cut-at-the-first-damage",
  title: "a log is cut off at the first record whose checksum is wrong, wherever that is",
  story:
    "A bad checksum in the tail is what a power failure leaves: the record was never durable, and may go. The same in " +
    "the middle is a disk that lost what it had confirmed. Alagappan and others found that ZooKeeper, LogCabin and etcd " +
    "mix up the two or stop for both; whoever truncates throws away votes that were counted. Jepsen saw NATS JetStream " +
    "lose half of all acknowledged messages so, from one bit in one node's file.",
  source:
    "Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage (FAST 2018); Jepsen, NATS 2.12.1 (2025)",
  simulation: multiWithLogFiles((files) => filesMended(files, ".log", cutAtDamage)),
  options: { faults: ["corruption", "node-crash"] },
};

function cutAtDamage(file: OpenFile): void {
  const damaged = [...recordsOf(bytesOf(file))].find(({ isWhole }) => !isWhole);
  if (damaged !== undefined) file.truncate(damaged.at);
}

const pageCacheBelieved: Exhibit = {
  name: "page-cache-believed",
  title: "after a failed sync a process starts again and believes what it reads",
  story:
    "After a failed fsync Linux counts the pages as clean: they are not on the disk, they can still be read, and the " +
    "next fsync has nothing to report. To stop the process at a failed sync is right, and not enough. Started again, it " +
    "reads its whole log from the cache, and answers for records that the next power failure takes away. What may be " +
    "in the cache only has to be written again.",
  source: "Rebello et al., Can Applications Recover from fsync Failures? (ATC 2020)",
  simulation: multiWithLogFiles((files) =>
    openFilesWith(files, (file) => {
      let repairing = file.path.endsWith(".log");
      return {
        write(bytes, start, end, at) {
          return repairing ? end - start : file.write(bytes, start, end, at);
        },
        // The repair that follows the reading ends with it.
        syncNow() {
          repairing = false;
          file.syncNow();
        },
      };
    }),
  ),
  options: { faults: ["failing-sync", "node-crash"] },
};

export const logRecoveryExhibits: readonly Exhibit[] = [
  tornTailBelieved,
  gapTakenForTheEnd,
  cutAtTheFirstDamage,
  pageCacheBelieved,
];
