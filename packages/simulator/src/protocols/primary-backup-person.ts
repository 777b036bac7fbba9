/**
 * A client of primary-backup: it asks whom it takes for the primary, and when that one is late, the view server and
 * another server.
 */
import { addressOf, commit, type Address } from "@synod/protocol";
import type { Invocation } from "../world/history.ts";
import type { Person, PersonSurroundings } from "../world/protocol.ts";

type Message = commit.primaryBackup.Message;

export interface PrimaryBackupPersonOptions {
  readonly surroundings: PersonSurroundings<Message>;
  readonly servers: readonly Address[];
  /** Few: so that operations meet. */
  readonly keys: readonly string[];
}

/** Ticks after which it asks again. */
const retryTicks = 12;
const patienceTicks = 250;
const hastyTicks = 20;
/** How late a message may come again. */
const latestMicroseconds = 1_000_000;

const viewServer = addressOf("view-server", commit.primaryBackup.viewServerNode);

interface Asking {
  readonly message: Message & { readonly sequence: number };
  readonly invocation: Invocation;
  readonly isRead: boolean;
  readonly isLast: boolean;
  readonly untilTicks: number;
  ageTicks: number;
}

export class PrimaryBackupPerson implements Person<Message> {
  readonly resident = {
    busy: false,
    post: (_from: Address, message: Message): void => this.#take(message),
    turn: (): void => undefined,
    tick: (): void => this.#tick(),
  };
  satisfied = false;
  readonly #options: PrimaryBackupPersonOptions;
  readonly #surroundings: PersonSurroundings<Message>;
  #primary: Address | undefined;
  #address: Address;
  #asking: Asking | undefined;
  #asked = 0;
  #finishing = false;

  constructor(options: PrimaryBackupPersonOptions) {
    this.#options = options;
    this.#surroundings = options.surroundings;
    this.#address = options.surroundings.address;
  }

  begin(): void {
    this.#think();
  }

  finish(): void {
    this.#finishing = true;
    if (this.#asking === undefined) this.#next();
  }

  #think(): void {
    const { randomness, after } = this.#surroundings;
    after(randomness.integer(0, this.#finishing ? 50_000 : 100_000), () => {
      if (this.#asking === undefined && !this.satisfied) this.#next();
    });
  }

  #next(): void {
    const { randomness, history, manners, struck } = this.#surroundings;
    if (randomness.chance(manners.departure)) {
      struck("departure");
      this.#address = this.#surroundings.move();
    }
    this.#asked += 1;
    const sequence = this.#asked;
    const key = randomness.pick(this.#options.keys);
    const isRead = !this.#finishing && randomness.chance(0.5);
    const text = `${this.#address}-${sequence}`;
    const message: Asking["message"] = isRead
      ? { kind: "Get", sequence, key: bytesOf(key) }
      : { kind: "Put", sequence, key: bytesOf(key), value: bytesOf(text), removed: false };
    const invocation = history.invoke(history.newProcess(), isRead ? "get" : "put", key, isRead ? null : text);
    const untilTicks = this.#finishing ? Infinity : this.#drawPatience();
    this.#asking = { message, invocation, isRead, isLast: this.#finishing, untilTicks, ageTicks: 0 };
    this.#send(this.#primary ?? viewServer);
    if (!randomness.chance(manners.crowding)) return;
    struck("crowding");
    for (const server of this.#options.servers) this.#send(server);
  }

  /** How long it waits for an answer, in ticks: it may be hasty, or want something else. */
  #drawPatience(): number {
    const { randomness, manners, struck } = this.#surroundings;
    for (const manner of ["impatience", "fickleness"] as const) {
      if (!randomness.chance(manners[manner])) continue;
      struck(manner);
      return randomness.integer(1, hastyTicks);
    }
    return patienceTicks;
  }

  #send(to: Address): void {
    if (this.#asking === undefined) return;
    const { randomness, manners, send, after, struck } = this.#surroundings;
    const message: Message = to === viewServer ? { kind: "AskView" } : this.#asking.message;
    send(to, message);
    if (!randomness.chance(manners.repetition)) return;
    struck("repetition");
    const elsewhere = to === viewServer ? to : randomness.pick(this.#options.servers);
    after(randomness.integer(0, latestMicroseconds), () => send(elsewhere, message));
  }

  #take(message: Message): void {
    const asking = this.#asking;
    switch (message.kind) {
      case "View":
        this.#primary = message.primary === 0 ? undefined : addressOf("server", message.primary);
        if (this.#primary !== undefined && asking !== undefined) this.#send(this.#primary);
        return;
      case "PutReply":
        if (asking?.message.kind === "Put" && asking.message.sequence === message.sequence) this.#end(asking, "ok");
        return;
      case "GetReply":
        if (asking?.message.kind !== "Get" || asking.message.sequence !== message.sequence) return;
        return this.#end(asking, message.found ? textOf(message.value) : null);
      case "NotPrimary":
        if (asking?.message.sequence === message.sequence) this.#primary = undefined;
        return;
      default:
        return;
    }
  }

  #end({ invocation, isLast }: Asking, answer: unknown): void {
    invocation.ok(answer);
    this.satisfied = isLast;
    this.#rest();
  }

  #rest(): void {
    this.#asking = undefined;
    if (this.satisfied) return;
    if (this.#finishing) this.#next();
    else this.#think();
  }

  #tick(): void {
    const asking = this.#asking;
    if (asking === undefined) return;
    asking.ageTicks += 1;
    if (asking.ageTicks >= asking.untilTicks) {
      if (asking.isRead) asking.invocation.fail();
      else asking.invocation.info();
      return this.#rest();
    }
    if (asking.ageTicks % retryTicks !== 0) return;
    this.#send(viewServer);
    this.#send(this.#surroundings.randomness.pick(this.#options.servers));
  }
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
