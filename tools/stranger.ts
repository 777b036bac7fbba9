import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { root } from "./workspace.ts";
import type { WorkspacePackage } from "./workspace.ts";

/** An empty project outside the workspace, and what is tried in it. */
export interface Stranger {
  /** Absolute path of an empty folder. */
  readonly folder: string;
  /** What the project depends on, and nothing else. */
  readonly installs: readonly WorkspacePackage[];
  /** Every workspace package that these need, to the path of its tarball. */
  readonly tarballs: ReadonlyMap<string, string>;
  /** Programs to run there as they stand, in TypeScript. */
  readonly examples: readonly string[];
}

/** A module that imports every entry of the packages, each by its public name. */
const everyEntry = (packages: readonly WorkspacePackage[]): string =>
  packages
    .flatMap(({ name, exports }) => [...exports.keys()].map((subpath) => name + subpath.slice(1)))
    .filter((specifier) => !specifier.endsWith(".json"))
    .map((specifier, index) => `import * as entry${index} from "${specifier}";\nvoid entry${index};\n`)
    .join("");

const compilerOptions = {
  module: "nodenext",
  target: "es2024",
  lib: ["ES2024", "ESNext.Disposable"],
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  // Node's types come from the workspace: to fetch them for each project would cost more than all the rest.
  typeRoots: [join(root, "node_modules", "@types")],
  types: ["node"],
};

/** The compiler's complaints about the project and our packages. What is wrong in a third party's types is theirs. */
const ownComplaints = (output: string): readonly string[] =>
  output.split("\n").filter((line) => line.includes("error TS") && !/node_modules\/(?!@synod\/|synod\/)/.test(line));

const install = async ({ folder, installs, tarballs }: Stranger): Promise<readonly string[]> => {
  const files = new Map([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  const manifest = {
    name: "stranger",
    private: true,
    type: "module",
    dependencies: Object.fromEntries([...files].filter(([name]) => installs.some((one) => one.name === name))),
    overrides: Object.fromEntries(files),
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  const finished = await run("npm", ["install", ...flags], folder);
  return finished.ok ? [] : [`npm install failed:\n${finished.output}`];
};

const typeCheck = async (folder: string, files: readonly string[]): Promise<readonly string[]> => {
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const finished = await run(tsc, ["-p", "tsconfig.json", "--pretty", "false"], folder);
  if (finished.ok) return [];
  if (!finished.output.includes("error TS")) return [`tsc failed:\n${finished.output}`];
  return ownComplaints(finished.output);
};

/** Installs the packages in the project and uses them as a stranger would. Returns what went wrong, a text each. */
export const useAsStranger = async (stranger: Stranger): Promise<readonly string[]> => {
  const { folder, installs, examples } = stranger;
  const refused = await install(stranger);
  if (refused.length > 0) return refused;

  const scripts = [everyEntry(installs), ...examples].map((source, index) => {
    const name = index === 0 ? "every-entry.ts" : `example-${index}.ts`;
    writeFileSync(join(folder, name), source === "" ? "export {};\n" : source);
    return name;
  });
  const problems = [...(await typeCheck(folder, scripts))];
  for (const script of scripts) {
    const finished = await run(process.execPath, [script], folder);
    if (!finished.ok) problems.push(`node ${script} failed:\n${finished.output}`);
  }
  for (const command of installs.flatMap(({ bin }) => [...bin.keys()])) {
    const help = await run(join(folder, "node_modules", ".bin", command), ["--help"], folder);
    if (!help.ok || help.stdout.trim() === "") problems.push(`${command} --help failed:\n${help.output}`);
  }
  return problems;
};
