/**
 * The process is ended in the midst of transactions: what was committed is there, and of no transaction a part is.
 */
import { expect, test } from "vitest";
import { newFolder, Program } from "./program.ts";

const perRound = 16;

/** The two keys of a transaction, of different participants most times. */
function keysOf(round: number, index: number): readonly string[] {
  return [`one-${round}-${index}`, `other-${round}-${index}`];
}

/** Opens the transactions of a round; their numbers. */
async function open(program: Program, round: number): Promise<readonly string[]> {
  const numbers: string[] = [];
  for (let index = 0; index < perRound; index++) {
    const number = (await program.ask("begin")).replace("(integer) ", "");
    for (const key of keysOf(round, index)) expect(await program.ask(`put ${number} ${key} ${key}`)).toBe("OK");
    numbers.push(number);
  }
  return numbers;
}

/** What became of each transaction of a round that was interrupted when so many had been answered. */
async function check(program: Program, round: number, acknowledged: number): Promise<void> {
  for (let index = 0; index < perRound; index++) {
    const keys = keysOf(round, index);
    const found: string[] = [];
    for (const key of keys) found.push(await program.ask(`get ${key}`));
    const nothing = keys.map(() => "(nil)");
    // The one after those that were answered was under way.
    if (index < acknowledged) expect(found).toEqual(keys);
    else if (index > acknowledged) expect(found).toEqual(nothing);
    else expect([keys, nothing]).toContainEqual(found);
  }
}

test.each(["commit", "two-phase"])(
  "%s: kill -9 at random points of transactions",
  async (protocol) => {
    const data = newFolder();
    let last: { readonly round: number; readonly acknowledged: number } | undefined;
    for (const round of [1, 2]) {
      const program = new Program("up", "--protocol", protocol, "--data", data);
      if (last !== undefined) await check(program, last.round, last.acknowledged);
      const numbers = await open(program, round);
      program.send(`${numbers.map((number) => `commit ${number}`).join("\n")}\n`);
      await program.answered(1 + Math.floor(Math.random() * (perRound - 6)));
      expect((await program.signal("SIGKILL")).code).toBe("SIGKILL");
      const replies = program.rest();
      expect(new Set(replies)).toEqual(new Set(["committed"]));
      // Otherwise it had come to its end, and nothing was interrupted.
      expect(replies.length).toBeLessThan(perRound);
      last = { round, acknowledged: replies.length };
    }
    const program = new Program("up", "--protocol", protocol, "--data", data);
    if (last !== undefined) await check(program, last.round, last.acknowledged);
    expect(await program.end()).toMatchObject({ code: 0 });
  },
  90_000,
);
