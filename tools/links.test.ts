import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./workspace.ts";

const pages = globSync("{*.md,docs/**/*.md,{packages,apps}/*/README.md,examples/**/*.md}", {
  cwd: root,
  exclude: (path) => ["node_modules", "dist"].includes(basename(path)),
}).sort();

/** The headings of a page, as links name them. */
const anchorsOf = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

test.each(pages)("%s links to what there is", (page) => {
  const links = [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
  const dead = links.flatMap(([link, path = "", anchor]) => {
    const target = path === "" ? join(root, page) : join(root, dirname(page), path);
    if (!existsSync(target)) return [link];
    return anchor === undefined || anchorsOf(readFileSync(target, "utf8")).includes(anchor) ? [] : [link];
  });
  expect(dead).toEqual([]);
});
