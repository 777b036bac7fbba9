/**
 * A client's session with the replicated state machine: batches what is called in a turn, keeps requests in order,
 * sends again what is not answered, follows the leader, and runs each command once.
 *
 * Commands of one session take effect in the order in which they were called. Queries see every command that was
 * answered before they were called.
 */
import { addressOf, limits, type Address, type multi } from "@synod/protocol";
import type { Resident } from "@synod/driver";
import { addressRequest, encodeOpen, numberRead, QueryWriter, ReplyReader, RequestWriter } from "@synod/machines";
import type { ByteReader, ByteWriter } from "@synod/wire";
import { Batch, type Call } from "./batch.ts";
import { Cancelled, Closed, NoQuorum, Overloaded, SessionExpired, Timeout, type ClientError } from "./errors.ts";
import { Target } from "./target.ts";

export interface CallOptions {
  /** How long to try, in milliseconds; 5000 unless told. */
  readonly deadlineMs?: number;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

export interface SessionOptions {
  /** The number of this client, unlike that of any other. */
  readonly client: number;
  readonly nodes: readonly number[];
  readonly send: (to: Address, message: multi.Message) => void;
  /** Asks for a turn soon: what is called until then travels together. */
  readonly wake: () => void;
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number;
  /** Says whether ticks are needed: nothing is outstanding without them. */
  readonly ticking: (needed: boolean) => void;
}

/** What is sent again when its time has come. */
type Retried = Pick<Batch, "retryAt" | "refused">;

const defaultDeadlineMs = 5000;
/** Requests under way at once: enough to keep every role busy, few enough that batches grow under load. */
const requestsUnderWay = 4;
/** A batch that has grown to this takes no further call; a quarter of what a value may be. */
const batchBytes = limits.valueBytes / 4;
/** Before an unanswered batch is sent again, in milliseconds. */
const resendMs = 250;
/** Before a refused batch is tried elsewhere, in milliseconds. */
const retryMs = 40;

export class Session implements Resident<multi.Message> {
  readonly #options: SessionOptions;
  readonly #target: Target;
  readonly #address: Address;
  #inbox: multi.Message[] = [];

  #session: number | undefined;
  #opening: { readonly nonce: number; retryAt: number; refused: boolean } | undefined;
  #tickets = 0;
  #nextSequence = 1;
  /** Full or waiting for its turn; the last one takes new commands. */
  #commands: Batch[] = [];
  /** Sent and not answered, by sequence, in order. */
  readonly #requests = new Map<number, Batch>();
  #queries: Batch[] = [];
  /** Sent and not answered, by ticket. */
  readonly #reads = new Map<number, Batch>();
  /** Calls not settled. */
  #calls = 0;
  /** Something was called since the last turn. */
  #called = false;
  readonly #replies = new ReplyReader();
  #started = false;
  #closed = false;
  /** Why the last refused batch was refused. */
  #refusal: multi.NoQuorum | multi.Overloaded | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#address = addressOf("client", options.client);
    this.#target = new Target(options.nodes);
  }

  /** The paths to the cluster are there: what was called until now goes out. */
  start(): void {
    this.#started = true;
    this.#called = true;
    this.#options.wake();
  }

  /** Calls not answered yet. */
  get outstanding(): number {
    return this.#calls;
  }

