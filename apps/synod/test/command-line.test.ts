/**
 * Flags and subcommands: help on stdout, one line on stderr for what is refused.
 */
import { NodeServices } from "@effect/platform-node";
import { Console, Effect, Layer, Runtime } from "effect";
import { Command } from "effect/cli";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { manners } from "../src/command-line.ts";
import { synod } from "../src/commands.ts";
import { run, type Ended } from "./program.ts";

/** The same in this process, for what is refused or answered before anything starts. */
async function runHere(words: string): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  const output: Console.Console = {
    ...globalThis.console,
    log: (text: string) => void (stdout += `${text}\n`),
    error: (text: string) => void (stderr += `${text}\n`),
  };
  const exit = await Command.runWith(synod, { version: "1.2.3" })(words.split(" ").filter((word) => word !== "")).pipe(
    Effect.provide(Layer.merge(NodeServices.layer, manners)),
    Effect.provideService(Console.Console, output),
    Effect.runPromiseExit,
  );
  const code = await new Promise<number>((resolve) => Runtime.defaultTeardown(exit, resolve));
  return { code, stdout, stderr };
}

describe("is refused in one line", () => {
  test.each<[words: string, line: string]>([
    ["up --bogus", "(error) unknown flag --bogus; see synod up --help"],
    ["up --node 5", "(error) unknown flag --node (did you mean --nodes?); see synod up --help"],
    ["up --nodes 0", '(error) --nodes: expected a whole number from 1 to 30, got "0"; see synod up --help'],
    ["up --nodes 31", '(error) --nodes: expected a whole number from 1 to 30, got "31"; see synod up --help'],
    ["up --nodes x", '(error) --nodes: expected a whole number from 1 to 30, got "x"; see synod up --help'],
    ["up --nodes 1.5", '(error) --nodes: expected a whole number from 1 to 30, got "1.5"; see synod up --help'],
    ["up --signatures z", '(error) --signatures: expected "pool" | "inline", got "z"; see synod up --help'],
    ["up --placement z", '(error) --placement: expected "role" | "node", got "z"; see synod up --help'],
    ["up --data=", "(error) --data: expected the name of a folder, got nothing; see synod up --help"],
    ["up extra", '(error) unexpected "extra"; see synod up --help'],
    [
      "bench --clients -1",
      '(error) --clients: expected a whole number from 1 to 65536, got "-1"; see synod bench --help',
    ],
    [
      "bench --payload 524289 --seconds 0",
      '(error) --payload: expected a whole number from 0 to 524288, got "524289"; see synod bench --help',
    ],
    [
      "up --quorums 2",
      '(error) --quorums: expected two or three whole numbers from 1, such as 3,1, got "2"; see synod up --help',
    ],
    [
      "up --quorums 1,1 --volatile",
      "(error) quorums do not intersect: phase 1 {1} and phase 2 {2} of 3 acceptors share no member; phase 1 + phase 2 sizes must exceed 3",
    ],
    [
      "up --volatile --recovery uncoordinated",
      "(error) recovery: multi leaves no choice of who recovers from a collision",
    ],
    ["bench --seconds 0", '(error) --seconds: expected a whole number from 1 to 3600, got "0"; see synod bench --help'],
    [
      "bench --commands 9",
      '(error) --commands: expected a whole number from 10 to 9007199254740991, got "9"; see synod bench --help',
    ],
    [
      "bench --commands 9007199254740992",
      '(error) --commands: expected a whole number from 10 to 9007199254740991, got "9007199254740992"; see synod bench --help',
    ],
    ["replay 5 --liars 1", "(error) replay: liars: expected none, as multi bears no liars, got 1"],
    [
      "check --seeds 5..1",
      '(error) --seeds: expected a range of whole numbers to 9007199254740991, the lower one first, such as 1..1000, got "5..1"; see synod check --help',
    ],
    [
      "check --seeds 1..x",
      '(error) --seeds: expected a range of whole numbers to 9007199254740991, the lower one first, such as 1..1000, got "1..x"; see synod check --help',
    ],
    ["check --seeds 1..2 --seconds 3", "(error) check: expected --seeds or --seconds, not both"],
    ["check --nodes 31", '(error) --nodes: expected a whole number from 1 to 30, got "31"; see synod check --help'],
    [
      "check --protocol raft",
      expect.stringMatching(/^\(error\) --protocol: expected "basic" \| "multi".*, got "raft"; /),
    ],
    ["check --faults bogus", expect.stringMatching(/^\(error\) --faults: expected names .* loss.*, got "bogus"; /)],
    [
      "check --exhibit bogus",
      expect.stringMatching(/^\(error\) --exhibit: expected the name of an exhibit, .*"bogus"; /),
    ],
    ["replay x", expect.stringMatching(/^\(error\) SEED: expected a whole number from 0 to \d+, got "x"; /)],
    ["replay 9007199254740992", expect.stringMatching(/^\(error\) SEED: expected a whole number /)],
    ["replay 1 --only 3,", expect.stringMatching(/^\(error\) --only: expected indexes of faults .*, got "3,"; /)],
    ["replay 1 --history=", "(error) --history: expected the name of a file, got nothing; see synod replay --help"],
    ["museum bogus", expect.stringMatching(/^\(error\) NAME: expected the name of an exhibit, .*, got "bogus"; /)],
    ["frobnicate", '(error) unknown command "frobnicate"; see synod --help'],
    ["trase", '(error) unknown command "trase" (did you mean trace?); see synod --help'],
    [
      "trace basic nothing",
      expect.stringMatching(/^\(error\) trace: basic has no scenario "nothing", but no-failure, /),
    ],
  ])("%s", async (words, line) => {
    const { code, stdout, stderr } = await runHere(words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr.trimEnd()).toEqual(line);
  });
});

test.each<[words: string, text: readonly string[]]>([
  ["", ["synod <subcommand> [flags]", "up ", "trace ", "bench ", "check ", "replay ", "museum "]],
  ["--help", ["synod <subcommand> [flags]"]],
  [
    "up --help",
    ["synod up [flags]", "--nodes NUMBER", "--placement", "--volatile", "--data FOLDER", "synod-data unless"],
  ],
  ["trace --help", ["synod trace [flags] [<PROTOCOL>] [<SCENARIO>]", "--list", "--json"]],
  [
    "check --help",
    [
      "synod check [flags]",
      "--protocol",
      "multi unless told",
      "--seeds A..B",
      "1..1000 unless told",
      "--seconds NUMBER",
    ],
  ],
  ["replay --help", ["synod replay [flags] <SEED>", "--only LIST", "--messages", "--history FILE"]],
  ["museum --help", ["synod museum [flags] [<NAME>]", "--json"]],
  [
    "bench --help",
    ["synod bench [flags]", "--clients NUMBER", "--payload NUMBER", "--seconds NUMBER", "--commands NUMBER", "--json"],
  ],
])("help: synod %s", async (words, text) => {
  const { stdout, stderr, code } = await runHere(words);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  for (const each of text) expect(stdout).toContain(each);
});

test("as a program: refused, and the version of the package", async () => {
  expect(await run(["up", "--nodes", "0"])).toEqual({
    code: 1,
    stdout: "",
    stderr: '(error) --nodes: expected a whole number from 1 to 30, got "0"; see synod up --help\n',
  });
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  expect(await run(["--version"])).toEqual({ stdout: `synod ${version}\n`, stderr: "", code: 0 });
});
