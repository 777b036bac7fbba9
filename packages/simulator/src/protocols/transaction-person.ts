/**
 * A client of a commit protocol: it writes a few keys in a transaction and has it committed, or gives it up; or it reads
 * a key. A transaction that meets another one is aborted, and it goes on with another.
 */
import { addressOf, ballotOwner, commit, nodeOf, type Address, type NodeRole } from "@synod/protocol";
import type { Invocation } from "../world/history.ts";
import type { Person, PersonSurroundings } from "../world/protocol.ts";
import type { AnyCommitMessage } from "./transaction-watcher.ts";

type Message = commit.TransactionMessage;

export interface TransactionPersonOptions {
  readonly surroundings: PersonSurroundings<Message>;
  readonly nodes: readonly number[];
  /** Who begins transactions and commits them. */
  readonly coordinator: NodeRole;
  /** Whether any coordinator can commit a transaction, or only the one that gave it its number. */
  readonly anyCoordinator: boolean;
  /** Few: so that transactions meet. */
  readonly keys: readonly string[];
}

/** Ticks after which it asks again. */
const retryTicks = 12;
const patienceTicks = 250;
const hastyTicks = 20;
/** At the end: a participant may be lost, and then it tries other keys. */
const finishingTicks = 60;
/** How late a message may come again. */
const latestMicroseconds = 1_000_000;

/** One write, with what the history knows of it once the transaction is to be committed. */
interface Writing {
  readonly node: number;
  readonly sequence: number;
  readonly key: string;
  readonly text: string;
  held: boolean;
  invocation: Invocation | undefined;
}

type Doing =
  | { readonly what: "reading"; readonly sequence: number; readonly key: string; readonly invocation: Invocation }
  | { readonly what: "beginning"; readonly sequence: number; readonly keys: readonly string[] }
  | {
      readonly what: "writing";
      readonly transaction: number;
      readonly writes: readonly Writing[];
      /** It asks for the next write when the one before it is held. */
      readonly isOneByOne: boolean;
    }
  | { readonly what: "committing"; readonly transaction: number; readonly writes: readonly Writing[] };

export class TransactionPerson implements Person<Message> {
  readonly resident = {
    busy: false,
    post: (from: Address, message: AnyCommitMessage): void => this.#take(from, message),
    turn: (): void => undefined,
    tick: (): void => this.#tick(),
  };
  satisfied = false;
  readonly #options: TransactionPersonOptions;
  readonly #surroundings: PersonSurroundings<Message>;
  #doing: Doing | undefined;
  #ageTicks = 0;
  #untilTicks = patienceTicks;
  #asked = 0;
  #finishing = false;

  constructor(options: TransactionPersonOptions) {
    this.#options = options;
    this.#surroundings = options.surroundings;
  }

  begin(): void {
    this.#think();
  }

  finish(): void {
    this.#finishing = true;
    if (this.#doing === undefined) this.#next();
  }

  #think(): void {
    const { randomness, after } = this.#surroundings;
    after(randomness.integer(0, this.#finishing ? 50_000 : 100_000), () => {
      if (this.#doing === undefined && !this.satisfied) this.#next();
    });
  }

  #next(): void {
    const { randomness, manners, history } = this.#surroundings;
    const { keys } = this.#options;
    this.#asked += 1;
    this.#ageTicks = 0;
    this.#untilTicks = this.#drawPatience();
    const sequence = this.#asked;
    if (!this.#finishing && randomness.chance(0.4)) {
      const key = randomness.pick(keys);
      const invocation = history.invoke(history.newProcess(), "get", key, null);
      this.#doing = { what: "reading", sequence, key, invocation };
    } else {
      const isCrowding = randomness.chance(manners.crowding);
      if (isCrowding) this.#surroundings.struck("crowding");
      const count = isCrowding ? keys.length : randomness.integer(1, this.#finishing ? 2 : 3);
      this.#doing = { what: "beginning", sequence, keys: randomness.sample(keys, count) };
    }
    this.#ask();
  }

  #drawPatience(): number {
    const { randomness, manners, struck } = this.#surroundings;
    if (this.#finishing) return finishingTicks;
    if (!randomness.chance(manners.impatience)) return patienceTicks;
    struck("impatience");
    return randomness.integer(1, hastyTicks);
  }

  /** Sends what it has no answer to. */
  #ask(): void {
    const { randomness } = this.#surroundings;
    const { nodes, coordinator } = this.#options;
    const doing = this.#doing;
    switch (doing?.what) {
      case "reading": {
        const { sequence, key } = doing;
        return this.#send("participant", this.#ownerOf(key), { kind: "Get", sequence, key: bytesOf(key) });
      }
      case "beginning":
        return this.#send(coordinator, randomness.pick(nodes), { kind: "Begin", sequence: doing.sequence });
      case "writing":
        return this.#askToHold(doing);
      case "committing":
        return this.#askToCommit(doing.transaction, doing.writes);
      case undefined:
        return;
    }
  }

