import { scenarios } from "@synod/simulator";
import { Effect } from "effect";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { listScenarios, trace, type TraceSettings } from "../src/trace.ts";
import { run } from "./program.ts";

function settings(protocol?: string, scenario?: string, json = false): TraceSettings {
  return { protocol, scenario, json };
}

const show = (...words: Parameters<typeof settings>): Promise<string> => Effect.runPromise(trace(settings(...words)));
const list = (protocol?: string, json = false): Promise<string> =>
  Effect.runPromise(listScenarios(settings(protocol, undefined, json)));

/** Of those that have scenarios, in the order of the list. */
const names =
  "basic, byzantine, fast-byzantine, multi, commit, two-phase, three-phase, primary-backup, fast, generalized, cheap";

test("every scenario of the list can be drawn, and be had as JSON", async () => {
  const listed: unknown = JSON.parse(await list(undefined, true));
  expect(listed).toEqual(scenarios.map(({ protocol, name, title }) => ({ protocol, name, title })));
  expect([...new Set(scenarios.map(({ protocol }) => protocol))].join(", ")).toBe(names);
  for (const { protocol, name } of scenarios) {
    expect((await show(protocol, name)).split("\n")[0]).toBe(`${protocol} ${name}`);
    const played: unknown = JSON.parse(await show(protocol, name, true));
    expect(played).toMatchObject({ protocol, scenario: name, outcome: { summary: expect.any(String) } });
  }
});

test("the steady state of multi has no phase 1", async () => {
  const drawing = await show("multi", "steady-state");
  expect(drawing).toContain("Accept ");
  expect(drawing).not.toMatch(/Prepare|Promise/);
});

test("the list has a line for each, with what it is about", async () => {
  const lines = (await list()).split("\n");
  expect(lines).toHaveLength(scenarios.length);
  for (const [index, { protocol, name, title }] of scenarios.entries()) {
    expect(lines[index]).toMatch(new RegExp(`^${protocol} ${name} +\\S`));
    expect(lines[index]?.endsWith(title)).toBe(true);
  }
  expect((await list("basic")).split("\n").every((line) => line.startsWith("basic "))).toBe(true);
});

describe("what there is not is refused with what there is", () => {
  test.each<[words: readonly string[], message: RegExp]>([
    [
      [],
      new RegExp(`^trace: expected a protocol and a scenario; the protocols are ${names}; synod trace --list names`),
    ],
    [["basic"], /^trace: expected a scenario of basic, one of no-failure, /],
    [["raft", "x"], new RegExp(`^trace: there is no protocol "raft"; the protocols are ${names}; `)],
    [["basic", "x"], /^trace: basic has no scenario "x", but no-failure, acceptor-fails, /],
  ])("%j", async ([protocol, scenario], message) => {
    await expect(show(protocol, scenario)).rejects.toThrow(message);
  });

  test("in a list as well", async () => {
    await expect(list("raft")).rejects.toThrow(/^trace: there is no protocol "raft"; /);
  });
});

test("what the README shows is there", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const shown = [...readme.matchAll(/synod trace ([a-z]+ [a-z-]+)/g)].map(([, words]) => words);
  expect(shown.length).toBeGreaterThan(1);
  expect(scenarios.map(({ protocol, name }) => `${protocol} ${name}`)).toEqual(expect.arrayContaining(shown));
});

test("as a program", async () => {
  const { stdout, stderr, code } = await run(["trace", "basic", "no-failure"]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(stdout).toBe(`${await show("basic", "no-failure")}\n`);
  const json = await run(["trace", "basic", "no-failure", "--json"]);
  expect(json.stdout).toBe(`${await show("basic", "no-failure", true)}\n`);
  const listed = await run(["trace", "--list", "--json"]);
  expect(listed.stdout).toBe(`${await list(undefined, true)}\n`);
});
