/**
 * Bugs of a log when the disk says that something went wrong.
 */
import type { Exhibit } from "./exhibit.ts";
import { openFilesWith } from "./log-files.ts";
import { multiWithLogFiles } from "./log.ts";

const failedSyncRetried: Exhibit = {
  name: "failed-sync-retried",
  title: "A sync that failed is tried again, and its success believed",
  story:
    "For some twenty years PostgreSQL tried a failed fsync again at the next checkpoint, and took the success of the " +
    "second for the fate of the data. On Linux the first failure had already marked the pages clean, so that the second " +
    "had nothing to write and nothing to say. Since 2019 it stops instead and recovers from its log. Here the second " +
    "sync releases votes that are on no disk.",
  source:
    "PostgreSQL 11.2 release notes (2019), `data_sync_retry`; Rebello et al., Can Applications Recover from fsync " +
    "Failures? (ATC 2020)",
  simulation: multiWithLogFiles((files) =>
    openFilesWith(files, (file) => ({
      sync(done) {
        file.sync((failure) => (failure === undefined ? done() : file.sync(done)));
      },
    })),
  ),
  options: { faults: ["sync-error"] },
};

const writeErrorIgnored: Exhibit = {
  name: "write-error-ignored",
  title: "A write that fails, or writes less than all, is taken for done",
  story:
    "A full disk takes the front of a record and refuses the rest. Who does not look at what write returned goes on " +
    "behind the hole, and every later sync succeeds: it makes durable what was written, and the hole with it. etcd 2.0 " +
    "so had a log that could not be read any more after its disk had been full; a torn record left in place by the error " +
    "path was still being fixed in other systems in 2026.",
  source: "etcd-io/etcd issue 2819 (2015); timeplus-io/proton pull request 1229",
  simulation: multiWithLogFiles((files) =>
    openFilesWith(files, (file) => ({
      write(bytes, start, end, at) {
        try {
          file.write(bytes, start, end, at);
        } catch (cause) {
          if (!(cause instanceof Error) || cause.name !== "StorageError") throw cause;
        }
        return end - start;
      },
    })),
  ),
  options: { faults: ["disk-full", "short-transfer", "write-error"] },
};

const pageCacheBelieved: Exhibit = {
  name: "page-cache-believed",
  title: "After a failed sync a process starts again and believes what it reads",
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
  options: { faults: ["sync-error", "node-crash"] },
};

export const logErrorExhibits: readonly Exhibit[] = [failedSyncRetried, pageCacheBelieved, writeErrorIgnored];
