/**
 * A toy world around the real roles: a network that loses, repeats, delays and reorders, cut links, slow disks,
 * crashes of single roles and of whole nodes, snapshots and trimmed logs. All from one seed.
 */
import { nodeOf, roleOf, type Address, type Random, unchanged } from "../../src/index.ts";
import { Acceptor, Learner, Proposer, type Configuration, type Delivery } from "../../src/multi/index.ts";
import type { Message, Output } from "../../src/multi/index.ts";
import { Oracle } from "./oracle.ts";
import { Process } from "./process.ts";
import { Replica } from "./replica.ts";
import { acceptor, client, learner, proposer, value } from "./stage.ts";

/** How often things go wrong, each as a chance per message or tick. */
export interface Faults {
  readonly loss: number;
  readonly duplication: number;
  readonly crash: number;
  readonly cut: number;
  /** The chance per tick that a disk with something to do finishes it. */
  readonly sync: number;
}

interface InTransit {
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
}

const mostInTransit = 2000;

/** A small seeded generator (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class World {
  readonly oracle: Oracle;
  readonly #configuration: Configuration;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #processes: Process[] = [];
  readonly #learners: Process<Learner>[] = [];
  readonly #replicas: Replica[] = [];
  readonly #lives = new Map<Address, number>();
  readonly #inTransit: InTransit[] = [];
  readonly #cuts = new Set<string>();
  #healthy = false;
  #commands = 0;

  constructor(configuration: Configuration, seed: number, faults: Faults) {
    this.#configuration = configuration;
    this.#random = seeded(seed);
    this.#faults = faults;
    this.oracle = new Oracle(configuration);
    for (const node of configuration.nodes) this.#addNode(node);
  }

  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  /** One tick for everyone, with what arrives meanwhile, and the faults of that time. */
  tick(): void {
    if (!this.#healthy) this.#goWrong();
    for (const process of this.#processes) {
      if (this.#healthy || this.#random() < 0.9) process.act((role, out) => role.tick(out));
      if (this.#healthy || this.#random() < this.#faults.sync) process.sync();
    }
    for (let count = this.#inTransit.length; count > 0; count--) if (this.#random() < 0.8) this.#arrive();
    for (const [index, replica] of this.#replicas.entries()) if (this.#random() < 0.02) this.#snapshot(index, replica);
  }

  /** A client asks each proposer for a command, or for a read at some learner. */
  ask(): void {
    const sequence = (this.#commands += 1);
    const node = this.#pick(this.#configuration.nodes);
    if (this.#random() < 0.3) {
      const query = value(String(this.oracle.applied));
      const read: Message = { kind: "Read", sequence, learner: this.#pick(this.#configuration.nodes), query };
      this.#post(client(sequence), proposer(node), read);
      return;
    }
    const command = `${sequence};`;
    this.oracle.requested(command);
    this.#post(client(sequence), proposer(node), { kind: "Request", sequence, command: value(command) });
  }

  /** Faults stop, and all that is down comes back. */
  heal(): void {
    this.#healthy = true;
    this.#cuts.clear();
    for (const process of this.#processes) this.#restart(process);
  }

  #addNode(node: number): void {
    const random = this.#random;
    const send = (from: Address, to: Address, message: Message): void => this.#send(from, to, message);
    const plain = { random, send, deliver: () => undefined };
    const configuration = this.#configuration;
    this.#processes.push(new Process(proposer(node), () => new Proposer(configuration, node, random), plain));
    this.#processes.push(new Process(acceptor(node), () => new Acceptor(configuration, node), plain));
    const replica = new Replica(this.oracle);
    const process: Process<Learner> = new Process(learner(node), () => new Learner(configuration, node), {
      random,
      send,
      deliver: (delivery, out) => this.#deliver(process, replica, delivery, out),
    });
    this.#replicas.push(replica);
    this.#learners.push(process);
    this.#processes.push(process);
  }

  #deliver(process: Process<Learner>, replica: Replica, delivery: Delivery, out: Output): void {
    switch (delivery.kind) {
      case "chosen":
        return replica.apply(delivery.slot, delivery.value);
      case "read":
        return replica.read(delivery.query);
      case "serve":
        out.send.push({ to: delivery.to, message: replica.serve(delivery.slot, delivery.offset) });
        return;
      case "snapshot":
        throw new Error("no learner of Multi-Paxos asks for a snapshot");
      case "part": {
        const installed = replica.part(delivery);
        if (installed === "incomplete") return;
        if (installed === "refused") return process.role.refused();
        process.role.installed(replica.applied, out, unchanged);
        process.role.snapshotted(delivery.slot, out, unchanged);
        return;
      }
      case "removed":
        throw new Error("here no learner makes that known");
    }
  }

  #send(from: Address, to: Address, message: Message): void {
    this.oracle.left(from, this.#lives.get(from) ?? 0, message);
    if (roleOf(to) === "client") return;
    this.#post(from, to, message);
  }

  #post(from: Address, to: Address, message: Message): void {
    if (this.#inTransit.length < mostInTransit) this.#inTransit.push({ from, to, message });
  }

  /** Any message that is on its way arrives, or is lost, or arrives and will arrive again. */
  #arrive(): void {
    const at = Math.floor(this.#random() * this.#inTransit.length);
    const next = this.#inTransit[at];
    if (next === undefined) return;
    const again = !this.#healthy && this.#random() < this.#faults.duplication;
    if (!again) this.#inTransit.splice(at, 1);
    if (!this.#healthy && this.#random() < this.#faults.loss) return;
    if (this.#cuts.has(`${nodeOf(next.from)}>${nodeOf(next.to)}`)) return;
    this.#processes.find(({ address }) => address === next.to)?.take(next.from, next.message);
  }

  #goWrong(): void {
    const { crash, cut } = this.#faults;
    for (const process of this.#processes) if (!process.alive && this.#random() < 0.1) this.#restart(process);
    if (this.#random() < crash) {
      const victim = this.#pick(this.#processes);
      const wholeNode = this.#random() < 0.5;
      for (const process of this.#processes) {
        if (process === victim || (wholeNode && nodeOf(process.address) === nodeOf(victim.address))) process.crash();
      }
    }
    if (this.#random() < cut) {
      const [one, other] = [this.#pick(this.#configuration.nodes), this.#pick(this.#configuration.nodes)];
      if (one !== other) this.#cuts.add(`${one}>${other}`);
    }
    if (this.#random() < 0.05) this.#cuts.clear();
  }

  #restart(process: Process): void {
    if (process.alive) return;
    this.#lives.set(process.address, (this.#lives.get(process.address) ?? 0) + 1);
    process.restart();
    const index = this.#learners.findIndex(({ address }) => address === process.address);
    const replica = this.#replicas[index];
    if (replica === undefined) return;
    replica.restart();
    this.#learners[index]?.act((role, out) => role.installed(replica.applied, out, unchanged));
  }

  #snapshot(index: number, replica: Replica): void {
    this.#learners[index]?.act((role, out) => {
      replica.snapshot();
      role.snapshotted(replica.applied, out, unchanged);
    });
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error("expected something to pick from");
    return item;
  }
}
