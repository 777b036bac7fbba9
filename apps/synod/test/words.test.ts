import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitWords, WordsError } from "../src/shell/words.ts";

describe("a line splits into words", () => {
  test.each<[line: string, words: readonly string[]]>([
    ["", []],
    ["  \t ", []],
    ["put k v", ["put", "k", "v"]],
    ["  put\tk   v  \r", ["put", "k", "v"]],
    [`put 'two words' "two more"`, ["put", "two words", "two more"]],
    [`put "" ''`, ["put", "", ""]],
    [`a"b c"'d e'f`, ["ab cd ef"]],
    [String.raw`a\ b \"c \\ \'`, ["a b", `"c`, "\\", "'"]],
    [String.raw`"say \"hello\" \\ '"`, [`say "hello" \\ '`]],
    [String.raw`'\n stays'`, [String.raw`\n stays`]],
    ["ключ 🗝️ “quoted”", ["ключ", "🗝️", "“quoted”"]],
    ["\\🗝", ["🗝"]],
    ["no\u00a0break line\u2028separator", ["no\u00a0break", "line\u2028separator"]],
  ])("%j", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  test.each<[line: string, message: string]>([
    [`put "abc`, "the quote at column 5 is not closed"],
    [`put 'abc"`, "the quote at column 5 is not closed"],
    [`put ab"c\\"`, "the quote at column 7 is not closed"],
    ["put k\\", "nothing follows the \\ at column 6"],
    [`put "k\\`, "nothing follows the \\ at column 7"],
  ])("%j is refused", (line, message) => {
    expect(() => splitWords(line)).toThrow(new WordsError(message));
  });
});

test("whatever is quoted comes back", () => {
  const quoted = (word: string): string => `"${word.replace(/["\\]/g, "\\$&")}"`;
  const escaped = (word: string): string => word.replace(/[ \t\r'"\\]/g, "\\$&");
  const word = fc.string({ unit: "grapheme", minLength: 1 });
  fc.assert(
    fc.property(fc.array(word), fc.func(fc.boolean()), (words, quotes) => {
      const line = words.map((each) => (quotes(each) ? quoted(each) : escaped(each))).join(" ");
      expect(splitWords(line)).toEqual(words);
    }),
  );
});

test("a word of millions of characters is read in one go", () => {
  const long = "x".repeat(4 * 1024 * 1024);
  expect(splitWords(`put ${long} "${long}"`)).toEqual(["put", long, long]);
});
