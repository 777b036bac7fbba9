/**
 * Data folders that cannot be used: one line that says what, where and what to do.
 */
import { cpSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync, closeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder, Program, run } from "./program.ts";

/** A folder that has been used by three nodes. */
async function usedFolder(): Promise<string> {
  const data = newFolder();
  const { code } = await run(["up", "--data", data], "put k v\nput k w\nput k x\n");
  expect(code).toBe(0);
  return data;
}

async function expectRefusal(words: readonly string[], line: string | RegExp): Promise<void> {
  const { stdout, stderr, code } = await run(["up", ...words], "get k\n");
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  if (typeof line === "string") expect(stderr).toBe(`${line}\n`);
  else expect(stderr).toMatch(line);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
}

test("another number of nodes, another format, damage", async () => {
  const data = await usedFolder();
  const marker = join(data, "cluster.json");
  await expectRefusal(
    ["--data", data, "--nodes", "5"],
    `(error) ${marker}: the folder holds a cluster of 3 nodes, got nodes 5; use --nodes 3 or another folder`,
  );

  const written = readFileSync(marker, "utf8");
  writeFileSync(marker, written.replace('"format":2', '"format":3'));
  await expectRefusal(
    ["--data", data],
    `(error) ${marker}: format 3; this version reads formats 1 and 2; use the version of synod that wrote it, or another folder with --data`,
  );
  writeFileSync(marker, written.slice(0, 9));
  await expectRefusal(
    ["--data", data],
    /^\(error\) .*cluster\.json: expected \{format, protocol, nodes, quorums, machine\}.*; restore the folder from a copy, or use another with --data\n$/,
  );
  writeFileSync(marker, written);

  const logs = join(data, "node-2", "acceptor", "log");
  const segment = join(logs, readdirSync(logs)[0] ?? "");
  const damaged = newFolder();
  cpSync(data, damaged, { recursive: true });
  damage(segment.replace(data, damaged), 40);
  await expectRefusal(
    ["--data", damaged],
    /^\(error\) node 2 acceptor: .*node-2\/acceptor\/log\/.*\.log at byte 32: a record is damaged .*; mend what it names, restore the folder from a copy, or use another with --data\n$/,
  );
  // What was refused has not been touched.
  expect(readFileSync(marker, "utf8")).toBe(written);
  expect(await run(["up", "--data", data], "get k\n")).toMatchObject({ stdout: "x\n", code: 0 });
});

test("in use by another process", async () => {
  const data = newFolder();
  const program = new Program("up", "--data", data);
  expect(await program.ask("put k v")).toBe("OK");
  await expectRefusal(
    ["--data", data],
    `(error) ${data}: in use by process ${program.pid}; stop that one first, or use another folder with --data`,
  );
  expect(await program.ask("get k")).toBe("v");
});

test("a file in place of a folder", async () => {
  const folder = newFolder();
  const file = join(folder, "file");
  writeFileSync(file, "");
  const refusal =
    /^\(error\) .*\/file: cannot create it: .*; name a folder that can be read and written with --data\n$/;
  await expectRefusal(["--data", file], refusal);

  const data = join(folder, "data");
  mkdirSync(data);
  writeFileSync(join(data, "node-1"), "");
  await expectRefusal(
    ["--data", data],
    /^\(error\) .*node-1.*it is not a folder; name a folder that can be read and written with --data\n$/,
  );
});

/** Turns over a byte. */
function damage(path: string, at: number): void {
  const [byte = 0] = readFileSync(path).subarray(at);
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, Uint8Array.of(byte ^ 0xff), 0, 1, at);
  closeSync(descriptor);
}
