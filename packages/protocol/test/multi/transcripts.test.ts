/**
 * The transcripts in `../transcripts`, compared as text. `SYNOD_TRANSCRIPTS=update` writes them anew, for a person to
 * review the difference.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replay } from "./transcript.ts";

const folder = new URL("../transcripts/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.startsWith("multi-") && name.endsWith(".txt"));

test("there are transcripts", () => {
  expect(files.length).toBeGreaterThan(7);
});

test.each(files)("%s", (name) => {
  const file = new URL(name, folder);
  const transcript = readFileSync(file, "utf8");
  const actual = replay(transcript);
  if (process.env["SYNOD_TRANSCRIPTS"] === "update") writeFileSync(file, actual);
  else expect(actual).toBe(transcript);
});
