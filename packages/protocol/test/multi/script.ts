/**
 * Whole nodes without a network or disks that fail: a test says who is up, what is lost, and when. What a role persists is
 * durable at once.
 */
import { addressOf, newOutput, nodeOf, roleOf, type Address, type NodeRole, type RoleStatus } from "../../src/index.ts";
import { Acceptor, Learner, type Configuration, type Delivery, type Entry } from "../../src/multi/index.ts";
import type { Message, Output, Proposer } from "../../src/multi/index.ts";

export interface Flying {
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
}

type Role = Proposer | Acceptor | Learner;

interface Disk {
  readonly entries: Entry[];
  readonly delivered: Delivery[];
}

export class Script {
  /** What is lost on its way. */
  loses: (flying: Flying) => boolean = () => false;
  /** Answers to clients and administrators. */
  readonly answers: Message[] = [];
  readonly #configuration: Configuration;
  readonly #newProposer: (node: number) => Proposer;
  readonly #roles = new Map<Address, Role>();
  readonly #disks = new Map<Address, Disk>();
  readonly #inTransit: Flying[] = [];
  #isDelivering = false;

  constructor(configuration: Configuration, newProposer: (node: number) => Proposer, nodes = configuration.nodes) {
    this.#configuration = configuration;
    this.#newProposer = newProposer;
    for (const node of nodes) this.start(node);
  }

  start(node: number): void {
    const isAuxiliary = this.#configuration.auxiliaries.includes(node);
    if (!isAuxiliary) {
      this.#begin("proposer", node, this.#newProposer(node));
      this.#begin("learner", node, new Learner(this.#configuration, node));
    }
    this.#begin("acceptor", node, new Acceptor(this.#configuration, node));
  }

  kill(node: number): void {
    for (const address of [...this.#roles.keys()]) if (nodeOf(address) === node) this.#roles.delete(address);
  }

  restart(node: number): void {
    this.kill(node);
    this.start(node);
  }

  /** Lets time pass; what is sent in a tick arrives in it. */
  pass(ticks: number): void {
    for (let count = 0; count < ticks; count++) {
      for (const address of [...this.#roles.keys()]) this.#act(address, (role, out) => role.tick(out));
    }
  }

  tell(role: NodeRole, node: number, message: Message): void {
    this.#post({ from: addressOf("client", 9), to: addressOf(role, node), message });
  }

  status(role: NodeRole, node: number): RoleStatus {
    return this.#roles.get(addressOf(role, node))?.status() ?? {};
  }

  delivered(role: NodeRole, node: number): readonly Delivery[] {
    return this.#disks.get(addressOf(role, node))?.delivered ?? [];
  }

  #begin(role: NodeRole, node: number, machine: Role): void {
    const address = addressOf(role, node);
    const disk = this.#disks.get(address) ?? { entries: [], delivered: [] };
    this.#disks.set(address, disk);
    this.#roles.set(address, machine);
    for (const entry of disk.entries) machine.restore(entry);
  }

  #act(address: Address, action: (role: Role, out: Output) => void): void {
    const role = this.#roles.get(address);
    const disk = this.#disks.get(address);
    if (role === undefined || disk === undefined) return;
    const out: Output = newOutput();
    action(role, out);
    role.flush(out);
    disk.delivered.push(...out.deliver);
    disk.entries.push(...out.persist);
    for (const { to, message } of [...out.send, ...out.sendAfterPersist]) this.#post({ from: address, to, message });
  }

  #post(first: Flying): void {
    this.#inTransit.push(first);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let flying = this.#inTransit.shift(); flying !== undefined; flying = this.#inTransit.shift()) {
      const { from, to, message } = flying;
      if (this.loses(flying)) continue;
      if (roleOf(to) === "client") this.answers.push(message);
      this.#act(to, (role, out) => role.step(from, message, out));
    }
    this.#isDelivering = false;
  }
}
