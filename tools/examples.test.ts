import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "./workspace.ts";

const examples = globSync(["examples/*.ts", "examples/*/main.ts"], { cwd: root }).sort();
const shown = readFileSync(join(root, "examples", "README.md"), "utf8");

test("there are examples", () => expect(examples.length).toBeGreaterThanOrEqual(5));

test.each(examples)("%s runs to its end, says something, and is listed", async (example) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--conditions=@synod/source", example], {
    cwd: root,
    timeout: 25_000,
  });
  expect(stdout).not.toBe("");
  expect(stderr).toBe("");
  expect(shown).toContain(`(${example.slice("examples/".length)})`);
});
