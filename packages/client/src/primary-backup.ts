/**
 * A client of primary-backup: it asks the view server who the primary is, and that one for all else.
 *
 * One request is under way at a time, in the order called: the servers remember of each client only the number of its
 * last write.
 */
import { addressOf, commit, limits, type Address } from "@synod/protocol";
import type { Resident } from "@synod/driver";
import { LimitError } from "@synod/machines";
import type { Endpoint } from "@synod/transports";
import type { PathEnd } from "@synod/transports/message-port";
import { Closed, Overloaded, Timeout } from "./errors.ts";
import { Station, type ClusterGuest, type StationGround, type StationOptions } from "./station.ts";

type Message = commit.primaryBackup.Message;
type Reply = commit.primaryBackup.PutReply | commit.primaryBackup.GetReply;

export interface PrimaryOptions {
  /** How long to try, in milliseconds; 5000 unless told. */
  readonly deadlineMs?: number;
}

/** One call that waits. */
interface Waiting {
  readonly message: (commit.primaryBackup.Put | commit.primaryBackup.Get) & Message;
  readonly since: number;
  readonly deadline: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** Before the view server is asked again, in milliseconds: when nobody answers, and when who answers is no primary. */
const retryMs = 250;
const redirectMs = 20;
const defaultDeadlineMs = 5000;

const viewServer = addressOf("view-server", commit.primaryBackup.viewServerNode);

export class PrimaryClient implements ClusterGuest {
  readonly #station: Station<Message>;
  readonly #ground: StationGround<Message>;
  /** In the order called; the first one is under way. */
  readonly #waiting: Waiting[] = [];
  #primary: Address | undefined;
  #retryAt = 0;
  /** A later process may have the same address, and its numbers must be higher: they begin with the time. */
  #sequence = Date.now() * 1000;
  #started = false;
  #closed = false;

  constructor(options: StationOptions) {
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

  /** Stores a value. Rejects with Timeout, Overloaded, Closed, or LimitError when key or value is too large. */
  async put(key: string, value: string, options?: PrimaryOptions): Promise<void> {
    const write = { key: bytesOf(key, "keyBytes"), value: bytesOf(value, "storedBytes") };
    await this.#call((sequence) => ({ kind: "Put", sequence, ...write, removed: false }), options);
  }

  /** Removes a value, whether there is one or not. Rejects as `put` does. */
  async delete(key: string, options?: PrimaryOptions): Promise<void> {
    const write = { key: bytesOf(key, "keyBytes"), value: new Uint8Array(0), removed: true };
    await this.#call((sequence) => ({ kind: "Put", sequence, ...write }), options);
  }

  /** The value that whoever takes itself for the primary has; undefined when there is none. Rejects as `put` does. */
  async get(key: string, options?: PrimaryOptions): Promise<string | undefined> {
    const name = bytesOf(key, "keyBytes");
    const reply = await this.#call((sequence) => ({ kind: "Get", sequence, key: name }), options);
    return reply.kind === "GetReply" && reply.found ? Buffer.from(reply.value).toString() : undefined;
  }

  start(): void {
    this.#started = true;
    this.#send();
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
    for (const { reject } of this.#waiting.splice(0)) reject(new Closed());
    this.#station.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #resident(): Resident<Message> {
    return {
      busy: false,
      post: (_from: Address, message: Message) => this.#take(message),
      turn: () => undefined,
      tick: () => this.#tick(),
    };
  }

  #call(messageOf: (sequence: number) => Waiting["message"], options: PrimaryOptions = {}): Promise<Reply> {
    const { deadlineMs = defaultDeadlineMs } = options;
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Closed();
      if (!(deadlineMs >= 0)) throw new RangeError(`deadlineMs: expected a number from 0, got ${deadlineMs}`);
      if (this.#waiting.length >= limits.clientCommands) {
        const message = `overloaded: ${this.#waiting.length} calls of this client wait already`;
        throw new Overloaded({ message, mayTakeEffect: false });
      }
      this.#sequence += 1;
      const since = this.#ground.now();
      const message = messageOf(this.#sequence);
      this.#waiting.push({ message, since, deadline: since + deadlineMs, resolve, reject });
      this.#ground.ticking(true);
      if (this.#waiting.length === 1) this.#send();
    });
  }

  /** Asks the primary, as far as it is known, else who that is. */
  #send(): void {
    const [first] = this.#waiting;
    if (first === undefined || !this.#started) return;
    this.#retryAt = this.#ground.now() + retryMs;
    if (this.#primary === undefined) this.#ground.send(viewServer, { kind: "AskView" });
    else this.#ground.send(this.#primary, first.message);
  }

  #take(message: Message): void {
    const [first] = this.#waiting;
    switch (message.kind) {
      case "View":
        if (message.primary === 0 || this.#primary !== undefined) return;
        this.#primary = addressOf("server", message.primary);
        return this.#send();
      case "NotPrimary":
        if (first?.message.sequence !== message.sequence) return;
        this.#primary = undefined;
        this.#retryAt = this.#ground.now() + redirectMs;
        return;
      case "PutReply":
      case "GetReply":
        if (first?.message.sequence !== message.sequence) return;
        this.#waiting.shift();
        first.resolve(message);
        return this.#next();
      default:
        return; // Not for a client.
    }
  }

  #tick(): void {
    const now = this.#ground.now();
    const [first] = this.#waiting;
    for (const late of this.#waiting.filter(({ deadline }) => deadline <= now)) {
      this.#waiting.splice(this.#waiting.indexOf(late), 1);
      late.reject(new Timeout({ afterMs: Math.round(now - late.since) }));
    }
    if (this.#waiting[0] !== first) return this.#next();
    if (this.#retryAt > now) return;
    this.#primary = undefined;
    this.#send();
  }

  #next(): void {
    if (this.#waiting.length === 0) this.#ground.ticking(false);
    else this.#send();
  }
}

/** @throws LimitError when it is too large */
function bytesOf(text: string, limit: "keyBytes" | "storedBytes"): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length > limits[limit]) throw new LimitError(limit, bytes.length);
  return bytes;
}
