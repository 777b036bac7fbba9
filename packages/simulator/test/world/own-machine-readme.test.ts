import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultKinds } from "../../src/index.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const example = readFileSync(new URL("../../../../examples/06-simulate.ts", import.meta.url), "utf8");

test("the README's table of faults has all kinds there are, in their order", () => {
  const table = /<!-- faults -->(.*?)<!-- \/faults -->/s.exec(readme)?.[1] ?? "";
  const rows = [...table.matchAll(/^\| `([^`]+)` *\| ([^|]+?) *\| (.+?) *\|$/gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual(
    faultKinds.map(({ name, group, onlyByName, title }) => [
      name,
      onlyByName ? `${group}, only by name` : group,
      title,
    ]),
  );
});

test("the README shows the example as it is run", () => {
  expect(readme).toContain(example.slice(example.indexOf("import assert")));
});
