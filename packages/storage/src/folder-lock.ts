/**
 * A lock of a folder against a second process, and against a second opener in the same one.
 *
 * Each opener makes a file whose name says who it is and is never used again, and then looks for the files of others. A
 * file of a living process means that the folder is in use: the opener removes its own and gives up. A file of a dead
 * one is removed, which is no race: nobody else ever has that name. Of two openers the later one to look was preceded by
 * both files, so at most one gets the lock; two at the very same moment may both be refused.
 */
import * as fs from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { StorageError } from "./error.ts";
import { nodeFiles } from "./node-files.ts";

export interface FolderLock {
  release(): void;
  [Symbol.dispose](): void;
}

/** The process that holds a lock. */
interface Holder {
  readonly pid: number;
  /** Tells the process from a later one of the same number; empty where the system does not say. */
  readonly started: string;
}

/**
 * Locks `folder`, which is made when it is not there.
 *
 * Hold it in the thread that outlives the workers: a lock goes with its process, not with its thread. Processes that
 * cannot see each other, as in two containers that share a folder, are not kept apart.
 *
 * @throws StorageError "in-use" when another process, or another opener in this one, holds it
 */
export function lockFolder(folder: string): FolderLock {
  const own = `lock.${process.pid}.${startOf(process.pid) ?? ""}.${randomUUID()}`;
  const path = join(folder, own);
  let holder: Holder | undefined;
  nodeFiles().createFolder(folder);
  try {
    fs.writeFileSync(path, `held by process ${process.pid}\n`, { flag: "wx" });
    holder = findOther(folder, own);
    if (holder !== undefined) fs.unlinkSync(path);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StorageError("io", folder, `cannot lock it: ${detail}`, { cause });
  }
  if (holder !== undefined) throw new StorageError("in-use", folder, `in use by process ${holder.pid}`);
  const release = (): void => fs.rmSync(path, { force: true });
  return { release, [Symbol.dispose]: release };
}

/** A living holder of the lock beside `own`; removes the files of dead ones. */
function findOther(folder: string, own: string): Holder | undefined {
  for (const name of fs.readdirSync(folder)) {
    const [, pid, started] = /^lock\.(\d+)\.([0-9a-z-]*)\.[0-9a-f-]{36}$/.exec(name) ?? [];
    if (pid === undefined || started === undefined || name === own) continue;
    const holder: Holder = { pid: Number(pid), started };
    if (isAlive(holder)) return holder;
    fs.rmSync(join(folder, name), { force: true });
  }
  return undefined;
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // Otherwise it is there, and may not be signalled.
    if (errorCode(cause) === "ESRCH") return false;
  }
  const found = startOf(pid);
  return started === "" || found === undefined || found === started;
}

/** When a process started, as boot and clock tick since; undefined where the system does not say. */
function startOf(pid: number): string | undefined {
  try {
    const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc_pid_stat(5): the fields after the name, which is in parentheses and may hold anything, begin with the state.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const dead = fields[0] === "Z" || fields[0] === "X";
    return dead ? "dead" : `${boot}-${fields[19] ?? ""}`;
  } catch (cause) {
    const code = errorCode(cause);
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw cause;
  }
}

function errorCode(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}
