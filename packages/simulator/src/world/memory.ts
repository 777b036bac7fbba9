/**
 * What a role must find on its disk before it may take part.
 */
import { roleOf } from "@synod/protocol";
import { requireLog } from "@synod/storage";
import type { Life } from "./protocol.ts";

/**
 * A role that takes part again must have the log that it had, as the threads of a node ask it. A learner of most protocols
 * keeps nothing in its log.
 *
 * @throws StorageError "corrupt" when the log is gone
 */
export function requireMemory(life: Life, logFolder: string): void {
  if (roleOf(life.address) !== "learner") requireEveryMemory(life, logFolder);
}

/**
 * The same where a learner, too, keeps in its log what it has said that it knows.
 *
 * @throws StorageError "corrupt" when the log is gone
 */
export function requireEveryMemory({ hasTakenPart, files }: Life, logFolder: string): void {
  if (hasTakenPart) requireLog(logFolder, files);
}
