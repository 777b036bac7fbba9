/**
 * The worked example of CONTRIBUTING as threads would run it: its registration, each role in a host of its own, over
 * frames. The hosts share this thread, so that nothing is waited for but what has been sent.
 */
import { runnable, type Ground } from "@synod/actors";
import { Host } from "@synod/driver";
import { newKeyValueMachine } from "@synod/machines";
import { addressOf, type Address, type NodeRole } from "@synod/protocol";
import { MemoryLog, newMemoryLogArea } from "@synod/storage";
import { MemoryNetwork } from "@synod/transports/memory";
import { newCodec } from "@synod/wire";
import { expect, test } from "vitest";
import { hostedUnanimous } from "./ninth-protocol/hosted.ts";
import { layout } from "./ninth-protocol/messages.ts";

interface AnyMessage {
  readonly kind: string;
}

const client = addressOf("client", 101);
const protocol = runnable(hostedUnanimous);
const plan = protocol.plan({ nodes: 3, quorums: undefined, learning: undefined });

test("its plan says what threads are to be started, and what must be there when they start again", () => {
  expect(plan.nodes.map(({ roles }) => roles)).toEqual([
    ["proposer", "acceptor", "learner"],
    ["acceptor", "learner"],
    ["acceptor", "learner"],
  ]);
  expect(plan).toMatchObject({ quorums: { all: 3 }, remembering: ["proposer", "acceptor"] });
  expect(() => protocol.plan({ nodes: 3, quorums: { all: 2 }, learning: undefined })).toThrow(RangeError);
});

/** A host for each role, as threads would have, and what runs in them by hand. */
class Cluster {
  readonly answers: AnyMessage[] = [];
  readonly #soon: (() => void)[] = [];
  readonly #network = new MemoryNetwork({ later: (deliver) => void this.#soon.push(deliver) });
  readonly #logs = new Map<Address, ReturnType<typeof newMemoryLogArea>>();
  readonly #actors = new Map<Address, { readonly host: Host<AnyMessage>; stop(): void; status(): unknown }>();
  readonly #client = this.#newHost(client);

  constructor() {
    const post = (_from: Address, message: AnyMessage): void => void this.answers.push(message);
    this.#client.attach(client, { busy: false, post, turn: () => undefined, tick: () => undefined });
  }

  start(role: NodeRole, node: number): void {
    const address = addressOf(role, node);
    const host = this.#newHost(address);
    const area = this.#logs.get(address) ?? newMemoryLogArea();
    this.#logs.set(address, area);
    const actor = protocol.newActor(role, plan.settings, ground(node), {
      address,
      host,
      codec: newCodec<AnyMessage>(layout),
      log: new MemoryLog(area),
      segmentBytes: 65_536,
      failed: (failure) => {
        throw failure;
      },
    });
    actor.start();
    this.#actors.set(address, { host, stop: () => actor.stop(), status: () => actor.status() });
  }

  kill(role: NodeRole, node: number): void {
    this.#actors.get(addressOf(role, node))?.stop();
    this.#actors.delete(addressOf(role, node));
  }

  request(value: string): void {
    const message = { kind: "Request", value: new TextEncoder().encode(value) };
    this.#client.send(client, addressOf("proposer", 1), message);
  }

  /** Lets everything that was sent arrive, and so many ticks pass. */
  run(ticks = 0): void {
    for (let tick = 0; tick <= ticks; tick++) {
      for (let next = this.#soon.shift(); next !== undefined; next = this.#soon.shift()) next();
      if (tick < ticks) for (const { host } of this.#actors.values()) host.tick();
    }
  }

  status(role: NodeRole, node: number): unknown {
    return this.#actors.get(addressOf(role, node))?.status();
  }

  #newHost(endpoint: Address): Host<AnyMessage> {
    return new Host<AnyMessage>({
      transport: this.#network.endpoint(endpoint),
      codec: newCodec<AnyMessage>(layout),
      group: 0,
      checksum: false,
      route: (address) => address,
      later: (turn) => void this.#soon.push(turn),
    });
  }
}

function ground(node: number): Ground {
  return {
    node,
    random: () => 0.5,
    clock: () => 0,
    newMachine: newKeyValueMachine,
    openSnapshots: () => {
      throw new Error("its roles keep no snapshots");
    },
    snapshotBytes: 65_536,
    later: (job) => job(),
    refused: (refusal) => {
      throw refusal;
    },
    removed: () => {
      throw new Error("its members are the same for good");
    },
  };
}

test("it is chosen when the last acceptor is up, and a restarted role has what it kept", () => {
  const cluster = new Cluster();
  for (const { node, roles } of plan.nodes) for (const role of roles) cluster.start(role, node);
  cluster.kill("acceptor", 3);
  cluster.request("first");
  cluster.run(30);
  expect(cluster.answers).toEqual([]);
  for (const role of ["proposer", "acceptor"] as const) {
    cluster.kill(role, 1);
    cluster.start(role, 1);
  }
  cluster.start("acceptor", 3);
  cluster.request("second");
  cluster.run(30);
  expect(cluster.answers).toEqual([{ kind: "Response", value: new TextEncoder().encode("first") }]);
  for (const node of [1, 2, 3]) expect(cluster.status("learner", node)).toMatchObject({ chosen: true });
});
