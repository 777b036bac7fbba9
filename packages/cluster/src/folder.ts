/**
 * The data folder of a cluster: locked against a second user, and marked with what it holds, so that it is never
 * opened as something else.
 */
import { lockFolder, StorageError } from "@synod/storage";
import { Effect, Schema, type Scope } from "effect";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "./options.ts";

/** The version of the folder's layout. */
const formatVersion = 1;

/** What a folder says of itself, in `cluster.json`. */
const Marker = Schema.Struct({ format: Schema.Int, nodes: Schema.Int, machine: Schema.String });
type Marker = typeof Marker.Type;

/** Locks the folder until the scope closes, and checks or writes its marker. */
export const openFolder = Effect.fnUntraced(function* (
  folder: string,
  nodes: number,
  machine: string,
): Effect.fn.Return<void, StorageError | ConfigurationError, Scope.Scope> {
  yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        mkdirSync(folder, { recursive: true });
        return lockFolder(folder);
      },
      catch: (cause) =>
        cause instanceof StorageError
          ? cause
          : new StorageError("io", folder, `cannot use the folder: ${String(cause)}`, { cause }),
    }),
    (lock) => Effect.sync(() => lock.release()),
  );
  const found = yield* readMarker(folder);
  if (found === undefined) {
    writeMarker(folder, { format: formatVersion, nodes, machine });
    return;
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
  if (found.machine !== machine) {
    const message = `${where}: the folder holds the state machine ${found.machine}, got ${machine}; use another folder`;
    return yield* new ConfigurationError({ message });
  }
});

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
      (cause) => new StorageError("corrupt", where, `expected {format, nodes, machine}: ${cause.message}`),
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
}
