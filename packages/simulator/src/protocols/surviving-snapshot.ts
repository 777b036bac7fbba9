/**
 * What a learner's disk would still have of its snapshots, for checkers.
 */
import { FileSnapshots, StorageError, type FileLayer } from "@synod/storage";

/** The slot of the newest snapshot in a folder; 0 when there is none that can be read. */
export function survivingSnapshot(folder: string, files: FileLayer): number {
  try {
    return new FileSnapshots(folder, files).latest()?.slot ?? 0;
  } catch (failure) {
    if (!(failure instanceof StorageError)) throw failure;
    return 0;
  }
}
