/**
 * The process is ended in the middle of its work: nothing that it acknowledged may be lost, and nothing done twice.
 */
import { describe, expect, test } from "vitest";
import { linesOf, newFolder, Program, run } from "./program.ts";

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

/**
 * Asks a fresh process for all that `acknowledged` commands of a round stored. The next one was under way, and may have
 * taken effect or not. Returns the log of appends as it now is.
 */
async function check(data: string, round: number, acknowledged: number, before: string): Promise<string> {
  const commands = commandsOf(round, acknowledged + 1);
  const puts = commands.flatMap((command, index) => (index % 2 === 0 ? [{ key: command.split(" ")[1], index }] : []));
  const gets = puts.map(({ key }) => `get ${key}\n`).join("");
  const { stdout, stderr, code } = await run(["up", "--data", data], `get log\n${gets}`);
  expect(code).toBe(0);
  const [log = "", ...values] = linesOf(stdout);
  for (const [at, { index }] of puts.entries()) {
    const value = `value-${round}-${index}`;
    expect(index < acknowledged ? [value] : [value, "(nil)"]).toContain(values[at]);
  }
  const done = commands.slice(0, acknowledged);
  expect([done, commands].map((each) => before + appendsIn(each) || "(nil)")).toContain(log);
  if (acknowledged > 0) expect(stderr).toMatch(/^node 1 recovered from /m);
  return log === "(nil)" ? "" : log;
}

/** Streams commands, ends the process when about `point` of them are answered, and returns how many were. */
async function interrupt(data: string, round: number, point: number, signal: NodeJS.Signals) {
  const program = new Program("up", "--data", data);
  program.send(`${commandsOf(round, perRound).join("\n")}\n`);
  await program.answered(point);
  const { stdout, stderr, code } = await program.signal(signal);
  const replies = linesOf(stdout);
  for (const [index, reply] of replies.entries()) {
    if (index % 2 === 0) expect(reply).toBe("OK");
    else expect(reply).toMatch(/^\(integer\) \d+$/);
  }
  expect(replies.length).toBeGreaterThanOrEqual(point);
  // Otherwise it had come to its end, and nothing was interrupted.
  expect(replies.length).toBeLessThan(perRound);
  return { acknowledged: replies.length, code, stderr };
}

test("kill -9, again and again at random points: every put and every append that was answered is there, once", async () => {
  const data = newFolder();
  const points = Array.from({ length: 4 }, () => 1 + Math.floor(Math.random() * 600));
  let log = "";
  for (const [round, point] of points.entries()) {
    const { acknowledged, code } = await interrupt(data, round, point, "SIGKILL");
    expect(code).toBe("SIGKILL");
    log = await check(data, round, acknowledged, log);
  }
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

describe.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s", (signal, expected) => {
  test(`stops it in good order with exit code ${expected}, and nothing that was answered is lost`, async () => {
    const data = newFolder();
    const { acknowledged, code, stderr } = await interrupt(data, 1, 100, signal);
    expect(code).toBe(expected);
    expect(stderr).toBe(`new cluster in ${data}\n`);
    await check(data, 1, acknowledged, "");
  });

  test("does not wait for a command that cannot be answered", async () => {
    const program = new Program("up", "--volatile", "--placement", "node");
    expect(await program.ask("kill 1")).toBe("OK");
    expect(await program.ask("kill 2")).toBe("OK");
    program.send("put k v\n");
    expect(await program.signal(signal)).toMatchObject({ code: expected, stdout: "OK\nOK\n" });
  });
});
