/**
 * Packs every package, installs each alone in an empty project outside the workspace, and uses it there as a stranger
 * would: imports each entry, type-checks it, and runs the examples of its README.
 *
 *     node tools/pack-check.ts [NAME...]     all packages, or those whose name contains one of the words
 */
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "./command.ts";
import { readmeExamples } from "./readme-examples.ts";
import { useAsStranger } from "./stranger.ts";
import { tarballProblems } from "./tarball.ts";
import { root, withDependencies, workspacePackages } from "./workspace.ts";
import type { WorkspacePackage } from "./workspace.ts";

/** Installing waits for the disk, compiling and running for the processor: two at a time fill two cores. */
const projectsAtOnce = 2;

interface Tarball {
  /** Absolute path of the .tgz. */
  readonly path: string;
  /** Relative to the package, "dist/index.js". */
  readonly files: ReadonlySet<string>;
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const isPackReport = (value: unknown): value is PackReport =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "filename" in value &&
  typeof value.filename === "string" &&
  "files" in value &&
  Array.isArray(value.files);

const pack = async (all: readonly WorkspacePackage[], folder: string): Promise<ReadonlyMap<string, Tarball>> => {
  const chosen = all.flatMap(({ name }) => ["--workspace", name]);
  const flags = ["--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder];
  const reports: unknown = JSON.parse(await mustRun("npm", ["pack", ...flags, ...chosen], root));
  if (!Array.isArray(reports)) throw new Error("npm pack --json: expected an array");
  return new Map(
    reports
      .filter(isPackReport)
      .map(({ name, filename, files }) => [
        name,
        { path: join(folder, filename), files: new Set(files.map(({ path }) => path)) },
      ]),
  );
};

/** One project to make: a package with its README, or the packages that the root README uses. */
interface Trial {
  readonly title: string;
  readonly installs: readonly WorkspacePackage[];
  readonly examples: readonly string[];
  /** What is known to be wrong before anything is installed. */
  readonly problems: readonly string[];
}

const examplesOf = (folder: string): readonly string[] => {
  const path = join(root, folder, "README.md");
  return existsSync(path) ? readmeExamples(readFileSync(path, "utf8")) : [];
};

const packageTrial = (one: WorkspacePackage, tarball: Tarball | undefined): Trial => {
  const examples = examplesOf(one.folder);
  const sources = new Set(globSync("**/*.ts", { cwd: join(root, one.folder, "src") }));
  return {
    title: one.name,
    installs: [one],
    examples,
    problems: [
      ...(tarball === undefined ? ["npm pack made no tarball"] : tarballProblems(one, tarball.files, sources)),
      // A package that is only a command shows commands, not programs.
      ...(examples.length === 0 && one.exports.size > 0 ? ["README.md has no ```ts example"] : []),
    ],
  };
};

const rootTrial = (all: readonly WorkspacePackage[]): Trial => {
  const examples = examplesOf(".");
  const installs = all.filter(({ name }) => examples.some((example) => example.includes(`"${name}`)));
  return { title: "README.md", installs, examples, problems: [] };
};

const makeTrial = async (
  trial: Trial,
  folder: string,
  packed: ReadonlyMap<string, Tarball>,
  all: readonly WorkspacePackage[],
): Promise<readonly string[]> => {
  const needed = new Set(trial.installs.flatMap(({ name }) => [...withDependencies(name, all)]));
  const tarballs = new Map(
    [...needed].flatMap(({ name }) => {
      const tarball = packed.get(name);
      return tarball === undefined ? [] : [[name, tarball.path] as const];
    }),
  );
  mkdirSync(folder);
  try {
    const found = await useAsStranger({ folder, installs: trial.installs, tarballs, examples: trial.examples });
    return [...trial.problems, ...found];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const main = async (words: readonly string[]): Promise<number> => {
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const progress = process.stdout.isTTY
    ? (line: string): void => console.log(`${seconds().padStart(8)}  ${line}`)
    : () => undefined;

  progress("build");
  await mustRun(join(root, "node_modules", ".bin", "tsc"), ["-b"], root);
  const temporary = mkdtempSync(join(tmpdir(), "synod-pack-check-"));
  try {
    const all = workspacePackages();
    progress("pack");
    const packed = await pack(all, temporary);
    const trials = [...all.map((one) => packageTrial(one, packed.get(one.name))), rootTrial(all)].filter(
      ({ title }) => words.length === 0 || words.some((word) => title.includes(word)),
    );
    const failures: string[] = [];
    const waiting = trials.entries();
    const work = async (): Promise<void> => {
      for (const [index, trial] of waiting) {
        const problems = await makeTrial(trial, join(temporary, `project-${index}`), packed, all);
        progress(`${problems.length === 0 ? "ok  " : "FAIL"} ${trial.title}`);
        failures.push(...problems.map((problem) => `${trial.title}: ${problem.trim()}`));
      }
    };
    await Promise.all(Array.from({ length: projectsAtOnce }, work));
    for (const failure of failures) console.error(`\n${failure}`);
    console.log(`pack check: ${trials.length} projects, ${failures.length} problems, ${seconds()}`);
    return failures.length === 0 && trials.length > 0 ? 0 : 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`pack check: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