  /** A command: `encode` writes it, `decode` reads its answer. Runs once, or fails with a ClientError. */
  command<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    options?: CallOptions,
  ): Promise<Answer> {
    return this.#call(this.#commands, newCommands, encode, decode, options);
  }

  /** A linearizable query, which writes no log. */
  query<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    options?: CallOptions,
  ): Promise<Answer> {
    return this.#call(this.#queries, newQueries, encode, decode, options);
  }

  post(_from: Address, message: multi.Message): void {
    this.#inbox.push(message);
  }

  get busy(): boolean {
    return this.#inbox.length > 0 || this.#called;
  }

  turn(): void {
    this.#called = false;
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const message of inbox) this.#take(message);
    this.#flush();
  }

  tick(): void {
    if (this.#closed) return;
    const now = this.#options.now();
    this.#expire(now);
    this.#sendLateAgain(now);
    this.#flush();
  }

  /** Fails everything outstanding. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const batch of [...this.#commands, ...this.#queries, ...this.#outstandingBatches()]) {
      this.#calls -= batch.open;
      batch.failAll(new Closed());
    }
    this.#options.ticking(false);
  }

  #call<Answer>(
    batches: Batch[],
    newBatch: () => Batch,
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    options: CallOptions | undefined,
  ): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const signal = options?.signal;
      if (this.#closed) return reject(new Closed());
      if (signal?.aborted === true) return reject(new Cancelled({ reason: signal.reason }));
      if (this.#calls >= limits.clientCommands) {
        return reject(new Overloaded({ message: `overloaded: ${this.#calls} calls of this client wait already` }));
      }
      const since = this.#options.now();
      const settled = (): void => {
        this.#settled();
        signal?.removeEventListener("abort", abort);
      };
      const call: Call = {
        answer: (reply) => {
          settled();
          try {
            resolve(decode(reply));
          } catch (failure) {
            reject(failure);
          }
        },
        fail: (error) => {
          settled();
          reject(error);
        },
        since,
        deadline: since + (options?.deadlineMs ?? defaultDeadlineMs),
      };
      const batch = batchFor(batches, newBatch);
      const abort = (): void => batch.drop(call, new Cancelled({ reason: signal?.reason }));
      batch.add(encode, call);
      this.#calls += 1;
      if (this.#calls === 1) this.#options.ticking(true);
      signal?.addEventListener("abort", abort);
      if (!this.#called) {
        this.#called = true;
        this.#options.wake();
      }
    });
  }

  #settled(): void {
    this.#calls -= 1;
    if (this.#calls === 0 && !this.#closed) this.#options.ticking(false);
  }

  #flush(): void {
    if (this.#closed || !this.#started) return;
    const now = this.#options.now();
    while (this.#queries.length > 0 && this.#reads.size < requestsUnderWay) {
      const batch = this.#queries.shift();
      if (batch === undefined || batch.open === 0) continue;
      this.#sendQueries(batch, now);
    }
    if (this.#commands.length === 0) return;
    if (this.#session === undefined) {
      if (this.#opening === undefined) this.#open(now);
      return;
    }
    while (this.#commands.length > 0 && this.#requests.size < requestsUnderWay) {
      const batch = this.#commands.shift();
      // Nobody waits for it any more, and it was never sent.
      if (batch === undefined || batch.open === 0) continue;
      batch.sequence = this.#nextSequence++;
      this.#requests.set(batch.sequence, batch);
      this.#sendCommands(batch, this.#session, now);
    }
  }

  #open(now: number): void {
    const nonce = this.#opening?.nonce ?? ++this.#tickets;
    this.#opening = { nonce, retryAt: now + resendMs, refused: false };
    const command = encodeOpen({ client: this.#address, replyTo: this.#target.learner }, nonce);
    this.#options.send(this.#target.proposer, { kind: "Request", sequence: nonce, command });
  }

  #sendCommands(batch: Batch, session: number, now: number): void {
    this.#stamp(batch, now);
    const [acknowledged = batch.sequence] = this.#requests.keys();
    const { sequence, bytes: command } = batch;
    const { learner: replyTo } = this.#target;
    addressRequest(command, { client: this.#address, replyTo, session, sequence, acknowledged });
    this.#options.send(this.#target.proposer, { kind: "Request", sequence: batch.ticket, command });
  }

  #stamp(batch: Batch, now: number): void {
    batch.ticket = ++this.#tickets;
    batch.retryAt = now + resendMs;
    batch.refused = false;
  }

  #sendQueries(batch: Batch, now: number): void {
    this.#reads.delete(batch.ticket);
    this.#stamp(batch, now);
    this.#reads.set(batch.ticket, batch);
    const { bytes: query } = batch;
    const { learner } = this.#target;
    numberRead(query, batch.ticket);
    this.#options.send(this.#target.proposer, { kind: "Read", sequence: batch.ticket, learner, query });
  }

  #sendLateAgain(now: number): void {
    const opening = this.#opening;
    const late = [...this.#outstandingBatches()].filter((batch) => batch.retryAt <= now);
    if (opening !== undefined && opening.retryAt <= now) {
      if (!opening.refused) this.#target.unanswered(now);
      this.#open(now);
    }
    if (late.length === 0) return;
    if (late.some(({ refused }) => !refused)) this.#target.unanswered(now);
    // In order, and with those behind it, which wait for it.
    this.#resend(now, () => true);
  }

  /** Sends again, in order, what has been sent and is not answered. */
  #resend(now: number, which: (batch: Batch) => boolean): void {
    if (this.#session !== undefined) {
      for (const batch of this.#requests.values()) {
        if (which(batch)) this.#sendCommands(batch, this.#session, now);
      }
    }
    for (const batch of [...this.#reads.values()]) if (which(batch)) this.#sendQueries(batch, now);
  }

  #take(message: multi.Message): void {
    switch (message.kind) {
      case "Response":
        return this.#reply(message.reply);
      case "Redirect":
        return this.#redirected(message);
      case "NoQuorum":
      case "Overloaded":
        return this.#refused(message);
      default:
        return;
    }
  }

  #reply(bytes: Uint8Array): void {
    const replies = this.#replies;
    const reply = replies.read(bytes);
    this.#refusal = undefined;
    if (reply.kind === "opened") {
      if (reply.nonce !== this.#opening?.nonce) return;
      this.#opening = undefined;
      this.#session = reply.session;
      return;
    }
    if (reply.kind === "read") {
      const read = this.#reads.get(reply.sequence);
      this.#reads.delete(reply.sequence);
      read?.answer(replies);
      return;
    }
    if (reply.session !== this.#session) return;
    switch (reply.kind) {
      case "done": {
        const request = this.#requests.get(reply.sequence);
        this.#requests.delete(reply.sequence);
        request?.answer(replies);
        return;
      }
      case "outOfOrder": {
        const now = this.#options.now();
        // One that came too early is as good as lost: it goes again with those before it.
        for (const batch of this.#requests.values()) {
          if (batch.sequence >= reply.expected) this.#retrySoon(batch, now);
        }
        return;
      }
      case "expired":
        return this.#expired();
    }
  }

  #expired(): void {
    const lost = [...this.#requests.values()];
    this.#requests.clear();
    this.#session = undefined;
    this.#nextSequence = 1;
    for (const batch of lost) batch.failAll(new SessionExpired());
  }

  #redirected({ sequence, leader }: multi.Redirect): void {
    const refused = this.#refusedOne(sequence);
    if (refused === undefined) return;
    const now = this.#options.now();
    if (leader === 0 || addressOf("proposer", leader) === this.#target.proposer) {
      this.#target.elsewhere();
      this.#retrySoon(refused, now);
      return;
    }
    this.#target.follow(leader, now);
    if (refused === this.#opening) this.#open(now);
    // The batches behind it went the same wrong way.
    else this.#resend(now, () => true);
  }

  #refused(message: multi.NoQuorum | multi.Overloaded): void {
    const refused = this.#refusedOne(message.sequence);
    if (refused === undefined) return;
    this.#refusal = message;
    if (message.kind === "NoQuorum") this.#target.elsewhere();
    this.#retrySoon(refused, this.#options.now());
  }

  /** What was refused under a ticket, if it has not been answered or sent anew since. */
  #refusedOne(ticket: number): Retried | undefined {
    if (ticket === this.#opening?.nonce) return this.#opening;
    for (const batch of this.#outstandingBatches()) if (batch.ticket === ticket) return batch;
    return undefined;
  }

  #retrySoon(retried: Retried, now: number): void {
    retried.refused = true;
    retried.retryAt = Math.min(retried.retryAt, now + retryMs);
  }

  #expire(now: number): void {
    const errorOf = (call: Call): ClientError => this.#givenUp(call, now);
    for (const batch of [...this.#commands, ...this.#queries, ...this.#outstandingBatches()]) {
      batch.expire(now, errorOf);
    }
    // A request that nobody waits for is given up: later ones acknowledge past it.
    for (const [sequence, batch] of this.#requests) if (batch.open === 0) this.#requests.delete(sequence);
    for (const [ticket, batch] of this.#reads) if (batch.open === 0) this.#reads.delete(ticket);
    if (this.#calls === 0) this.#opening = undefined;
  }

  #givenUp({ since }: Call, now: number): ClientError {
    const afterMs = Math.round(now - since);
    const refusal = this.#refusal;
    if (refusal === undefined) return new Timeout({ afterMs });
    if (refusal.kind === "Overloaded") return new Overloaded({ message: "overloaded: the leader's queue is full" });
    return new NoQuorum({ reachable: refusal.reachable, needed: refusal.needed, afterMs });
  }

  *#outstandingBatches(): Iterable<Batch> {
    yield* this.#requests.values();
    yield* this.#reads.values();
  }
}

/** The batch that takes the next call. One grows well beyond its limit only by a last large call, and fits a value. */
function batchFor(batches: Batch[], newBatch: () => Batch): Batch {
  const last = batches.at(-1);
  if (last !== undefined && last.sizeBytes < batchBytes) return last;
  const batch = newBatch();
  batches.push(batch);
  return batch;
}

function newCommands(): Batch {
  const writer = new RequestWriter();
  // Whom it is for and from is known when it is sent.
  writer.begin({ client: 0, replyTo: 0, session: 0, sequence: 0, acknowledged: 0 });
  return new Batch(writer);
}

function newQueries(): Batch {
  const writer = new QueryWriter();
  writer.begin(0);
  return new Batch(writer);
}
