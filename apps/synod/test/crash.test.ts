/**
 * The process is ended in the middle of its work: nothing that it acknowledged may be lost, and nothing done twice.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { newFolder, Program, run, type Ended } from "./program.ts";

/** A put and an append in turns, each of them its own. */
function commandsOf(round: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? `put ${round}-${index} value-${round}-${index}` : `append log [${round}-${index}]`,
  );
}

const perRound = 4000;

/** What was appended, in order. */
function appendsIn(commands: readonly string[]): string {
  return commands.map((command) => /^append log (.*)$/.exec(command)?.[1] ?? "").join("");
}

/** What a round had done when it was interrupted: so many commands, and what the log of appends was before it. */
interface Interrupted {
  readonly round: number;
  readonly acknowledged: number;
  readonly before: string;
}

/**
 * Asks for all that the acknowledged commands of a round stored. The next one was under way, and may have taken effect
 * or not. Returns the log of appends as it now is.
 */
async function check(program: Program, { round, acknowledged, before }: Interrupted): Promise<string> {
  const commands = commandsOf(round, acknowledged + 1);
  const done = commands.slice(0, acknowledged);
  for (let index = 0; index < commands.length; index += 2) {
    const value = `value-${round}-${index}`;
    expect(index < acknowledged ? [value] : [value, "(nil)"]).toContain(await program.ask(`get ${round}-${index}`));
  }
  const log = await program.ask("get log");
  expect([done, commands].map((each) => before + appendsIn(each) || "(nil)")).toContain(log);
  return log === "(nil)" ? "" : log;
}

/** Streams the commands of a round, and ends the process when about `point` of them are answered. */
async function interrupt(
  program: Program,
  round: number,
  point: number,
  signal: NodeJS.Signals,
): Promise<Ended & { readonly acknowledged: number }> {
  program.send(`${commandsOf(round, perRound).join("\n")}\n`);
  await program.answered(point);
  const ended = await program.signal(signal);
  const replies = program.rest();
  for (const [index, reply] of replies.entries()) {
    if (index % 2 === 0) expect(reply).toBe("OK");
    else expect(reply).toMatch(/^\(integer\) \d+$/);
  }
  expect(replies.length).toBeGreaterThanOrEqual(point);
  // Otherwise it had come to its end, and nothing was interrupted.
  expect(replies.length).toBeLessThan(perRound);
  return { ...ended, acknowledged: replies.length };
}

test("kill -9, again and again at random points: every put and every append that was answered is there, once", async () => {
  const data = newFolder();
  const points = Array.from({ length: 4 }, () => 1 + Math.floor(Math.random() * 500));
  let last: Interrupted = { round: 0, acknowledged: 0, before: "" };
  for (const [index, point] of points.entries()) {
    const program = new Program("up", "--data", data);
    const before = await check(program, last);
    const round = index + 1;
    const { code, acknowledged } = await interrupt(program, round, point, "SIGKILL");
    expect(code).toBe("SIGKILL");
    last = { round, acknowledged, before };
  }
  const program = new Program("up", "--data", data);
  await check(program, last);
  const { code, stderr } = await program.end();
  expect(code).toBe(0);
  expect(stderr).toMatch(/^node 1 recovered from /m);
}, 60_000);

test("kill -9 while it starts", async () => {
  const data = newFolder();
  const { stdout } = await run(["up", "--data", data], "put k v\n");
  expect(stdout).toBe("OK\n");
  const program = new Program("up", "--data", data);
  await program.noticed(/recovered/);
  await program.signal("SIGKILL");
  expect(await run(["up", "--data", data], "get k\n")).toMatchObject({ stdout: "v\n", code: 0 });
});

test("A process killed while a node joins goes on with it", async () => {
  const data = newFolder();
  const program = new Program("up", "--data", data);
  expect(await program.ask("put k v")).toBe("OK");
  program.send("add 4\n");
  // Its place on the disk is made before it is asked in.
  await vi.waitFor(() => expect(existsSync(join(data, "node-4"))).toBe(true), { timeout: 20_000, interval: 1 });
  expect((await program.signal("SIGKILL")).code).toBe("SIGKILL");
  const again = new Program("up", "--data", data);
  // The change is made already, or can be: it is not half made.
  expect(await again.ask("add 4")).toBe("OK");
  expect(await again.ask("get k")).toBe("v");
  // It counts: of four, one may be down, and the number is not used again.
  expect(await again.ask("kill 1")).toBe("OK");
  expect(await again.ask("put k w")).toBe("OK");
  expect(await again.ask("get k")).toBe("w");
  expect(await again.end()).toMatchObject({ code: 0 });
}, 60_000);

describe.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s", (signal, expected) => {
  test(`stops it in good order with exit code ${expected}, and nothing that was answered is lost`, async () => {
    const data = newFolder();
    const { acknowledged, code, stderr } = await interrupt(new Program("up", "--data", data), 1, 100, signal);
    expect(code).toBe(expected);
    expect(stderr).toBe(`new cluster in ${data}\n`);
    const again = new Program("up", "--data", data);
    await check(again, { round: 1, acknowledged, before: "" });
    expect(await again.end()).toMatchObject({ code: 0 });
  });
});

test("a signal does not wait for a command that cannot be answered", async () => {
  const program = new Program("up", "--volatile", "--placement", "node");
  expect(await program.ask("kill 1")).toBe("OK");
  expect(await program.ask("kill 2")).toBe("OK");
  program.send("put k v\n");
  expect(await program.signal("SIGTERM")).toMatchObject({ code: 143, stdout: "OK\nOK\n" });
});
