import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLog, requireLog } from "@synod/storage";
import { FaultyFiles } from "@synod/storage/faults";
import { afterEach, beforeEach, expect, test } from "vitest";

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

test("a folder that cannot be read is no missing log: it may be there", () => {
  const files = new FaultyFiles();
  new FileLog("log", files).recover(() => undefined);
  files.fault = () => "io";
  expect(() => requireLog("log", files)).toThrow(expect.objectContaining({ reason: "io" }));
  files.fault = undefined;
  expect(() => requireLog("log", files)).not.toThrow();
  expect(() => requireLog("other", files)).toThrow(expect.objectContaining({ reason: "corrupt" }));
});
