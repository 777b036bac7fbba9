/**
 * Many decrees, each with a name and an instance of single-decree Paxos of its own: what a service runs. A role of this
 * protocol holds the same role of every instance, and carries the name on each message.
 */
import { addressOf, noSuchRole, roleOf, type Address, type NodeRole } from "../address.ts";
import { layouts, type Layout } from "../layout.ts";
import { limits } from "../limits.ts";
import { newOutput, type Output as RoleOutput, type Random, type RoleMachine, type RoleStatus } from "../output.ts";
import type { QuorumSystem } from "../quorum.ts";
import type { Value } from "../value.ts";
import { Acceptor } from "./acceptor.ts";
import { randomDelay } from "./delay.ts";
import type { Delivery } from "./delivery.ts";
import { asEntry } from "./entries.ts";
import { Learner } from "./learner.ts";
import { layout, type Entry, type Message } from "./messages.ts";
import { Proposer } from "./proposer.ts";

/** A message of the instance with this name, which is at most `limits.keyBytes` long. */
interface Named {
  readonly name: Value;
}

/** This node holds as many decrees, or as many bytes of them, as it may: it begins no other. To a client. */
export interface Full extends Named {
  readonly kind: "Full";
}

export type NamedMessage = (Message & Named) | Full;
export type NamedEntry = Entry & Named;
export type NamedDelivery = Delivery & Named;
export type NamedOutput = RoleOutput<NamedMessage, NamedEntry, NamedDelivery>;

/** The layout of single-decree Paxos, with the name before each message's own fields. */
export const namedLayout: readonly Layout[] = [
  ...layout.map(({ kind, fields }): Layout => ({ kind, fields: [["name", "bytes"], ...fields] })),
  ...layouts<Full>({ Full: { name: "bytes" } }),
];

/** @throws TypeError for what a log never held */
export function asNamedEntry(message: NamedMessage): NamedEntry {
  if (message.kind === "Full") throw new TypeError("expected Prepare or Accept in the log, got Full");
  return { ...asEntry(message), name: message.name };
}

export interface NamedOptions {
  readonly role: NodeRole;
  readonly node: number;
  /** Each node from 1 to `quorums.acceptors` has all three roles. */
  readonly quorums: QuorumSystem;
  readonly retryTicks: number;
  readonly random: Random;
  /** How much it may hold. */
  readonly limits?: Readonly<Record<"decrees" | "decreeBytes" | "keyBytes" | "storedBytes", number>>;
}

/** One decree's role. */
interface Instance {
  readonly name: Value;
  readonly role: RoleMachine<Message, Entry, Delivery>;
  /** Clients that the learner answers when it learns. */
  readonly clients: Address[];
  /** Bytes of the longest value that it was shown. */
  valueBytes: number;
}

/** The most clients that may wait for one decree at one learner; others ask again. */
const mostClients = 64;

export class NamedRole implements RoleMachine<NamedMessage, NamedEntry, NamedDelivery> {
  readonly #options: NamedOptions;
  readonly #limits: Required<NamedOptions>["limits"];
  readonly #instances = new Map<string, Instance>();
  /** Instances that heard something and may have to act by themselves. */
  readonly #awake = new Set<Instance>();
  /** Bytes of all names and values. */
  #sizeBytes = 0;
  readonly #inner = newOutput<Message, Entry, Delivery>();

  constructor(options: NamedOptions) {
    this.#options = options;
    this.#limits = options.limits ?? limits;
  }

