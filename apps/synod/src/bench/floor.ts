/**
 * The floor of this machine: the same bytes along the same route (client, proposer, three acceptors with a bare
 * fdatasync where durable, three learners that apply, client), through bare message ports in as many threads, with no
 * protocol. What a cluster does is judged against it.
 */
import type { Placement } from "@synod/actors";
import { encodePut } from "@synod/machines";
import { ByteWriter } from "@synod/wire";
import { once } from "node:events";
import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { Effect, type Scope } from "effect";
import type { Connect, Load } from "./measure.ts";

/** What a floor thread is told: the stages that it plays, and the ports between them. */
export interface FloorSettings {
  /** In route order; a thread per stage, or the stages of a node in one. */
  readonly stages: readonly FloorStage[];
}

export type FloorStage =
  | { readonly kind: "proposer"; readonly input: MessagePort; readonly outputs: readonly FloorLink[] }
  | {
      readonly kind: "acceptor";
      readonly input: FloorLink;
      /** The file to append to and sync, if durable. */
      readonly file: string | undefined;
      readonly output: FloorLink;
    }
  | { readonly kind: "learner"; readonly input: FloorLink; readonly output: MessagePort | undefined }
  | { readonly kind: "idle" };

/** A port to another thread, or the number of a stage in the same one. */
export type FloorLink = MessagePort | number;

/** Batches under way at once, as a client has them. */
const batchesUnderWay = 4;

export interface FloorOptions extends Load {
  readonly nodes: number;
  readonly placement: Placement;
  /** A folder for the acceptors' files; undefined for volatile. */
  readonly folder: string | undefined;
}

/** Starts the floor's threads; they end when the scope closes. */
export const startFloor = Effect.fnUntraced(function* (
  options: FloorOptions,
): Effect.fn.Return<Connect, never, Scope.Scope> {
  const request = new MessageChannel();
  const response = new MessageChannel();
  const plans = plan(options, request.port2, response.port2);
  yield* Effect.forEach(
    plans,
    (stages) =>
      Effect.acquireRelease(
        Effect.promise(() => startThread(stages)),
        end,
      ),
    {
      concurrency: "unbounded",
    },
  );
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      request.port1.close();
      response.port1.close();
    }),
  );
  return newFloorClient(options, request.port1, response.port1);
});

async function startThread(stages: readonly FloorStage[]): Promise<Worker> {
  const settings: FloorSettings = { stages };
  const script = new URL(`./floor-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const worker = new Worker(script, { workerData: settings, transferList: [...portsOf(stages)] });
  await once(worker, "message");
  return worker;
}

function end(worker: Worker): Effect.Effect<number> {
  return Effect.promise(() => worker.terminate());
}

/** Batches what is asked in a turn, and says which client has its answer: no session, no promise, no retry. */
function newFloorClient(options: FloorOptions, request: MessagePort, response: MessagePort): Connect {
  const value = "x".repeat(options.payloadBytes);
  const keys = Array.from({ length: options.clients }, (_, client) => `key-${client}`);
  const writer = new ByteWriter(1024);
  let clients: number[] = [];
  const underWay: number[][] = [];
  let scheduled = false;
  return (answered) => {
    response.removeAllListeners("message");
    const flush = (): void => {
      scheduled = false;
      if (clients.length === 0 || underWay.length >= batchesUnderWay) return;
      const bytes = writer.take(writer.length + 64);
      underWay.push(clients);
      clients = [];
      request.postMessage(bytes, [bytes.buffer]);
    };
    response.on("message", (replies: Uint8Array) => {
      for (const client of underWay.shift() ?? []) answered(client);
      if (replies.length === 0) throw new Error("the floor lost its replies");
      flush();
    });
    return (client) => {
      const start = writer.length;
      writer.u32(0);
      encodePut(writer, keys[client] ?? "", value);
      writer.setU32(start, writer.length - start - 4);
      clients.push(client);
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    };
  };
}

/** The stages of each thread: as many threads as the cluster has. */
function plan(options: FloorOptions, request: MessagePort, response: MessagePort): FloorStage[][] {
  const nodes = Array.from({ length: options.nodes }, (_, index) => index + 1);
  const toAcceptor = nodes.map(() => new MessageChannel());
  const collapsed = options.placement === "node";
  return nodes.flatMap((node, index) => {
    const leads = node === 1;
    const toLearner = new MessageChannel();
    const stages: FloorStage[] = (["proposer", "acceptor", "learner"] as const).map((role) => {
      switch (role) {
        case "proposer":
          return leads
            ? {
                kind: role,
                input: request,
                outputs: toAcceptor.map(({ port1 }, each) => (collapsed && each === 0 ? 1 : port1)),
              }
            : { kind: "idle" };
        case "acceptor":
          return {
            kind: role,
            input: collapsed && leads ? 1 : (toAcceptor[index]?.port2 ?? 1),
            file: options.folder === undefined ? undefined : `${options.folder}/floor-${node}`,
            output: collapsed ? 2 : toLearner.port1,
          };
        case "learner":
          return { kind: role, input: collapsed ? 2 : toLearner.port2, output: leads ? response : undefined };
      }
    });
    return collapsed ? [stages] : stages.map((stage) => [stage]);
  });
}

function* portsOf(stages: readonly FloorStage[]): Iterable<MessagePort> {
  for (const stage of stages) {
    if (stage.kind === "idle") continue;
    const links: readonly (FloorLink | undefined)[] =
      stage.kind === "proposer" ? [stage.input, ...stage.outputs] : [stage.input, stage.output];
    for (const link of links) if (link !== undefined && typeof link !== "number") yield link;
  }
}
