/**
 * `synod up` at a pipe: only replies on stdout, a line each.
 */
import { limits } from "@synod/protocol";
import { describe, expect, test } from "vitest";
import { maxLineBytes } from "../src/shell/lines.ts";
import { linesOf, newFolder, Program, run } from "./program.ts";

/** Starts in least time, where it matters little how. */
const quick = ["up", "--volatile", "--placement", "node"];

test("the first session, and the folder opened again", async () => {
  const data = newFolder();
  const first = await run(
    ["up", "--data", data],
    "put k1 v1\nappend k1 x\nget k1\nkill 1\nput k2 v2\nget k2\nstatus\n",
  );
  const lines = linesOf(first.stdout);
  expect(lines.slice(0, 6)).toEqual(["OK", "(integer) 3", "v1x", "OK", "OK", "v2"]);
  expect(lines[6]).toMatch(/^node +role +thread +state +ballot/);
  expect(lines.slice(7, 10).map((line) => line.split(/\s+/).slice(0, 4))).toEqual([
    ["1", "proposer", "-", "down"],
    ["1", "acceptor", "-", "down"],
    ["1", "learner", "-", "down"],
  ]);
  // Nine roles in nine threads, of which three are gone.
  expect(new Set(lines.slice(10, 16).map((line) => line.split(/\s+/)[2])).size).toBe(6);
  expect(lines[16]).toMatch(/^leader: node [23]$/);
  expect(lines).toHaveLength(17);
  expect(first.stderr).toBe(`new cluster in ${data}\n`);
  expect(first.code).toBe(0);

  const second = await run(["up", "--data", data], "get k1\nget k2\nleader\n");
  expect(linesOf(second.stdout)).toEqual(["v1x", "v2", expect.stringMatching(/^\(integer\) [123]$/)]);
  expect(second.code).toBe(0);
  for (const node of [1, 2, 3]) {
    expect(second.stderr).toMatch(new RegExp(`^node ${node} recovered from ${data}: \\d+ log records`, "m"));
  }
});

test("members change at the prompt, and the folder remembers who there is", async () => {
  const data = newFolder();
  const program = new Program("up", "--data", data, "--placement", "node");
  expect(await program.ask("put k v")).toBe("OK");
  expect(await program.ask("add 4")).toBe("OK");
  expect(await program.ask("kill 2")).toBe("OK");
  expect(await program.ask("replace 2 5")).toBe("OK");
  expect(await program.ask("restart 2")).toBe("(error) no node 2: expected one of 1, 3, 4, 5");
  expect(await program.ask("replace 1 2")).toBe(
    "(error) refused: the number 2 has been used, and is not used again: expected 6 or more",
  );
  expect(await program.end()).toMatchObject({ code: 0 });
  const again = await run(["up", "--data", data, "--placement", "node"], "get k\nstatus\n");
  const [value, , ...rows] = linesOf(again.stdout);
  expect(value).toBe("v");
  expect([...new Set(rows.slice(0, -1).map((row) => row.split(" ")[0]))]).toEqual(["1", "3", "4", "5"]);
});

test("two of three nodes down: no quorum within the deadline, and a restart mends it", async () => {
  const program = new Program("up", "--data", newFolder());
  expect(await program.ask("put k before")).toBe("OK");
  expect(await program.ask("kill 1")).toBe("OK");
  expect(await program.ask("kill 2")).toBe("OK");
  const refusal = await program.ask("put k v");
  expect(refusal).toMatch(
    /^\(error\) no quorum: 1 of 2 needed acceptors answer, tried for 5\d\d\d ms; restart a node$/,
  );
  expect(await program.ask("restart 1")).toBe("OK");
  expect(await program.ask("put k after")).toBe("OK");
  expect(await program.ask("get k")).toBe("after");
  expect(await program.end()).toMatchObject({ code: 0 });
});

test("each role alone can be killed and restarted, and the cluster goes on", async () => {
  const program = new Program("up", "--data", newFolder());
  for (const role of ["proposer", "acceptor", "learner"]) {
    const [, leader = ""] = /^\(integer\) (\d)$/.exec(await program.ask("leader")) ?? [];
    expect(await program.ask(`kill ${leader}/${role}`)).toBe("OK");
    expect(await program.ask(`put ${role} gone`)).toBe("OK");
    program.send("status\n");
    const rows: string[] = [];
    while (!/leader/.test(rows.at(-1) ?? "")) rows.push(await program.line());
    const down = rows.map((row) => row.split(/\s+/)).filter(([, , , state]) => state === "down");
    expect(down).toEqual([[leader, role, "-", "down"]]);
    expect(await program.ask(`restart ${leader}/${role}`)).toBe("OK");
    expect(await program.ask(`get ${role}`)).toBe("gone");
  }
  expect(await program.end()).toMatchObject({ code: 0 });
});