  step(from: Address, message: NamedMessage, out: NamedOutput): void {
    if (message.kind === "Full") return;
    const instance = this.#hasRoom(message) ? this.#instanceOf(message) : undefined;
    if (instance === undefined) {
      // An acceptor may ignore any request without harm to safety.
      if (roleOf(from) === "client") out.send.push({ to: from, message: { kind: "Full", name: message.name } });
      return;
    }
    if (message.kind === "Inquire" && roleOf(from) === "client") this.#hasAsked(instance, from);
    this.#awake.add(instance);
    instance.role.step(from, message, this.#inner);
    this.#pass(instance, out);
  }

  tick(out: NamedOutput): void {
    for (const instance of this.#awake) {
      instance.role.tick(this.#inner);
      this.#pass(instance, out);
      if (isSettled(instance.role.status())) this.#awake.delete(instance);
    }
  }

  flush(): void {}

  restore(entry: NamedEntry): void {
    this.#instanceOf(entry).role.restore(entry);
  }

  checkpoint(): readonly NamedEntry[] {
    return [...this.#instances.values()].flatMap(({ name, role }) =>
      role.checkpoint().map((entry) => ({ ...entry, name })),
    );
  }

  status(): RoleStatus {
    return { decrees: this.#instances.size, decreeBytes: this.#sizeBytes, awake: this.#awake.size };
  }

  #hasRoom(message: Exclude<NamedMessage, Full>): boolean {
    const { decrees, decreeBytes, keyBytes, storedBytes } = this.#limits;
    const known = this.#instances.get(keyOf(message.name));
    const nameBytes = known === undefined ? message.name.length : 0;
    const valueBytes = valueBytesOf(message);
    if (message.name.length > keyBytes || valueBytes > storedBytes) return false;
    if (known === undefined && this.#instances.size >= decrees) return false;
    return this.#sizeBytes + nameBytes + Math.max(0, valueBytes - (known?.valueBytes ?? 0)) <= decreeBytes;
  }

  #instanceOf(message: Exclude<NamedMessage, Full>): Instance {
    const { name } = message;
    const key = keyOf(name);
    let instance = this.#instances.get(key);
    if (instance === undefined) {
      const clients: Address[] = [];
      instance = { name, role: this.#newRole(clients), clients, valueBytes: 0 };
      this.#instances.set(key, instance);
      this.#sizeBytes += name.length;
    }
    const valueBytes = Math.max(instance.valueBytes, valueBytesOf(message));
    this.#sizeBytes += valueBytes - instance.valueBytes;
    instance.valueBytes = valueBytes;
    return instance;
  }

  #newRole(clients: readonly Address[]): RoleMachine<Message, Entry, Delivery> {
    const { role, node, quorums, retryTicks, random } = this.#options;
    const proposers = quorums.acceptors;
    switch (role) {
      case "proposer":
        return new Proposer({ node, proposers, quorums, retryTicks, delay: randomDelay(random, retryTicks) });
      case "acceptor": {
        const learners = Array.from({ length: proposers }, (_, index) => addressOf("learner", index + 1));
        return new Acceptor({ proposers, learners });
      }
      case "learner":
        return new Learner({ quorums, proposers, tells: [], clients, retryTicks });
      default:
        return noSuchRole(role);
    }
  }

  /** It is answered when the decree is learned, or at once when it has been. */
  #hasAsked({ clients }: Instance, client: Address): void {
    if (clients.length < mostClients && !clients.includes(client)) clients.push(client);
  }

  /** Puts the name on what an instance wants done. */
  #pass({ name }: Instance, out: NamedOutput): void {
    const { send, persist, sendAfterPersist, deliver } = this.#inner;
    for (const { to, message } of send) out.send.push({ to, message: { ...message, name } });
    for (const entry of persist) out.persist.push({ ...entry, name });
    // A new segment of the log begins with all that is remembered: the ones before it may go.
    if (persist.length > 0) out.trimThrough = 1;
    for (const { to, message } of sendAfterPersist) out.sendAfterPersist.push({ to, message: { ...message, name } });
    for (const delivery of deliver) out.deliver.push({ ...delivery, name });
    for (const done of [send, persist, sendAfterPersist, deliver]) done.length = 0;
  }
}

/** Whether a role of single-decree Paxos does nothing any more unless it is asked. */
function isSettled({ phase, chosen }: RoleStatus): boolean {
  return phase === undefined ? chosen !== false : phase === "idle" || phase === "chosen";
}

function valueBytesOf(message: Exclude<NamedMessage, Full>): number {
  switch (message.kind) {
    case "Promised":
      return message.acceptedValue.length;
    case "Prepare":
    case "Rejected":
    case "Inquire":
      return 0;
    default:
      return message.value.length;
  }
}

function keyOf(name: Value): string {
  return String.fromCharCode(...name);
}
