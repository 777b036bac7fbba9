/**
 * What a role must find on its disk before it may take part.
 */
import { roleOf } from "@synod/protocol";
import { requireLog } from "@synod/storage";
import type { Life } from "./protocol.ts";

/**
 * A role that takes part again must have the log that it had, as the threads of a node ask it. A learner keeps nothing
 * in its log.
 *
 * @throws StorageError "corrupt" when the log is gone
 */
export function requireMemory({ address, hasTakenPart, files }: Life, logFolder: string): void {
  if (hasTakenPart && roleOf(address) !== "learner") requireLog(logFolder, files);
}
