/**
 * `synod check` and `synod replay`: what they print, how they end, and that what one finds the other gives again.
 */
import { exhibits, faultKinds, simulate } from "@synod/simulator";
import { Effect, Exit, Fiber } from "effect";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openPool } from "../src/check/pool.ts";
import { checkOn, type CheckReport } from "../src/check/check.ts";
import type { ReplayReport } from "../src/check/replay.ts";
import { linesOf, newFolder, Program, run } from "./program.ts";

const parse = <Report>(stdout: string): Report => JSON.parse(stdout) as Report;

/** A bug that is found quickly, and needs something to go wrong. */
const bug = "value-of-another-slot";

function lowestFailingSeed(): number {
  const exhibit = exhibits.find(({ name }) => name === bug);
  for (let seed = 1; exhibit !== undefined && seed <= 300; seed++) {
    if (exhibit.simulation.run({ ...exhibit.options, seed }).violation !== undefined) return seed;
  }
  throw new Error(`expected one of 300 seeds to bring ${bug} to light`);
}

describe("check", () => {
  test("without a violation: what was run, as JSON", async () => {
    const { code, stdout, stderr } = await run(["check", "--seeds", "3..8", "--nodes", "3", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(linesOf(stdout)).toHaveLength(1);
    const report = parse<CheckReport>(stdout);
    const runs = [3, 4, 5, 6, 7, 8].map((seed) => simulate({ seed, nodes: 3 }));
    const sum = (name: string, counts: "faults" | "reached"): number =>
      runs.reduce((total, each) => total + (each[counts][name] ?? 0), 0);
    expect(report).toMatchObject({ protocol: "multi", firstSeed: 3, seeds: 6, missing: [], violations: [] });
    expect(report.events).toBe(runs.reduce((total, { events }) => total + events, 0));
    expect(report.simulatedSeconds).toBeCloseTo(runs.reduce((total, each) => total + each.simulatedSeconds, 0));
    expect(report.wallSeconds).toBeGreaterThan(0);
    for (const [name, count] of Object.entries(report.faults))
      expect([name, count]).toEqual([name, sum(name, "faults")]);
    expect(report.reached["slots"]).toBe(sum("slots", "reached"));
  });

  test("without a violation: a summary in words; other protocols by name", async () => {
    const { code, stdout, stderr } = await run(["check", "--protocol", "basic", "--seeds", "1..4"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^basic, seeds 1 to 4: no violation\n/);
    for (const text of ["per second and core", "times as fast", "faults that struck", "what the runs reached"]) {
      expect(stdout).toContain(text);
    }
  });

  test("for a time: seeds that nobody has run", async () => {
    const { code, stdout } = await run(["check", "--seconds", "1", "--json"]);
    const { seeds, firstSeed, wallSeconds } = parse<CheckReport>(stdout);
    expect(code).toBe(0);
    expect(seeds).toBeGreaterThan(0);
    expect(firstSeed).toBeGreaterThan(1_700_000_000_000);
    expect(wallSeconds).toBeGreaterThanOrEqual(1);
  });

  test("a class that was asked for and never injected fails it, and is named", async () => {
    const { code, stdout, stderr } = await run([
      "check",
      "--seeds",
      "1..2",
      "--nodes",
      "1",
      "--faults",
      "partition,loss",
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain("no violation");
    expect(stderr).toMatch(/^\(error\) check: --faults: asked for and never injected in 2 seeds: .*partition.*\n$/);
  });

  test("none of the faults, and nothing is missing", async () => {
    const { code, stdout } = await run(["check", "--seeds", "1..2", "--faults", "none", "--json"]);
    expect(code).toBe(0);
    expect(parse<CheckReport>(stdout)).toMatchObject({ faults: {}, missing: [], violations: [] });
  });

  test("a violation: the lowest seed, few faults, and a command that gives the very same run", async () => {
    const seed = lowestFailingSeed();
    const { code, stdout, stderr } = await run(["check", "--exhibit", bug, "--seeds", "1..300", "--json"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const { violations, protocol, exhibit } = parse<CheckReport>(stdout);
    expect({ protocol, exhibit }).toEqual({ protocol: "multi", exhibit: bug });
    const [violation] = violations;
    if (violation === undefined || violations.length > 1) throw new Error("expected one violation");
    expect(violation).toMatchObject({ seed, checker: expect.any(String), message: expect.any(String) });

    const words = violation.replay.split(" ");
    expect(words.slice(0, 3)).toEqual(["npx", "synod", "replay"]);
    const replayed = await run([...words.slice(2), "--json"]);
    expect({ code: replayed.code, stderr: replayed.stderr }).toEqual({ code: 1, stderr: "" });
    const { hash, schedule, violations: again } = parse<ReplayReport>(replayed.stdout);
    expect({ hash, schedule }).toEqual({ hash: violation.hash, schedule: violation.schedule });
    expect(again).toEqual([{ checker: violation.checker, message: violation.message, atSeconds: violation.atSeconds }]);
  });

  test("a violation in words: the schedule, the last messages drawn, the command", async () => {
    const { code, stdout } = await run(["check", "--exhibit", bug, "--seeds", "1..300"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^multi with ${bug}, seed \\d+, the first that fails of \\d+: `));
    expect(stdout).toMatch(/\d+ of the seed's \d+ faults.* are enough/);
    expect(stdout).toMatch(/o-+>\|.* (Accept|Prepare|Request) /);
    expect(stdout).toMatch(new RegExp(`\n {2}npx synod replay \\d+ --exhibit ${bug} .*\n$`));
  });

  test("what is interrupted ends its threads, and tells what was run until then", async () => {
    let heard = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const target = { kind: "protocol", name: "multi" } as const;
    const plan = { target, nodes: 3, liars: undefined, faults: undefined, first: 1, last: 1_000_000 };
    const settings = { ...plan, seconds: undefined, json: true };
    const written = vi.spyOn(process.stdout, "write").mockImplementation((_text, ended: unknown) => {
      if (typeof ended === "function") Reflect.apply(ended, undefined, []);
      return true;
    });
    onTestFinished(() => written.mockRestore());
    const fiber = Effect.runFork(
      Effect.scoped(Effect.flatMap(openPool, (pool) => checkOn(pool, settings, () => heard()))),
    );
    await first;
    await Effect.runPromise(Fiber.interrupt(fiber));
    const exit = await Effect.runPromise(Fiber.await(fiber));
    expect(Exit.isFailure(exit) && Exit.hasInterrupts(exit)).toBe(true);
    expect(written).toHaveBeenCalledOnce();
    const report = parse<CheckReport>(String(written.mock.calls[0]?.[0]));
    expect(report).toMatchObject({ protocol: "multi", firstSeed: 1, interrupted: true, violations: [] });
    expect(report.seeds).toBeGreaterThan(0);
    expect(report.events).toBeGreaterThan(0);
  });
});

describe("replay", () => {
  test("gives the same run each time, in words and as data", async () => {
    const expected = simulate({ seed: 7 });
    const { code, stdout, stderr } = await run(["replay", "7"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`multi, seed 7: hash ${expected.hash}, ${expected.events} events`);
    expect(stdout).toContain("no violation");
    const again = parse<ReplayReport>((await run(["replay", "7", "--json"])).stdout);
    expect(again).toMatchObject({ protocol: "multi", seed: 7, hash: expected.hash, violations: [] });
    expect(again.schedule).toEqual(expected.schedule);
    expect(again).not.toHaveProperty("messages");
  });

  test("with fewer faults and clients", async () => {
    const expected = simulate({ seed: 7, only: [], people: 1 });
    const { stdout } = await run(["replay", "7", "--only", "none", "--people", "1", "--json"]);
    expect(parse<ReplayReport>(stdout)).toMatchObject({ hash: expected.hash, schedule: [], faults: {} });
  });

  test("prints the messages, and writes the history of the clients", async () => {
    const expected = simulate({ seed: 4, protocol: "basic" });
    const file = join(newFolder(), "history.jsonl");
    const { stdout } = await run(["replay", "4", "--protocol", "basic", "--messages", "--history", file]);
    expect(linesOf(stdout)[0]).toMatch(/^0\.\d{6} s {2}\w+ \d+ -> \w+ \d+ {2}[A-Z]\w+ \{/);
    const events = linesOf(readFileSync(file, "utf8")).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toHaveLength(expected.history.length);
    for (const event of events) {
      expect(Object.keys(event).sort()).toEqual(["f", "key", "process", "time", "type", "value"]);
    }
  });

  test("ends when nobody reads any more", async () => {
    const program = new Program("replay", "7", "--messages");
    await program.line();
    program.closeOutput();
    expect((await program.ended).code).toBe(141);
  });

  test("refuses a file that it cannot write and a fault that the seed does not have", async () => {
    const unwritable = join(newFolder(), "none", "history.jsonl");
    const history = await run(["replay", "4", "--protocol", "basic", "--history", unwritable]);
    expect(history).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^\(error\) replay: --history: .*ENOENT/),
    });
    const only = await run(["replay", "4", "--only", "100000"]);
    expect(only).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^\(error\) replay: --only: seed 4 has /),
    });
  });
});

describe("the faults that --faults takes", () => {
  test("are all that there are", async () => {
    const { code, stderr } = await run(["check", "--faults", "partition,nothing"]);
    expect(code).toBe(1);
    for (const { name, group } of faultKinds) {
      expect(stderr).toContain(` ${name}`);
      expect(stderr).toContain(` ${group}`);
    }
  });
});