test("a thread per node: nodes are killed whole", async () => {
  const input = "put k v\nkill 1/acceptor\nkill 1\nput k w\nrestart 1\nkill 2\nget k\nstatus\n";
  const { stdout, code } = await run(["up", "--data", newFolder(), "--placement", "node"], input);
  const lines = linesOf(stdout);
  expect(lines.slice(0, 7)).toEqual([
    "OK",
    '(error) the roles of a node share a thread in this placement: name the node alone, or start with placement "role"',
    "OK",
    "OK",
    "OK",
    "OK",
    "w",
  ]);
  expect(new Set(lines.slice(8, 17).map((line) => line.split(/\s+/)[2])).size).toBe(3);
  expect(code).toBe(0);
});

test.each([1, 5])("%d nodes", async (nodes) => {
  const words = ["up", "--nodes", String(nodes), "--data", newFolder()];
  const { stdout, code } = await run(words, `put k v\nkill ${nodes + 1}\nget k\nstatus\n`);
  const lines = linesOf(stdout);
  const numbers = Array.from({ length: nodes }, (_, index) => index + 1).join(", ");
  expect(lines.slice(0, 3)).toEqual(["OK", `(error) no node ${nodes + 1}: expected one of ${numbers}`, "v"]);
  expect(lines).toHaveLength(4 + 3 * nodes + 1);
  expect(code).toBe(0);
});

test("volatile: nothing on disk, and a node that was killed comes back with what it voted for", async () => {
  const { stdout, stderr, code } = await run(
    ["up", "--volatile"],
    "put k v\nkill 1\nrestart 1\nkill 2\nget k\nkill 3\nrestart 2\nget k\n",
  );
  expect(linesOf(stdout)).toEqual(["OK", "OK", "OK", "OK", "v", "OK", "OK", "v"]);
  expect(stderr).toBe("volatile: everything is in memory and ends with this process\n");
  expect(code).toBe(0);
});

describe("input", () => {
  test("empty lines, quotes, any language, and mistakes", async () => {
    const longest = "x".repeat(limits.storedBytes);
    const program = new Program(...quick);
    program.send("\n  \nput \"a key\" 'two words'\nget a\\ key\n");
    program.send("put ключ 値🗝️\nget ключ\nappend ключ ë\n");
    program.send('get missing\nput k ""\nget k\nput k "\nnothing\n');
    program.send(Buffer.from([0x67, 0x65, 0x74, 0x20, 0xff, 0x0a]));
    program.send(`put k ${longest}\nput k ${longest}y\nappend k y\nput ${"k".repeat(limits.keyBytes + 1)} v\n`);
    program.send(`put k ${"x".repeat(maxLineBytes)}\ndelete k`);
    const { stdout, code } = await program.end();
    expect(linesOf(stdout)).toEqual([
      "OK",
      "two words",
      "OK",
      "値🗝️",
      "(integer) 12",
      "(nil)",
      "OK",
      "",
      "(error) the quote at column 7 is not closed",
      "(error) unknown command 'nothing'; try help",
      "(error) line 13 is not UTF-8",
      "OK",
      `(error) a value of ${limits.storedBytes + 1} bytes is over the limit of ${limits.storedBytes} bytes (storedBytes)`,
      `(error) a value of ${limits.storedBytes + 1} bytes is over the limit of ${limits.storedBytes} bytes (storedBytes)`,
      `(error) a key of ${limits.keyBytes + 1} bytes is over the limit of ${limits.keyBytes} bytes (keyBytes)`,
      `(error) line 18 has ${maxLineBytes + 6} bytes: at most ${maxLineBytes} are read`,
      "(integer) 1",
    ]);
    expect(code).toBe(0);
  });

  test("ten thousand lines at once", async () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => index);
    const { stdout, code } = await run(
      quick,
      `${numbers.map((each) => `append all ${each % 10}`).join("\n")}\nget all`,
    );
    const lines = linesOf(stdout);
    expect(lines.slice(0, -1)).toEqual(numbers.map((each) => `(integer) ${each + 1}`));
    expect(lines.at(-1)).toBe(numbers.map((each) => each % 10).join(""));
    expect(code).toBe(0);
  });

  test("none at all", async () => {
    expect(await run(quick)).toMatchObject({ stdout: "", code: 0 });
  });

  test("quit leaves the rest unread, and needs no end of input", async () => {
    const program = new Program(...quick);
    program.send("put k v\nquit\nput k w\n");
    expect(await program.ended).toMatchObject({ stdout: "OK\nOK\n", code: 0 });
  });
});

test("a reader that has enough ends it quietly", async () => {
  const program = new Program(...quick);
  expect(await program.ask("put k v")).toBe("OK");
  program.closeOutput();
  program.send("get k\nget k\n");
  expect(await program.ended).toMatchObject({
    code: 141,
    stderr: "volatile: everything is in memory and ends with this process\n",
  });
});
