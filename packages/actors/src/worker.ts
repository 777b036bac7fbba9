/**
 * The worker thread: hosts the actors that its settings name, ticks them, and is controlled over comlink.
 */
import { addressOf, tickMilliseconds, type Address } from "@synod/protocol";
import { Host } from "@synod/driver";
import type { StateMachine } from "@synod/machines";
import { MessagePortTransport } from "@synod/transports/message-port";
import { newCodec } from "@synod/wire";
import Comlink from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { performance } from "node:perf_hooks";
import { parentPort, threadId, workerData } from "node:worker_threads";
import { newActor, type Actor, type ActorContext } from "./actor.ts";
import type { MachineModule, WorkerControl, WorkerNotice, WorkerSettings } from "./control.ts";
import { endpointOf } from "./placement.ts";
import type { AnyMessage } from "./protocols/hosted.ts";
import { protocolNamed } from "./protocols/index.ts";
import { openSignatures } from "./signing.ts";

const port = parentPort;
if (port === null) throw new Error("this module runs only as a worker thread of a supervisor");
const settings: WorkerSettings = workerData;

const transport = new MessagePortTransport();
const codec = newCodec<AnyMessage>(protocolNamed(settings.protocol).layout);
const host = new Host<AnyMessage>({
  transport,
  codec,
  group: 0,
  checksum: false,
  route: (address: Address) => endpointOf(address, settings.placement),
  later: (turn) => void setImmediate(turn),
});

const signatures =
  settings.signing &&
  openSignatures(settings.signing, (failure) => {
    // Nothing leaves or arrives without them: the thread ends, and begins anew with others.
    throw failure;
  });

let actors: readonly Actor[] = [];
let ticking: NodeJS.Timeout | undefined;
let utilization = performance.eventLoopUtilization();

function notify(notice: WorkerNotice): void {
  port?.postMessage(notice);
}

async function loadMachine({ url, factory }: MachineModule): Promise<() => StateMachine> {
  const module: Readonly<Record<string, unknown>> = await import(url);
  const make = module[factory];
  if (typeof make !== "function") throw new TypeError(`${url} exports no function named ${factory}`);
  return () => make();
}

const control: WorkerControl = {
  async start() {
    const newMachine = await loadMachine(settings.machine);
    const context: ActorContext = {
      settings,
      host,
      codec,
      newMachine,
      random: Math.random,
      clock: () => performance.now() / tickMilliseconds,
      signatures,
      failed: (role, { message }) => notify({ kind: "failed", role, message }),
      refused: (role, { message }) => notify({ kind: "refused", role, message }),
      removed: (role, fromSlot) =>
        notify({ kind: "removed", role, message: `the other members go on without it from slot ${fromSlot} on` }),
    };
    actors = settings.roles.map((role) => newActor(role, context));
    const recoveries = actors.map((actor) => actor.start());
    ticking = setInterval(() => host.tick(), tickMilliseconds);
    return recoveries;
  },
  connect(endpoint, path) {
    transport.connect(endpoint, path);
  },
  disconnect(endpoint) {
    transport.disconnect(endpoint);
  },
  report() {
    const now = performance.eventLoopUtilization();
    const since = performance.eventLoopUtilization(now, utilization);
    utilization = now;
    const memory = process.memoryUsage();
    return {
      roles: actors.map((actor) => ({
        node: settings.node,
        role: actor.role,
        thread: threadId,
        status: { address: addressOf(actor.role, settings.node), ...actor.status() },
      })),
      utilization: since.utilization,
      sentMessages: host.counters.sentMessages,
      heapBytes: memory.heapUsed,
      bufferBytes: memory.arrayBuffers,
    };
  },
  stop() {
    clearInterval(ticking);
    for (const actor of actors) actor.stop();
    actors = [];
    signatures?.close();
    transport.close();
  },
};

Comlink.expose(control, nodeEndpoint(port));
