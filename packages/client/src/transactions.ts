/**
 * A client of transactions over participants: it has a number for each, writes keys at the participants that have them,
 * and has all of it committed, or none.
 */
import { addressOf, ballotOwner, commit, limits, nodeOf, roleOf, type Address, type NodeRole } from "@synod/protocol";
import type { CallOptions } from "./admission.ts";
import { Calls } from "./calls.ts";
import { CommandRefused, Overloaded, TransactionExpired } from "./errors.ts";
import { Guest, type GuestOptions } from "./guest.ts";
import { decodeText, encodeKey, encodeValue } from "./texts.ts";

export interface TransactionClientOptions extends GuestOptions {
  /** Nodes 1 to `nodes` each have a participant and a coordinator. */
  readonly nodes: number;
  /** Who begins transactions and commits them. */
  readonly coordinator: NodeRole;
  /** Whether any coordinator can commit a transaction, or only the one that gave it its number. */
  readonly anyCoordinator: boolean;
}

type Message = commit.TransactionMessage;

interface Asked {
  /** Sends it, for the first time or again. */
  readonly send: (tries: number) => void;
  /** How often it was asked in vain. */
  tries: number;
}

/** Before a key is read again that a transaction under way writes, in milliseconds. */
const busyMs = 20;

export class TransactionClient extends Guest<Message> {
  readonly #options: TransactionClientOptions;
  readonly #calls: Calls<Message, Asked, Message>;
  /** By transaction that is open here: how many writes each node's participant was sent. */
  readonly #open = new Map<number, Map<number, number>>();
  #beginning = 0;
  #sequence = 0;

  constructor(options: TransactionClientOptions) {
    super(options);
    this.#options = options;
    this.#calls = this.seat(
      new Calls({
        ...this.ground,
        ask({ asked }, inVain) {
          if (inVain) asked.tries += 1;
          asked.send(asked.tries);
        },
        take: (message, from) => this.#take(message, from),
      }),
    );
  }

  /** Begins a transaction; resolves with its number. Rejects with Timeout, Overloaded, Cancelled or Closed, as all may. */
  async begin(options?: CallOptions): Promise<number> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const send = (tries: number): void => {
      const node = ((sequence + tries) % this.#options.nodes) + 1;
      this.ground.send(addressOf(this.#options.coordinator, node), { kind: "Begin", sequence });
    };
    const begun = await this.#begin(sequence, send, options);
    if (begun.kind !== "Begun") throw new TypeError(`expected Begun, got ${begun.kind}`);
    this.#open.set(begun.transaction, new Map());
    return begun.transaction;
  }

  /**
   * Writes a key in a transaction. Rejects with CommandRefused when that has aborted it: another transaction has the
   * key, or a participant that held a part of it has been down; with TransactionExpired when it is too old; and with
   * LimitError when key or value is too large.
   */
  async put(transaction: number, key: string, value: string, options?: CallOptions): Promise<void> {
    const writes = this.#writesOf(transaction);
    const write = { key: encodeKey(key), value: encodeValue(value) };
    const node = commit.ownerOf(write.key, this.#options.nodes);
    const sequence = (writes.get(node) ?? 0) + 1;
    writes.set(node, sequence);
    const to = addressOf("participant", node);
    const send = (): void => this.ground.send(to, { kind: "Put", transaction, sequence, ...write });
    const reply = await this.#call(`put ${transaction} ${node} ${sequence}`, send, options);
    if (reply.kind === "PutReply" && reply.held) return;
    if (this.#open.has(transaction)) await this.abort(transaction);
    if (reply.kind === "Closed") throw new TransactionExpired({ transaction });
    throw new CommandRefused({ message: `transaction ${transaction} is aborted: another one has the key` });
  }

  /**
   * Has a transaction committed; resolves with whether it was. After a Timeout that is not known, and may be asked
   * again. Rejects with TransactionExpired when so many have ended since it began that nobody can tell.
   */
  async commit(transaction: number, options?: CallOptions): Promise<boolean> {
    const participants = [...this.#writesOf(transaction)].map(([node, writes]) => ({ node, writes }));
    if (participants.length > 0) {
      const send = (tries: number): void => this.#askToCommit({ transaction, participants }, tries);
      const decision = await this.#call(`commit ${transaction}`, send, options);
      if (decision.kind === "Closed") {
        // Its locks may be held yet.
        await this.abort(transaction);
        throw new TransactionExpired({ transaction });
      }
      this.#open.delete(transaction);
      return decision.kind === "Decision" && decision.committed;
    }
    this.#open.delete(transaction);
    return true;
  }

  /** Gives a transaction up. One that is being committed may still be. */
  async abort(transaction: number): Promise<void> {
    for (const node of this.#writesOf(transaction).keys()) {
      this.ground.send(addressOf("participant", node), { kind: "Abort", transaction });
    }
    this.#open.delete(transaction);
  }

  /** What is committed of a key; undefined when there is none. It waits for a transaction that may have written it. */
  async get(key: string, options?: CallOptions): Promise<string | undefined> {
    const name = encodeKey(key);
    this.#sequence += 1;
    const sequence = this.#sequence;
    const to = addressOf("participant", commit.ownerOf(name, this.#options.nodes));
    const send = (): void => this.ground.send(to, { kind: "Get", sequence, key: name });
    const reply = await this.#call(`get ${sequence}`, send, options);
    return reply.kind === "GetReply" && reply.found ? decodeText(reply.value) : undefined;
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
    this.ground.send(addressOf(coordinator, node), { kind: "Commit", ...asked });
    if (tries === 0) return;
    for (const share of asked.participants) {
      this.ground.send(addressOf("participant", share.node), { kind: "Inquire", ...asked });
    }
  }

  /** One that begins will be open. */
  async #begin(sequence: number, send: Asked["send"], options: CallOptions | undefined): Promise<Message> {
    const open = this.#open.size + this.#beginning;
    if (open >= limits.transactions) throw overloaded(`${open} transactions are open here`);
    this.#beginning += 1;
    try {
      return await this.#call(`begin ${sequence}`, send, options);
    } finally {
      this.#beginning -= 1;
    }
  }

  async #call(name: string, send: Asked["send"], options: CallOptions | undefined): Promise<Message> {
    if (this.#calls.named(name).length > 0) throw new CommandRefused({ message: `${name}: it is under way already` });
    return this.#calls.call(name, { send, tries: 0 }, options);
  }

  #take(message: Message, from: Address): void {
    for (const call of this.#answered(from, message).flatMap((name) => [...this.#calls.named(name)])) {
      if (message.kind === "GetReply" && message.busy) this.#calls.askAfter(call, busyMs);
      else if (message.kind !== "Overloaded") this.#calls.answer(call, message);
      else this.#calls.fail(call, overloaded("the coordinator has as many transactions as it may"));
    }
  }

  /** The names of the calls that a message answers. */
  #answered(from: Address, message: Message): readonly string[] {
    if (message.kind !== "Closed" || roleOf(from) !== "participant") return [answeredBy(from, message) ?? ""];
    const { transaction } = message;
    const node = nodeOf(from);
    const writes = this.#open.get(transaction)?.get(node) ?? 0;
    return Array.from({ length: writes }, (_, index) => `put ${transaction} ${node} ${index + 1}`);
  }
}

/** The name of the call that a message answers, if it is one. */
function answeredBy(from: Address, message: Message): string | undefined {
  switch (message.kind) {
    case "Begun":
      return `begin ${message.sequence}`;
    case "PutReply":
      return `put ${message.transaction} ${nodeOf(from)} ${message.sequence}`;
    case "Decision":
    case "Overloaded":
    case "Closed":
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
