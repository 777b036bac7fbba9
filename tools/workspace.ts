import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The root of the checkout. */
export const root: string = dirname(import.meta.dirname);

/** What the checks read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Runtime, peer and optional dependencies: name to version range. */
  readonly dependencies: ReadonlyMap<string, string>;
  /** Subpath ("." or "./x") to condition to target. */
  readonly exports: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Command to file. */
  readonly bin: ReadonlyMap<string, string>;
}

/** A published package of this workspace. */
export interface WorkspacePackage extends Manifest {
  /** Relative to the root, "packages/wire". */
  readonly folder: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const text = (value: unknown, field: string): string => {
  if (typeof value !== "string") throw new Error(`${field}: expected a string, got ${JSON.stringify(value)}`);
  return value;
};

const entries = <T>(value: unknown, field: string, read: (value: unknown, field: string) => T): [string, T][] => {
  if (value === undefined) return [];
  if (!isRecord(value)) throw new Error(`${field}: expected an object, got ${JSON.stringify(value)}`);
  return Object.entries(value).map(([key, inner]) => [key, read(inner, `${field}.${key}`)]);
};

const targets = (value: unknown, field: string): ReadonlyMap<string, string> =>
  typeof value === "string" ? new Map([["default", value]]) : new Map(entries(value, field, text));

/**
 * Decodes a package.json.
 *
 * @throws Error that names the field, where one is missing or of another shape.
 */
export const readManifest = (json: string): Manifest => {
  const value: unknown = JSON.parse(json);
  if (!isRecord(value)) throw new Error("package.json: expected an object");
  return {
    name: text(value["name"], "name"),
    version: text(value["version"], "version"),
    license: text(value["license"], "license"),
    dependencies: new Map(
      ["dependencies", "peerDependencies", "optionalDependencies"].flatMap((field) =>
        entries(value[field], field, text),
      ),
    ),
    exports: new Map(entries(value["exports"], "exports", targets)),
    bin: new Map(entries(value["bin"], "bin", text)),
  };
};

/** The published packages: every one under packages, and the command. The playground is not published. */
export const workspacePackages = (): readonly WorkspacePackage[] =>
  globSync(["packages/*/package.json", "apps/synod/package.json"], { cwd: root })
    .sort()
    .map((path) => ({ ...readManifest(readFileSync(join(root, path), "utf8")), folder: dirname(path) }));

/** The package and every workspace package that it needs, directly or not. */
export const withDependencies = (
  name: string,
  all: readonly WorkspacePackage[],
  found: ReadonlySet<WorkspacePackage> = new Set(),
): ReadonlySet<WorkspacePackage> => {
  const one = all.find((candidate) => candidate.name === name);
  if (one === undefined || found.has(one)) return found;
  return [...one.dependencies.keys()].reduce<ReadonlySet<WorkspacePackage>>(
    (sofar, dependency) => withDependencies(dependency, all, sofar),
    new Set([...found, one]),
  );
};
