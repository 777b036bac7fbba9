import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LineError, maxLineBytes, readLines } from "../src/shell/lines.ts";

async function* inChunks(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

/** The lines, and the messages of those that were refused. */
async function read(bytes: Uint8Array, chunkBytes = 64 * 1024): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of readLines(inChunks(bytes, chunkBytes))) {
    lines.push(line instanceof LineError ? `refused: ${line.message}` : line);
  }
  return lines;
}

test.each<[text: string, lines: readonly string[]]>([
  ["", []],
  ["one", ["one"]],
  ["one\ntwo\n", ["one", "two"]],
  ["one\n\n\ntwo", ["one", "", "", "two"]],
  ["one\r\ntwo\r", ["one\r", "two\r"]],
  ["a\u2028b\u2029c\u0085d\n", ["a\u2028b\u2029c\u0085d"]],
])("%j", async (text, lines) => {
  expect(await read(Buffer.from(text))).toEqual(lines);
});

test("lines are the same however they arrive", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 9 }), async (text, chunkBytes) => {
      const expected = text.split("\n");
      if (expected.at(-1) === "") expected.pop();
      expect(await read(Buffer.from(text), chunkBytes)).toEqual(expected);
    }),
  );
});

test("a line that is not UTF-8 is refused, and those around it are read", async () => {
  const bytes = Buffer.concat([Buffer.from("é\n"), Buffer.from([0x61, 0xff, 0x0a]), Buffer.from("ü\n\xe9", "utf8")]);
  expect(await read(bytes)).toEqual(["é", "refused: line 2 is not UTF-8", "ü", "é"]);
});

test("a character that is cut off by the end is refused", async () => {
  expect(await read(Buffer.from("🗝").subarray(0, 3))).toEqual(["refused: line 1 is not UTF-8"]);
});

test("a line may be as long as the limit, and no byte longer", async () => {
  const most = "x".repeat(maxLineBytes);
  const text = `${most}\n${most}y\nnext\n`;
  expect(await read(Buffer.from(text))).toEqual([
    most,
    `refused: line 2 has ${maxLineBytes + 1} bytes: at most ${maxLineBytes} are read`,
    "next",
  ]);
});

test("no more is read than is asked for", async () => {
  let chunks = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      chunks += 1;
      yield Buffer.from("line\n");
    }
  }
  const lines = readLines(endless());
  await lines.next();
  await lines.next();
  expect(chunks).toBe(2);
  await lines.return(undefined);
});
