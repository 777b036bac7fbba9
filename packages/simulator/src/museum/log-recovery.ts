/**
 * Bugs of a log while it is read back: of what is believed.
 */
import type { OpenFile } from "@synod/storage";
import type { Exhibit } from "./exhibit.ts";
import { recordsOf } from "./log-bytes.ts";
import { bytesOf, filesMended, filesWith } from "./log-files.ts";
import { multiWithLogFiles, quiet, removedTogether } from "./log.ts";
import { wideWorkload } from "./log-workload.ts";

const tornTailBelieved: Exhibit = {
  name: "torn-tail-believed",
  title: "The last record of a log is taken as it is found, without a checksum",
  story:
    "A write that was not synced reaches the disk in part, and not from the front: a record across two pages may come " +
    "back with its length and its end and a hole of zeroes between. A length that fits proves nothing. etcd met torn " +
    "records when it began to allocate its log in advance, so that the size of the file no longer said where the whole " +
    "records end. An acceptor that believes such a record votes for a value that nobody proposed.",
  source: "etcd-io/etcd issue 5230 and pull request 5250 (2016); Pillai et al. (OSDI 2014)",
  simulation: multiWithLogFiles((files) => filesMended(files, ".log", correctChecksums)),
  options: { faults: ["disk-stall", "cluster-crash"], workload: wideWorkload },
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
  title: "A log is read up to the first segment that is missing, and goes on from there",
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
  options: quiet,
};

function upToGap(names: readonly string[]): readonly string[] {
  const segments = names.filter((name) => name.endsWith(".log")).sort();
  const first = Number.parseInt(segments[0] ?? "0", 10);
  return [
    ...names.filter((name) => !name.endsWith(".log")),
    ...segments.filter((name, index) => Number.parseInt(name, 10) === first + index),
  ];
}

export const logRecoveryExhibits: readonly Exhibit[] = [tornTailBelieved, gapTakenForTheEnd];