  #askToHold({ transaction, writes, isOneByOne }: Doing & { what: "writing" }): void {
    const waiting = writes.filter(({ held }) => !held);
    for (const write of isOneByOne ? waiting.slice(0, 1) : waiting) this.#put(transaction, write);
  }

  #put(transaction: number, { node, sequence, key, text }: Writing): void {
    const write = { key: bytesOf(key), value: bytesOf(text) };
    this.#send("participant", node, { kind: "Put", transaction, sequence, ...write });
  }

  /** The coordinator that gave it its number; when it is late, another one, and the participants. */
  #askToCommit(transaction: number, writes: readonly Writing[]): void {
    const { randomness } = this.#surroundings;
    const { nodes, coordinator, anyCoordinator } = this.#options;
    const participants = sharesOf(writes);
    const isLate = this.#ageTicks >= retryTicks;
    const own = ballotOwner(transaction, nodes.length);
    const node = anyCoordinator && isLate ? randomness.pick(nodes) : own;
    this.#send(coordinator, node, { kind: "Commit", transaction, participants });
    if (!isLate) return;
    for (const share of participants) {
      this.#send("participant", share.node, { kind: "Inquire", transaction, participants });
    }
  }

  #send(role: NodeRole, node: number, message: Message): void {
    const { randomness, manners, send, after, struck } = this.#surroundings;
    send(addressOf(role, node), message);
    if (!randomness.chance(manners.repetition)) return;
    struck("repetition");
    const elsewhere = addressOf(role, randomness.chance(0.5) ? node : randomness.pick(this.#options.nodes));
    after(randomness.integer(0, latestMicroseconds), () => send(elsewhere, message));
  }

  #take(from: Address, message: AnyCommitMessage): void {
    const doing = this.#doing;
    switch (message.kind) {
      case "Begun":
        if (doing?.what === "beginning" && doing.sequence === message.sequence) {
          this.#write(message.transaction, doing.keys);
        }
        return;
      case "PutReply":
        if (doing?.what === "writing" && doing.transaction === message.transaction)
          this.#held(doing, nodeOf(from), message);
        return;
      case "GetReply":
        if (doing?.what !== "reading" || doing.sequence !== message.sequence || message.busy) return;
        doing.invocation.ok(message.found ? textOf(message.value) : null);
        return this.#rest();
      case "Decision":
        if (doing?.what !== "committing" || doing.transaction !== message.transaction) return;
        return this.#decided(doing.writes, message.committed);
      default:
        return;
    }
  }

  #write(transaction: number, keys: readonly string[]): void {
    const sequences = new Map<number, number>();
    const writes = keys.map((key) => {
      const node = this.#ownerOf(key);
      const sequence = (sequences.get(node) ?? 0) + 1;
      sequences.set(node, sequence);
      const text = `${this.#surroundings.address}-${this.#asked}`;
      return { node, sequence, key, text, held: false, invocation: undefined };
    });
    const isOneByOne = this.#surroundings.randomness.chance(0.5);
    this.#doing = { what: "writing", transaction, writes, isOneByOne };
    this.#ask();
  }

  #held(doing: Doing & { what: "writing" }, node: number, { sequence, held }: commit.PutReply): void {
    const { transaction, writes } = doing;
    if (!held) return this.#giveUp(transaction, writes);
    for (const write of writes) write.held ||= write.node === node && write.sequence === sequence;
    if (writes.every((write) => write.held)) this.#commit(transaction, writes);
    else if (doing.isOneByOne) this.#ask();
  }

  #commit(transaction: number, writes: readonly Writing[]): void {
    const { randomness, manners, history, struck } = this.#surroundings;
    if (randomness.chance(manners.fickleness)) {
      struck("fickleness");
      return this.#giveUp(transaction, writes);
    }
    if (randomness.chance(manners.departure)) {
      // Its locks stay, until the participants let them go.
      struck("departure");
      this.#surroundings.move();
      return this.#rest();
    }
    for (const write of writes) write.invocation = history.invoke(history.newProcess(), "put", write.key, write.text);
    this.#ageTicks = 0;
    this.#doing = { what: "committing", transaction, writes };
    this.#ask();
  }

  #giveUp(transaction: number, writes: readonly Writing[]): void {
    for (const { node } of sharesOf(writes)) this.#send("participant", node, { kind: "Abort", transaction });
    this.#rest();
  }

  #decided(writes: readonly Writing[], committed: boolean): void {
    for (const { invocation } of writes) {
      if (committed) invocation?.ok("ok");
      else invocation?.fail();
    }
    this.satisfied = this.#finishing && committed;
    this.#rest();
  }

  #rest(): void {
    this.#doing = undefined;
    if (!this.satisfied) this.#think();
  }

  #tick(): void {
    const doing = this.#doing;
    if (doing === undefined) return;
    this.#ageTicks += 1;
    if (this.#ageTicks < this.#untilTicks) {
      if (this.#ageTicks % retryTicks === 0) this.#ask();
      return;
    }
    if (doing.what === "reading") doing.invocation.fail();
    if (doing.what === "writing") return this.#giveUp(doing.transaction, doing.writes);
    if (doing.what === "committing") for (const { invocation } of doing.writes) invocation?.info();
    this.#rest();
  }

  #ownerOf(key: string): number {
    return commit.ownerOf(bytesOf(key), this.#options.nodes.length);
  }
}

function sharesOf(writes: readonly Writing[]): readonly commit.Share[] {
  const nodes = [...new Set(writes.map(({ node }) => node))].sort((one, other) => one - other);
  return nodes.map((node) => ({ node, writes: writes.filter((write) => write.node === node).length }));
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
