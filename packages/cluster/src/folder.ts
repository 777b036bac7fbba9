/**
 * The data folder of a cluster: locked against a second user, and marked with what it holds, so that it is never
 * opened as something else, nor with a part of it gone.
 */
import { knownKeysOf, type Plan } from "@synod/actors";
import { FileLog, lockFolder, nodeFiles, requireLog, StorageError } from "@synod/storage";
import { Effect, Schema, type Scope } from "effect";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keptIdentity, makeKeys, newClusterName, type Identity } from "./identity.ts";
import { ConfigurationError } from "./options.ts";
import { nobody, nodesOf, type Comings } from "./roster.ts";

/** The version of the folder's layout. */
const formatVersion = 2;
/** Those that can be read. Before the second one no node joined or left. */
const formats: readonly number[] = [1, formatVersion];

/** What a folder says of itself, in `cluster.json`. */
const Marker = Schema.Struct({
  format: Schema.Int,
  /** Absent in folders of the time when there was one protocol. */
  protocol: Schema.optionalKey(Schema.String),
  /** Names the cluster, like no other; absent in folders of the time when nothing was signed. */
  cluster: Schema.optionalKey(Schema.NonEmptyString),
  /** The public keys of the nodes, where they sign; absent in folders of the time when they were not kept. */
  keys: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** How many there were at first. */
  nodes: Schema.Int,
  /** Nodes that were started to join since, in order. */
  joined: Schema.optionalKey(Schema.Array(Schema.Int)),
  /** Nodes that were removed, and are not started again. */
  left: Schema.optionalKey(Schema.Array(Schema.Int)),
  /** Sizes of the quorums, by their names in the protocol. */
  quorums: Schema.Record(Schema.String, Schema.Int),
  machine: Schema.String,
});
type Marker = typeof Marker.Type;

/** What a folder knows of nodes that came and went. */
export interface Kept {
  /** Where the protocol signs. */
  readonly identity: Identity | undefined;
  readonly comings: Comings;
  /** Makes it durable, and before it the logs of who joins. @throws StorageError */
  readonly keep: (comings: Comings) => void;
}

/** Locks the folder until the scope closes, and checks it against its marker, or makes both. */
export const openFolder = Effect.fnUntraced(function* (
  folder: string,
  plan: Plan,
  machine: string,
): Effect.fn.Return<Kept, StorageError | ConfigurationError, Scope.Scope> {
  yield* Effect.acquireRelease(
    attempt(folder, () => lockFolder(folder)),
    (lock) => Effect.sync(() => lock.release()),
  );
  const { protocol, quorums } = plan;
  const nodes = plan.nodes.length;
  const found = yield* readMarker(folder);
  if (found === undefined) {
    const marker = { format: formatVersion, protocol, cluster: newClusterName(), nodes, quorums, machine };
    return yield* attempt(folder, () => {
      newLogs(folder, logFolders(folder, plan, nobody));
      // Before the marker, as the logs: from then on a key that is missing is lost.
      makeKeys(folder, plan);
      return keeper(folder, plan, marker, true);
    });
  }
  const where = join(folder, "cluster.json");
  if (!formats.includes(found.format)) {
    return yield* Effect.fail(
      new StorageError("version", where, `format ${found.format}; this version reads formats ${formats.join(" and ")}`),
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
  return yield* attempt(folder, () => {
    for (const path of logFolders(folder, plan, comingsOf(found))) requireLog(path);
    return keeper(folder, plan, found, false);
  });
});

function comingsOf({ joined = [], left = [] }: Marker): Comings {
  return { joined, left };
}

/** Writes the marker when it is new, or does not know the keys yet. */
function keeper(folder: string, plan: Plan, found: Marker, isNew: boolean): Kept {
  const identity = keptIdentity(folder, plan, found.cluster, found.keys);
  const marker = identity === undefined ? found : { ...found, keys: knownKeysOf(identity.keys) };
  if (isNew || (identity !== undefined && found.keys === undefined)) writeMarker(folder, marker);
  let made = comingsOf(found);
  return {
    identity,
    comings: made,
    keep(comings) {
      try {
        const before = logFolders(folder, plan, made);
        const newcomers = logFolders(folder, plan, comings).filter((path) => !before.includes(path));
        newLogs(folder, newcomers);
        writeMarker(folder, { ...marker, format: formatVersion, ...comings });
        made = comings;
      } catch (cause) {
        throw storageError(folder, cause);
      }
    },
  };
}

function showQuorums(quorums: Marker["quorums"]): string {
  const sizes = Object.entries(quorums).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{ ${sizes.map(([name, size]) => `${name}: ${size}`).join(", ")} }`;
}

function attempt<Result>(folder: string, work: () => Result): Effect.Effect<Result, StorageError> {
  return Effect.try({
    try: work,
    catch: (cause) => storageError(folder, cause),
  });
}

function storageError(folder: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  return new StorageError("io", folder, `cannot use the folder: ${String(cause)}`, { cause });
}

/** The logs without which a node must not take part. A learner without its snapshots fetches another's. */
function logFolders(folder: string, { nodes, remembering, joiners }: Plan, comings: Comings): readonly string[] {
  const present = nodesOf(
    nodes.map(({ node }) => node),
    comings,
  );
  return present.flatMap((node) => {
    const roles = nodes.find((each) => each.node === node)?.roles ?? joiners?.roles ?? [];
    return roles.filter((role) => remembering.includes(role)).map((role) => join(folder, `node-${node}`, role, "log"));
  });
}

/** Makes new logs. They are there before the marker tells of them: from then on a log that is missing is lost. */
function newLogs(folder: string, paths: readonly string[]): void {
  for (const path of paths) {
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
