/**
 * A client of transactions over participants: it has a number for each, writes keys at the participants that have them,
 * and has all of it committed, or none.
 */
import { addressOf, ballotOwner, commit, limits, nodeOf, type Address, type NodeRole } from "@synod/protocol";
import type { Resident } from "@synod/driver";
import { LimitError } from "@synod/machines";
import type { Endpoint } from "@synod/transports";
import type { PathEnd } from "@synod/transports/message-port";
import { Closed, CommandRefused, Overloaded, Timeout } from "./errors.ts";
import { Station, type ClusterGuest, type StationGround, type StationOptions } from "./station.ts";

export interface TransactionClientOptions extends StationOptions {
  /** Nodes 1 to `nodes` each have a participant and a coordinator. */
  readonly nodes: number;
  /** Who begins transactions and commits them. */
  readonly coordinator: NodeRole;
  /** Whether any coordinator can commit a transaction, or only the one that gave it its number. */
  readonly anyCoordinator: boolean;
}

export interface TransactionOptions {
  /** How long to try, in milliseconds; 5000 unless told. */
  readonly deadlineMs?: number;
}

type Message = commit.TransactionMessage;

/** One call that waits, by the name of its answer. */
interface Waiting {
  readonly id: string;
  readonly since: number;
  readonly deadline: number;
  /** Sends it, for the first time or again. */
  readonly send: (tries: number) => void;
  readonly resolve: (message: Message) => void;
  readonly reject: (error: unknown) => void;
  retryAt: number;
  tries: number;
}

/** Before it is sent again, in milliseconds. */
const retryMs = 250;
/** Before a key is read again that a transaction under way writes. */
const busyMs = 20;
const defaultDeadlineMs = 5000;

export class TransactionClient implements ClusterGuest {
  readonly #options: TransactionClientOptions;
  readonly #station: Station<Message>;
  readonly #ground: StationGround<Message>;
  readonly #waiting = new Map<string, Waiting>();
  /** By transaction that is open here: how many writes each node's participant was sent. */
  readonly #open = new Map<number, Map<number, number>>();
  #sequence = 0;
  #started = false;
  #closed = false;

  constructor(options: TransactionClientOptions) {
    this.#options = options;
    this.#station = new Station(options);
    this.#ground = this.#station.ground;
    this.#station.seat(this.#resident());
  }

  get endpoint(): Endpoint {
    return this.#station.endpoint;
  }

  /** Messages that it has sent. */
  get sentMessages(): number {
    return this.#station.sentMessages;
  }

