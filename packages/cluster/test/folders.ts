/** Folders for one test each, removed after it. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "synod-cluster-"));
  folders.push(folder);
  return folder;
}

/** The files of a role's log or snapshots, in the order of their names. */
export function filesOf(
  folder: string,
  node: number,
  role: string,
  kind: "log" | "snapshots" = "log",
): readonly string[] {
  const path = join(folder, `node-${node}`, role, kind);
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name));
}
