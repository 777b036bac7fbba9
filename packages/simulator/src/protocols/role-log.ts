/**
 * The log of a role in the world, in files of the simulated disk.
 */
import { FileLog, type FileLayer, type Log } from "@synod/storage";
import { requireMemory } from "../world/memory.ts";
import type { Life } from "../world/protocol.ts";

/** Real, unless a museum's exhibit replaces a part. */
export interface RoleLogParts {
  /** What a role must find on its disk before it may take part. */
  memory(life: Life, logFolder: string): void;
  log(folder: string, files: FileLayer): Log;
}

export const realLogParts: RoleLogParts = {
  memory: requireMemory,
  log: (folder, files) => new FileLog(folder, files),
};

/** @throws StorageError "corrupt" when a role that took part has lost what it must remember */
export function openRoleLog(life: Life, { memory, log }: RoleLogParts = realLogParts): Log {
  const folder = `${life.folder}/log`;
  memory(life, folder);
  return log(folder, life.files);
}