  /** Begins a transaction; resolves with its number. Rejects with Timeout, Overloaded or Closed, as all calls may. */
  async begin(options?: TransactionOptions): Promise<number> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const send = (tries: number): void => {
      const node = ((sequence + tries) % this.#options.nodes) + 1;
      this.#ground.send(addressOf(this.#options.coordinator, node), { kind: "Begin", sequence });
    };
    if (this.#open.size >= limits.transactions) throw overloaded(`${this.#open.size} transactions are open here`);
    const begun = await this.#call(`begin ${sequence}`, send, options);
    if (begun.kind !== "Begun") throw new TypeError(`expected Begun, got ${begun.kind}`);
    this.#open.set(begun.transaction, new Map());
    return begun.transaction;
  }

  /**
   * Writes a key in a transaction. Rejects with CommandRefused when that has aborted it: another transaction has the
   * key, or a participant that held a part of it has been down; and with LimitError when key or value is too large.
   */
  async put(transaction: number, key: string, value: string, options?: TransactionOptions): Promise<void> {
    const writes = this.#writesOf(transaction);
    const write = { key: bytesOf(key, "keyBytes"), value: bytesOf(value, "storedBytes") };
    const node = commit.ownerOf(write.key, this.#options.nodes);
    const sequence = (writes.get(node) ?? 0) + 1;
    writes.set(node, sequence);
    const to = addressOf("participant", node);
    const send = (): void => this.#ground.send(to, { kind: "Put", transaction, sequence, ...write });
    const reply = await this.#call(`put ${transaction} ${node} ${sequence}`, send, options);
    if (reply.kind === "PutReply" && reply.held) return;
    await this.abort(transaction);
    throw new CommandRefused({ message: `transaction ${transaction} is aborted: another one has the key` });
  }

  /**
   * Has a transaction committed; resolves with whether it was. After a Timeout that is not known, and may be asked
   * again.
   */
  async commit(transaction: number, options?: TransactionOptions): Promise<boolean> {
    const participants = [...this.#writesOf(transaction)].map(([node, writes]) => ({ node, writes }));
    if (participants.length > 0) {
      const send = (tries: number): void => this.#askToCommit({ transaction, participants }, tries);
      const decision = await this.#call(`commit ${transaction}`, send, options);
      this.#open.delete(transaction);
      return decision.kind === "Decision" && decision.committed;
    }
    this.#open.delete(transaction);
    return true;
  }

  /** Gives a transaction up. One that is being committed may still be. */
  async abort(transaction: number): Promise<void> {
    for (const node of this.#writesOf(transaction).keys()) {
      this.#ground.send(addressOf("participant", node), { kind: "Abort", transaction });
    }
    this.#open.delete(transaction);
  }

  /** What is committed of a key; undefined when there is none. It waits for a transaction that may have written it. */
  async get(key: string, options?: TransactionOptions): Promise<string | undefined> {
    const name = bytesOf(key, "keyBytes");
    this.#sequence += 1;
    const sequence = this.#sequence;
    const to = addressOf("participant", commit.ownerOf(name, this.#options.nodes));
    const send = (): void => this.#ground.send(to, { kind: "Get", sequence, key: name });
    const reply = await this.#call(`get ${sequence}`, send, options);
    return reply.kind === "GetReply" && reply.found ? Buffer.from(reply.value).toString() : undefined;
  }

  start(): void {
    this.#started = true;
    for (const waiting of this.#waiting.values()) waiting.send(0);
  }

  connect(endpoint: Endpoint, path: PathEnd): void {
    this.#station.connect(endpoint, path);
  }

  disconnect(endpoint: Endpoint): void {
    this.#station.disconnect(endpoint);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiting of [...this.#waiting.values()]) this.#settle(waiting, () => waiting.reject(new Closed()));
    this.#station.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #resident(): Resident<Message> {
    return {
      busy: false,
      post: (from: Address, message: Message) => this.#take(from, message),
      turn: () => undefined,
      tick: () => this.#tick(),
    };
  }

  #writesOf(transaction: number): Map<number, number> {
    const writes = this.#open.get(transaction);
    if (writes !== undefined) return writes;
    throw new CommandRefused({ message: `transaction ${transaction} is not open: begin one` });
  }

  /** Its own coordinator; when that is late, another one where that helps, and the participants, which may know. */
  #askToCommit(asked: Pick<commit.Commit, "transaction" | "participants">, tries: number): void {
    const { nodes, coordinator, anyCoordinator } = this.#options;
    const own = ballotOwner(asked.transaction, nodes) - 1;
    const node = ((anyCoordinator ? own + tries : own) % nodes) + 1;
    this.#ground.send(addressOf(coordinator, node), { kind: "Commit", ...asked });
    if (tries === 0) return;
    for (const share of asked.participants) {
      this.#ground.send(addressOf("participant", share.node), { kind: "Inquire", ...asked });
    }
  }

  async #call(id: string, send: Waiting["send"], options: TransactionOptions = {}): Promise<Message> {
    const { deadlineMs = defaultDeadlineMs } = options;
    if (this.#closed) throw new Closed();
    if (!(deadlineMs >= 0)) throw new RangeError(`deadlineMs: expected a number from 0, got ${deadlineMs}`);
    if (this.#waiting.size >= limits.clientCommands) throw overloaded(`${this.#waiting.size} calls wait already`);
    if (this.#waiting.has(id)) throw new CommandRefused({ message: `${id}: it is under way already` });
    return new Promise((resolve, reject) => {
      const now = this.#ground.now();
      const times = { since: now, deadline: now + deadlineMs, retryAt: now + retryMs };
      this.#waiting.set(id, { id, ...times, send, tries: 0, resolve, reject });
      this.#ground.ticking(true);
      if (this.#started) send(0);
    });
  }

  #take(from: Address, message: Message): void {
    const id = answeredBy(from, message);
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (waiting === undefined) return;
    if (message.kind === "GetReply" && message.busy) waiting.retryAt = this.#ground.now() + busyMs;
    else if (message.kind === "Overloaded") {
      this.#settle(waiting, () => waiting.reject(overloaded("the coordinator has as many transactions as it may")));
    } else this.#settle(waiting, () => waiting.resolve(message));
  }

  #tick(): void {
    const now = this.#ground.now();
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.deadline <= now) {
        const afterMs = Math.round(now - waiting.since);
        this.#settle(waiting, () => waiting.reject(new Timeout({ afterMs })));
      } else if (waiting.retryAt <= now) {
        waiting.retryAt = now + retryMs;
        waiting.tries += 1;
        if (this.#started) waiting.send(waiting.tries);
      }
    }
  }

  #settle(waiting: Waiting, tell: () => void): void {
    this.#waiting.delete(waiting.id);
    if (this.#waiting.size === 0) this.#ground.ticking(false);
    tell();
  }
}

/** The name of the call that a message answers. */
function answeredBy(from: Address, message: Message): string | undefined {
  switch (message.kind) {
    case "Begun":
      return `begin ${message.sequence}`;
    case "PutReply":
      return `put ${message.transaction} ${nodeOf(from)} ${message.sequence}`;
    case "Decision":
    case "Overloaded":
      return `commit ${message.transaction}`;
    case "GetReply":
      return `get ${message.sequence}`;
    default:
      return undefined;
  }
}

function overloaded(what: string): Overloaded {
  return new Overloaded({ message: `overloaded: ${what}`, mayTakeEffect: false });
}

/** @throws LimitError when it is too large */
function bytesOf(text: string, limit: "keyBytes" | "storedBytes"): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length > limits[limit]) throw new LimitError(limit, bytes.length);
  return bytes;
}
