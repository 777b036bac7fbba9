import type { Manifest } from "./workspace.ts";

/** The condition that lets the workspace run its sources. Nothing outside it sets the condition. */
const sourceCondition = "@synod/source";

const forbidden: readonly (readonly [RegExp, string])[] = [
  [/^(test|tests|bench)\//, "belongs to the tests"],
  [/\.(test|spec)\./, "belongs to the tests"],
  [/^src\//, "is a source: dist has all that runs"],
  [/\.tsbuildinfo$/, "is the compiler's bookkeeping"],
  [/\.d\.ts\.map$/, "points at a source that is not packed"],
];

/** Every file that a package.json promises, relative to the package, "dist/index.js". */
const promised = (manifest: Manifest): readonly string[] => [
  ...[...manifest.exports.values()].flatMap((conditions) =>
    [...conditions].filter(([condition]) => condition !== sourceCondition).map(([, target]) => target),
  ),
  ...manifest.bin.values(),
];

/**
 * What is wrong with the files of a tarball, one line each; empty where all is well.
 *
 * @param files what the tarball holds, relative to the package.
 * @param sources what the package's src folder holds, relative to it, "multi/acceptor.ts".
 */
export const tarballProblems = (
  manifest: Manifest,
  files: ReadonlySet<string>,
  sources: ReadonlySet<string>,
): readonly string[] => {
  const missing = ["README.md", "LICENSE", ...promised(manifest).map((path) => path.replace(/^\.\//, ""))]
    .filter((path) => !files.has(path))
    .map((path) => `${path} is not in the tarball`);
  const unwanted = [...files].flatMap((path) =>
    forbidden.filter(([pattern]) => pattern.test(path)).map(([, why]) => `${path} ${why}`),
  );
  const stale = [...files]
    .filter((path) => /^dist\/.*\.js$/.test(path) && !sources.has(path.slice("dist/".length).replace(/js$/, "ts")))
    .map((path) => `${path} has no source: delete dist and build again`);
  return [...missing, ...unwanted, ...stale];
};
