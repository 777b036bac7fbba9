/**
 * The data folder of a cluster: locked against a second user, and marked with what it holds, so that it is never
 * opened as something else, nor with a part of it gone.
 */
import type { QuorumSystem } from "@synod/protocol";
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
  nodes: Schema.Int,
  quorums: Schema.Struct({ phase1: Schema.Int, phase2: Schema.Int }),
  machine: Schema.String,
});
type Marker = typeof Marker.Type;

/** Locks the folder until the scope closes, and checks it against its marker, or makes both. */
export const openFolder = Effect.fnUntraced(function* (
  folder: string,
  { acceptors: nodes, phase1, phase2 }: QuorumSystem,
  machine: string,
): Effect.fn.Return<void, StorageError | ConfigurationError, Scope.Scope> {
  yield* Effect.acquireRelease(
    attempt(folder, () => lockFolder(folder)),
    (lock) => Effect.sync(() => lock.release()),
  );
  const found = yield* readMarker(folder);
  if (found === undefined) {
    return yield* attempt(folder, () => {
      newLogs(folder, nodes);
      writeMarker(folder, { format: formatVersion, nodes, quorums: { phase1, phase2 }, machine });
    });
  }
  const where = join(folder, "cluster.json");
  if (found.format !== formatVersion) {
    return yield* Effect.fail(
      new StorageError("version", where, `format ${found.format}; this version reads format ${formatVersion}`),
    );
  }
  if (found.nodes !== nodes) {
    const message = `${where}: the folder holds a cluster of ${found.nodes} nodes, got nodes ${nodes}; use --nodes ${found.nodes} or another folder`;
    return yield* new ConfigurationError({ message });
  }
  if (found.quorums.phase1 !== phase1 || found.quorums.phase2 !== phase2) {
    // What a phase 2 quorum of the one accepted, a phase 1 quorum of the other may not report.
    const message = `${where}: the folder holds a cluster with quorums ${showQuorums(found.quorums)}, got ${showQuorums({ phase1, phase2 })}; use those or another folder`;
    return yield* new ConfigurationError({ message });
  }
  if (found.machine !== machine) {
    const message = `${where}: the folder holds the state machine ${found.machine}, got ${machine}; use another folder`;
    return yield* new ConfigurationError({ message });
  }
  return yield* attempt(folder, () => logFolders(folder, nodes).forEach((path) => requireLog(path)));
});

function showQuorums({ phase1, phase2 }: Marker["quorums"]): string {
  return `{ phase1: ${phase1}, phase2: ${phase2} }`;
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
function logFolders(folder: string, nodes: number): readonly string[] {
  return Array.from({ length: nodes }, (_, index) =>
    ["proposer", "acceptor"].map((role) => join(folder, `node-${index + 1}`, role, "log")),
  ).flat();
}

/** Makes the logs of a new cluster. They are there before the marker is: from then on a log that is missing is lost. */
function newLogs(folder: string, nodes: number): void {
  for (const path of logFolders(folder, nodes)) {
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
      (cause) => new StorageError("corrupt", where, `expected {format, nodes, quorums, machine}: ${cause.message}`),
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
