import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLog } from "@synod/storage";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireLog } from "../src/index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "synod-missing-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a log that is there is all right, whatever it holds", () => {
  const path = join(folder, "log");
  const log = new FileLog(path);
  log.recover(() => undefined);
  log.close();
  expect(() => requireLog(path)).not.toThrow();
});

test("no folder, an empty one, and one of other files are refused by name", () => {
  const path = join(folder, "log");
  const refusal = expect.objectContaining({ name: "StorageError", reason: "corrupt", where: path });
  expect(() => requireLog(path)).toThrow(refusal);
  mkdirSync(path);
  expect(() => requireLog(path)).toThrow(refusal);
  writeFileSync(join(path, "notes.txt"), "");
  expect(() => requireLog(path)).toThrow(refusal);
});
