import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawSequence, scenarios } from "@synod/simulator";
import { describe, expect, test } from "vitest";
import { fences, isPartOf, isQuoteOf, leavesOut } from "./quotes.ts";
import { root } from "./workspace.ts";

const pages = globSync(["*.md", "docs/**/*.md", "apps/*/README.md"], { cwd: root }).sort();
const update = process.env["SYNOD_DRAWINGS"] === "update";

const isScenario = (line: string): boolean => scenarios.some(({ protocol, name }) => line === `${protocol} ${name}`);

/** As `synod trace` prints it. */
const drawingOf = (title: string): string => {
  const scenario = scenarios.find(({ protocol, name }) => title === `${protocol} ${name}`);
  if (scenario === undefined) throw new Error(`no scenario ${title}: see synod trace --list`);
  return drawSequence(scenario.run());
};

test.each(pages)("%s quotes what there is", (page) => {
  const path = join(root, page);
  let markdown = readFileSync(path, "utf8");
  for (const { source, text } of fences(markdown)) {
    const [kind, ...words] = source.split(" ");
    if (update && kind === "trace" && !leavesOut(text))
      markdown = markdown.replace(`${source}\n${text}`, () => `${source}\n${drawingOf(words.join(" "))}`);
  }
  if (update) writeFileSync(path, markdown);
  for (const { line, source, text } of fences(markdown)) {
    const [kind, ...words] = source.split(" ");
    const where = `${page}:${line}`;
    if (kind === "trace") {
      const drawing = drawingOf(words.join(" "));
      // The whole drawing is compared where it is quoted as a whole, so that a failure shows what differs.
      if (leavesOut(text)) expect(isQuoteOf(text, drawing), `${where} differs from ${source}`).toBe(true);
      else expect(text, where).toBe(drawing);
    } else if (kind === "file") {
      const file = readFileSync(join(root, words.join(" ")), "utf8");
      expect(isPartOf(text, file), `${where} is not in ${words.join(" ")}`).toBe(true);
    } else {
      const [title = ""] = text.split("\n");
      expect(isScenario(title), `${where} draws ${title}: say so after the language: trace ${title}`).toBe(false);
    }
  }
});

test("fences are found with their sources and lines", () => {
  const page = "# A\n\n```ts\nlet a;\n```\n\ntext\n\n```text trace basic no-failure\nbasic\n\n  |\n```\n";
  const fence = "`".repeat(4);
  expect(fences([page, fence, "md\n", page, fence, "\n"].join(""))).toEqual([
    { line: 3, source: "", text: "let a;\n" },
    { line: 9, source: "trace basic no-failure", text: "basic\n\n  |\n" },
    { line: 14, source: "", text: page },
  ]);
});

describe("a quote", () => {
  const source = "one\ntwo\nthree\nfour\nfive\n";

  test.each([source, "one\n...\nfour\nfive\n", "...\nfive\n", "one\n...\n", "one\n  // ...\nthree\n...\nfive\n"])(
    "%j is of its source",
    (text) => expect(isQuoteOf(text, source)).toBe(true),
  );

  test.each([
    "one\n",
    "one\ntwo\n",
    "one\ntwo\nthree\nfour\nsix\n",
    "one\n...\nfour\n",
    "two\n...\nfive\n",
    "one\n...\nfour\n...\nthree\n...\n",
    "...\nwo\n...\n",
    "one\n...\nive\n",
    "one\n...\none\ntwo\nthree\nfour\nfive\n",
  ])("%j is not", (text) => expect(isQuoteOf(text, source)).toBe(false));

  test("of a part says nothing of the ends", () => {
    expect(isPartOf("two\nthree\n", source)).toBe(true);
    expect(isPartOf("two\n// ...\nfive\n", source)).toBe(true);
    expect(isPartOf("three\ntwo\n", source)).toBe(false);
    expect(isPartOf("wo\n", source)).toBe(false);
  });
});
