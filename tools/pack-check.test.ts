import { describe, expect, test } from "vitest";
import { readmeExamples } from "./readme-examples.ts";
import { tarballProblems } from "./tarball.ts";
import { readManifest, withDependencies } from "./workspace.ts";

const manifest = readManifest(
  JSON.stringify({
    name: "@synod/wire",
    version: "1.2.3",
    license: "MIT",
    exports: {
      ".": { "@synod/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
    },
    bin: { wire: "./bin/wire.js" },
    dependencies: { "@synod/protocol": "1.2.3" },
  }),
);
const whole = ["README.md", "LICENSE", "package.json", "dist/index.d.ts", "dist/index.js", "bin/wire.js"];
const problems = (files: readonly string[]): readonly string[] =>
  tarballProblems(manifest, new Set(files), new Set(["index.ts"]));

describe("a tarball", () => {
  test("that holds what its package.json promises is right", () => {
    expect(problems(whole)).toEqual([]);
  });

  test.each(["README.md", "LICENSE", "dist/index.d.ts", "dist/index.js", "bin/wire.js"])("needs %s", (path) => {
    expect(problems(whole.filter((file) => file !== path))).toEqual([`${path} is not in the tarball`]);
  });

  test.each([
    ["test/wire.test.ts", "tests"],
    ["dist/wire.test.js", "tests"],
    ["src/index.ts", "source"],
    ["dist/.tsbuildinfo", "bookkeeping"],
    ["dist/index.d.ts.map", "not packed"],
    ["dist/gone.js", "no source"],
  ])("may not hold %s (%s)", (path, why) => {
    expect(problems([...whole, path]).join("\n")).toContain(why);
  });
});

test("an example is a block fenced as ts, and a fragment is not", () => {
  const markdown = "a\n```ts\none\ntwo\n```\n```ts fragment\nno\n```\n```sh\nno\n```\n```ts\nthree\n```\n";
  expect(readmeExamples(markdown)).toEqual(["one\ntwo\n", "three\n"]);
});

describe("a package.json", () => {
  test("is refused with the name of the field that is wrong", () => {
    expect(() => readManifest('{"name":"a","version":1}')).toThrow("version: expected a string, got 1");
    expect(() => readManifest('{"name":"a","version":"1","license":"MIT","bin":[]}')).toThrow(
      "bin: expected an object",
    );
  });

  test("brings what it needs, directly or not, each once", () => {
    const one = (name: string, ...needs: readonly string[]) => ({
      ...readManifest(
        JSON.stringify({
          name,
          version: "1.0.0",
          license: "MIT",
          dependencies: Object.fromEntries(needs.map((need) => [need, "1.0.0"])),
        }),
      ),
      folder: name,
    });
    const all = [
      one("top", "left", "right", "effect"),
      one("left", "base"),
      one("right", "base"),
      one("base"),
      one("other"),
    ];
    expect([...withDependencies("top", all)].map(({ name }) => name)).toEqual(["top", "left", "base", "right"]);
  });
});
