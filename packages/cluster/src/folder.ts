/**
 * The data folder of a cluster: locked against a second user, and marked with what it holds, so that it is never
 * opened as something else, nor with a part of it gone.
 */
import type { Plan } from "@synod/actors";
import { FileLog, lockFolder, nodeFiles, requireLog, StorageError } from "@synod/storage";
import { Effect, Schema, type Scope } from "effect";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "./options.ts";

/** The version of the folder's layout. */
const formatVersion = 1;

/** What a folder says of itself, in `cluster.json`. */
const Marker = Schema.Struct({
  format: Schema.Int,
  /** Absent in folders of the time when there was one protocol. */
  protocol: Schema.optionalKey(Schema.String),
  nodes: Schema.Int,
  /** Sizes of the quorums, by their names in the protocol. */
  quorums: Schema.Record(Schema.String, Schema.Int),
  machine: Schema.String,
});
type Marker = typeof Marker.Type;

/** Locks the folder until the scope closes, and checks it against its marker, or makes both. */
export const openFolder = Effect.fnUntraced(function* (
  folder: string,
  plan: Plan,
  machine: string,
): Effect.fn.Return<void, StorageError | ConfigurationError, Scope.Scope> {
  yield* Effect.acquireRelease(
    attempt(folder, () => lockFolder(folder)),
    (lock) => Effect.sync(() => lock.release()),
  );
  const { protocol, quorums } = plan;
  const nodes = plan.nodes.length;
  const found = yield* readMarker(folder);
  if (found === undefined) {
    return yield* attempt(folder, () => {
      newLogs(folder, plan);
      writeMarker(folder, { format: formatVersion, protocol, nodes, quorums, machine });
    });
  }
  const where = join(folder, "cluster.json");
  if (found.format !== formatVersion) {
    return yield* Effect.fail(
      new StorageError("version", where, `format ${found.format}; this version reads format ${formatVersion}`),
    );
  }
  const { protocol: foundProtocol = "multi" } = found;
  if (foundProtocol !== protocol) {
    // The logs of one protocol say nothing to another.
    const message = `${where}: the folder holds a cluster of the protocol ${foundProtocol}, got ${protocol}; use --protocol ${foundProtocol} or another folder`;
    return yield* new ConfigurationError({ message });
  }
  if (found.nodes !== nodes) {
    const message = `${where}: the folder holds a cluster of ${found.nodes} nodes, got nodes ${nodes}; use --nodes ${found.nodes} or another folder`;
    return yield* new ConfigurationError({ message });
  }
  if (showQuorums(found.quorums) !== showQuorums(quorums)) {
    // What a phase 2 quorum of the one accepted, a phase 1 quorum of the other may not report.
    const message = `${where}: the folder holds a cluster with quorums ${showQuorums(found.quorums)}, got ${showQuorums(quorums)}; use those or another folder`;
    return yield* new ConfigurationError({ message });
  }
  if (found.machine !== machine) {
    const message = `${where}: the folder holds the state machine ${found.machine}, got ${machine}; use another folder`;
    return yield* new ConfigurationError({ message });
  }
  return yield* attempt(folder, () => logFolders(folder, plan).forEach((path) => requireLog(path)));
});

function showQuorums(quorums: Marker["quorums"]): string {
  const sizes = Object.entries(quorums).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{ ${sizes.map(([name, size]) => `${name}: ${size}`).join(", ")} }`;
}

function attempt<Result>(folder: string, work: () => Result): Effect.Effect<Result, StorageError> {
  return Effect.try({
    try: work,
    catch: (cause) =>
      cause instanceof StorageError
        ? cause
        : new StorageError("io", folder, `cannot use the folder: ${String(cause)}`, { cause }),
  });
}

/** The logs without which a node must not take part. A learner without its snapshots fetches another's. */
function logFolders(folder: string, { nodes, remembering }: Plan): readonly string[] {
  return nodes.flatMap(({ node, roles }) =>
    roles.filter((role) => remembering.includes(role)).map((role) => join(folder, `node-${node}`, role, "log")),
  );
}

/** Makes the logs of a new cluster. They are there before the marker is: from then on a log that is missing is lost. */
function newLogs(folder: string, plan: Plan): void {
  for (const path of logFolders(folder, plan)) {
    const log = new FileLog(path, nodeFiles());
    const { records } = log.recover(() => undefined);
    log.close();
    if (records > 0)
      throw new StorageError("corrupt", join(folder, "cluster.json"), "missing, beside logs of a cluster");
  }
}

const readMarker = Effect.fnUntraced(function* (
  folder: string,
): Effect.fn.Return<Marker | undefined, StorageError | ConfigurationError> {
  const where = join(folder, "cluster.json");
  const text = yield* Effect.try({
    try: () => readIfPresent(where),
    catch: (cause) => new StorageError("io", where, `cannot be read: ${String(cause)}`, { cause }),
  });
  if (text === undefined) return undefined;
  return yield* Schema.decodeUnknownEffect(Schema.fromJsonString(Marker))(text).pipe(
    Effect.mapError(
      (cause) =>
        new StorageError("corrupt", where, `expected {format, protocol, nodes, quorums, machine}: ${cause.message}`),
    ),
  );
});

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
}

/** Whole or not at all: a crash leaves either no marker or this one. */
function writeMarker(folder: string, marker: Marker): void {
  const path = join(folder, "cluster.json");
  writeFileSync(`${path}.new`, `${JSON.stringify(marker)}\n`, { flush: true });
  renameSync(`${path}.new`, path);
  nodeFiles().syncFolder(folder);
}
