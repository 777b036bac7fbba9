/**
 * A worker thread with its actors, as an Effect resource: spawned when acquired, stopped in good order when its scope
 * closes. `kill` ends it at whatever instruction it is, as a crash would.
 */
import type { NodeRole } from "@synod/protocol";
import Comlink, { type Remote } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { Deferred, Effect, type Scope } from "effect";
import { Worker } from "node:worker_threads";
import type { Endpoint } from "@synod/transports";
import type { PathEnd } from "@synod/transports/message-port";
import type { RoleRecovery, ThreadReport, WorkerControl, WorkerNotice, WorkerSettings } from "./control.ts";
import { ActorError } from "./errors.ts";

export interface ActorThread {
  readonly settings: WorkerSettings;
  readonly recoveries: readonly RoleRecovery[];
  readonly connect: (endpoint: Endpoint, path: PathEnd) => Effect.Effect<void, ActorError>;
  readonly disconnect: (endpoint: Endpoint) => Effect.Effect<void, ActorError>;
  readonly report: Effect.Effect<ThreadReport, ActorError>;
  readonly kill: Effect.Effect<void>;
  /** Completes when the thread has ended, with why it did. */
  readonly ended: Effect.Effect<string>;
}

/** How long a thread may take to close its storage before it is ended anyway. */
const stopTimeout = "2 seconds";

export function showActor({ node, roles }: { readonly node: number; readonly roles: readonly NodeRole[] }): string {
  return `node ${node} ${roles.join(" + ")}`;
}

export const spawnThread = Effect.fnUntraced(function* (
  settings: WorkerSettings,
  onNotice: (notice: WorkerNotice) => void,
): Effect.fn.Return<ActorThread, ActorError, Scope.Scope> {
  const actor = showActor(settings);
  const ended = yield* Deferred.make<string>();
  const worker = yield* Effect.acquireRelease(
    Effect.try({
      try: () => startWorker(settings, onNotice, (why) => Deferred.doneUnsafe(ended, Effect.succeed(why))),
      catch: (cause) => new ActorError({ actor, message: `${actor} did not start: ${String(cause)}`, cause }),
    }),
    (spawned) => Effect.promise(() => spawned.terminate()),
  );
  const control = Comlink.wrap<WorkerControl>(nodeEndpoint(worker));
  const whenEnded = Effect.flatMap(
    Deferred.await(ended),
    (why) => new ActorError({ actor, message: `${actor} has ended: ${why}` }),
  );
  // A call to a thread that ends is never answered: it fails when the thread does.
  const ask = <Answer>(question: (control: Remote<WorkerControl>) => Promise<Answer>) =>
    Effect.raceFirst(
      Effect.tryPromise({
        try: () => question(control),
        catch: (cause) => new ActorError({ actor, message: `${actor}: ${messageOf(cause)}`, cause }),
      }),
      whenEnded,
    );
  yield* Effect.addFinalizer(() => ask((remote) => remote.stop()).pipe(Effect.timeout(stopTimeout), Effect.ignore));
  const recoveries = yield* ask((remote) => remote.start());
  return {
    settings,
    recoveries,
    connect: (endpoint, path) => ask((remote) => remote.connect(endpoint, Comlink.transfer(path, [path.port]))),
    disconnect: (endpoint) => ask((remote) => remote.disconnect(endpoint)),
    report: ask((remote) => remote.report()),
    kill: Effect.promise(() => worker.terminate()),
    ended: Deferred.await(ended),
  };
});

function startWorker(
  settings: WorkerSettings,
  onNotice: (notice: WorkerNotice) => void,
  onEnd: (why: string) => void,
): Worker {
  const script = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const worker = new Worker(script, {
    workerData: settings,
    transferList: settings.signing?.place === "pool" ? [...settings.signing.path.ports] : [],
    name: showActor(settings),
  });
  let reason = "the thread was stopped";
  worker.on("message", (message: unknown) => {
    if (isNotice(message)) onNotice(message);
  });
  worker.on("error", (error: unknown) => {
    reason = messageOf(error);
  });
  worker.on("exit", () => onEnd(reason));
  return worker;
}

function isNotice(message: unknown): message is WorkerNotice {
  return (
    typeof message === "object" &&
    message !== null &&
    "kind" in message &&
    (message.kind === "failed" || message.kind === "refused" || message.kind === "removed")
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
