/**
 * The transcripts beside this file, compared as text. `SYNOD_TRANSCRIPTS=update` writes them anew, for a person to
 * review the difference.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replay } from "./transcript.ts";

const folder = new URL("./transcripts/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.startsWith("basic-") && name.endsWith(".txt"));

test("there are transcripts of each role", () => {
  for (const role of ["acceptor", "proposer", "learner"]) {
    expect(files.some((name) => name.startsWith(`basic-${role}`))).toBe(true);
  }
});

test.each(files)("%s", (name) => {
  const file = new URL(name, folder);
  const text = readFileSync(file, "utf8");
  const actual = replay(text);
  if (process.env["SYNOD_TRANSCRIPTS"] === "update") writeFileSync(file, actual);
  else expect(actual).toBe(text);
});
