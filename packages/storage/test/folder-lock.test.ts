import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockFolder, StorageError } from "@synod/storage";
import { temporaryFolder } from "./places.ts";

const program = new URL("lock-holder.ts", import.meta.url).pathname;

/** Starts a process that tries to lock `folder` and says "held" or why not. */
async function startHolder(folder: string): Promise<readonly [ChildProcess, unknown]> {
  const child = fork(program, [folder], { execArgv: ["--conditions=@synod/source"] });
  const [answer] = await once(child, "message");
  return [child, answer];
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

test("a second opener in the same process is refused, until the first releases", () => {
  const folder = join(temporaryFolder(), "data");
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(StorageError);
  expect(() => lockFolder(folder)).toThrow(
    expect.objectContaining({
      reason: "in-use",
      where: folder,
      message: `${folder}: in use by process ${process.pid}`,
    }),
  );
  lock.release();
  lock.release();
  {
    using _held = lockFolder(folder);
    expect(readdirSync(folder)).toHaveLength(1);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test("a second process is refused, and takes over after the first was killed", async () => {
  const folder = temporaryFolder();
  const [holder, answer] = await startHolder(folder);
  expect(answer).toBe("held");
  expect(() => lockFolder(folder)).toThrow(
    expect.objectContaining({ reason: "in-use", message: `${folder}: in use by process ${holder.pid}` }),
  );
  await kill(holder);
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("of many at once at most one holds it", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, `lock.${2 ** 22}..00000000-0000-0000-0000-000000000000`), "");
  const holders = await Promise.all(Array.from({ length: 6 }, () => startHolder(folder)));
  expect(holders.filter(([, answer]) => answer === "held").length).toBeLessThanOrEqual(1);
  await Promise.all(holders.map(([child]) => kill(child)));
  lockFolder(folder).release();
});

test.runIf(process.platform === "linux")("a process of the same number that started at another time is another", () => {
  const folder = temporaryFolder();
  lockFolder(folder);
  const [name = ""] = readdirSync(folder);
  const earlier = name.replace(/(-\d+)(?=\.)/, "-1");
  renameSync(join(folder, name), join(folder, earlier));
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});
