/**
 * A log that had been there and is gone. FileLog makes what is missing, which is right only for a new cluster.
 */
import { StorageError } from "./error.ts";
import type { FileLayer } from "./files.ts";
import { nodeFiles } from "./node-files.ts";
import { segmentNumber } from "./segment.ts";

/**
 * A role that has forgotten what it promised and accepted must not take part under its old name.
 *
 * @throws StorageError "corrupt" when there is no log in the folder, "io" when nobody can tell
 */
export function requireLog(folder: string, files: FileLayer = nodeFiles()): void {
  if (files.list(folder).some((name) => segmentNumber(name) !== undefined)) return;
  throw new StorageError(
    "corrupt",
    folder,
    "the log is missing, and without its memory the node must not take part; put it back from where it went",
  );
}
