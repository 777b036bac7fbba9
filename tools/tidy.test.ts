import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { readmeExamples } from "./readme-examples.ts";
import { readManifest, root, workspacePackages } from "./workspace.ts";
import type { WorkspacePackage } from "./workspace.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

const found = (...patterns: readonly string[]): readonly string[] => {
  const paths = globSync(patterns, {
    cwd: root,
    exclude: (path) => ["node_modules", "dist"].includes(basename(path)),
  });
  if (paths.length === 0) throw new Error(`nothing matches ${patterns.join(" ")}: this check would check nothing`);
  return paths.sort();
};

/** The lines of these files that match, as "path:line: text", so that a failure says where. */
const linesMatching = (paths: readonly string[], pattern: RegExp): readonly string[] =>
  paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );

const sources = found("{packages,apps}/*/src/**/*.ts", "tools/*.ts");
// A compliance suite is a test that a package ships.
const tests = found(
  "{packages,apps}/*/test/**/*.ts",
  "tools/*.test.ts",
  "packages/*/src/{compliance.ts,compliance/**/*.ts}",
);
const packages = workspacePackages();

describe("files", () => {
  test("have one idea each: at most 400 lines", () => {
    expect(sources.filter((path) => read(path).split("\n").length > 400)).toEqual([]);
  });

  test("are named after what they hold", () => {
    const vague = /(^|[/.-])(utils?|helpers?|common|misc)([/.-]|$)/;
    expect(found("{packages,apps,tools}/**/*").filter((path) => vague.test(path))).toEqual([]);
  });
});

describe("tests", () => {
  test("all run", () => {
    expect(linesMatching(tests, /\b(it|test|describe|suite)(\.\w+)*\.(skip|skipIf|only|todo|fails)\b/)).toEqual([]);
  });

  test("wait for a condition or drive time, and never sleep", () => {
    const sleep = /\b(setTimeout|setInterval)\s*\(|\b(Effect\.sleep|scheduler\.wait)\b/;
    const outside = tests.filter((path) => !path.startsWith("tools/"));
    expect(linesMatching(outside, sleep)).toEqual([]);
  });
});

/** The packages that the sources import, as npm names them; Node's own modules left out. */
const imported = ({ folder }: WorkspacePackage): ReadonlySet<string> => {
  const specifiers = globSync(`${folder}/{src,bin}/**/*.{ts,js}`, { cwd: root }).flatMap((path) =>
    ts.preProcessFile(read(path)).importedFiles.map(({ fileName }) => fileName),
  );
  const outside = specifiers.filter(
    (specifier) => !/^(\.|node:)/.test(specifier) && !builtinModules.includes(specifier),
  );
  return new Set(outside.map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier));
};

describe.each(packages)("$name", (one) => {
  test("has the version of all and the licence of the workspace", () => {
    expect([...new Set(packages.map(({ version }) => version))]).toEqual([one.version]);
    expect(one.license).toBe(readManifest(read("package.json")).license);
    expect(read(`${one.folder}/LICENSE`)).toBe(read("LICENSE"));
    for (const [name, range] of one.dependencies)
      if (packages.some((other) => other.name === name)) expect([name, range]).toEqual([name, one.version]);
  });

  test("has a README with an example that runs", () => {
    const readme = read(`${one.folder}/README.md`);
    // A package that is only a command shows commands, not programs.
    if (one.exports.size > 0) expect(readmeExamples(readme)).not.toEqual([]);
  });

  test("declares what it imports, and imports what it declares", () => {
    expect([...imported(one)].filter((name) => name !== one.name).sort()).toEqual([...one.dependencies.keys()].sort());
  });

  test.each([...one.exports])("%s is one module in each of its forms", (_subpath, targets) => {
    const source = targets.get("@synod/source") ?? "";
    const built = source.replace(/^\.\/src\/(.*)\.ts$/, "./dist/$1");
    expect(Object.fromEntries(targets)).toEqual({
      "@synod/source": source,
      types: `${built}.d.ts`,
      default: `${built}.js`,
    });
    expect(globSync(source, { cwd: join(root, one.folder) })).toHaveLength(1);
  });
});
