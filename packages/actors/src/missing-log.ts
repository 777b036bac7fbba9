/**
 * A log that had been there and is gone. FileLog makes what is missing, which is right only for a new cluster.
 */
import { StorageError } from "@synod/storage";
import { existsSync, readdirSync } from "node:fs";

/**
 * A role that has forgotten what it promised and accepted must not take part under its old name.
 *
 * @throws StorageError "corrupt" when there is no log in the folder
 */
export function requireLog(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".log"))) return;
  throw new StorageError(
    "corrupt",
    folder,
    "the log is missing, and without its memory the node must not take part; put it back from where it went",
  );
}
