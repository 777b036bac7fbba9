/**
 * A client's session with the replicated state machine: batches what is called in a turn, keeps requests in order,
 * sends again what is not answered, follows the leader, and runs each command once.
 *
 * Commands of one session take effect in the order in which they were called. Queries see every command that was
 * answered before they were called.
 */
import { addressOf, type Address, type multi, type Random } from "@synod/protocol";
import type { Resident } from "@synod/driver";
import { addressRequest, encodeOpen, numberRead, ReplyReader, type Reply } from "@synod/machines";
import { DecodeError, type ByteReader, type ByteWriter } from "@synod/wire";
import type { Batch } from "./batch.ts";
import { Closed, NoQuorum, Overloaded, SessionExpired, Timeout, type ClientError } from "./errors.ts";
import { Intake, newCommands, newQueries, type CallOptions, type IntakeOptions } from "./intake.ts";
import { Target } from "./target.ts";

export interface SessionOptions extends IntakeOptions {
  /** The number of this client, unlike that of any other. */
  readonly client: number;
  readonly nodes: readonly number[];
  readonly send: (to: Address, message: multi.Message) => void;
  /** Numbers in [0, 1) that tell the openings and the reads of this session from all others; `Math.random` unless given. */
  readonly random?: Random;
}

/** What is sent again when its time has come. */
type Retried = Pick<Batch, "ticket" | "retryAt" | "refused" | "timesOverloaded">;

export interface SessionCounters {
  /** Replies whose bytes are not what they should be: taken for lost. */
  malformedReplies: number;
}

/** Requests under way at once: enough to keep every role busy, few enough that batches grow under load. */
const requestsUnderWay = 4;
/** Before an unanswered batch is sent again, in milliseconds. */
const resendMs = 250;
/** Before a refused batch is tried elsewhere, in milliseconds. */
const retryMs = 40;

export class Session implements Resident<multi.Message> {
  readonly #options: SessionOptions;
  readonly #random: Random;
  readonly #target: Target;
  readonly #address: Address;
  #inbox: multi.Message[] = [];

  #session: number | undefined;
  #opening: (Retried & { readonly nonce: number }) | undefined;
  #tickets: number;
  #nextSequence = 1;
  readonly #commands: Intake;
  readonly #queries: Intake;
  /** Sent and not answered, by sequence, in order. */
  readonly #requests = new Map<number, Batch>();
  /** Sent and not answered, by ticket. */
  readonly #reads = new Map<number, Batch>();
  readonly #replies = new ReplyReader();
  #started = false;
  #closed = false;
  /** Why the last refused batch was refused. */
  #refusal: multi.NoQuorum | multi.Overloaded | undefined;
  readonly counters: SessionCounters = { malformedReplies: 0 };

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    // Unlike those of an earlier process's client of the same number, whose answers may still be on their way.
    this.#tickets = Math.floor(this.#random() * 2 ** 52);
    this.#address = addressOf("client", options.client);
    this.#target = new Target(options.nodes);
    const ticking = (): void => options.ticking(this.outstanding > 0);
    this.#commands = new Intake(newCommands, { ...options, ticking });
    this.#queries = new Intake(newQueries, { ...options, ticking });
  }

  /** The paths to the cluster are there: what was called until now goes out. */
  start(): void {
    this.#started = true;
    this.#commands.wake();
  }

  /** Calls not answered yet. */
  get outstanding(): number {
    return this.#commands.open + this.#queries.open;
  }

  /** A command: `encode` writes it, `decode` reads its answer. Runs once, or fails with a ClientError. */
  command<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    options?: CallOptions,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => this.submitCommand(encode, decode, resolve, reject, options));
  }

  /** A linearizable query, which writes no log. */
  query<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    options?: CallOptions,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => this.submitQuery(encode, decode, resolve, reject, options));
  }

  /** `command` without a promise: calls back in the turn in which it is settled. Throws what is refused at once. */
  submitCommand<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
    options?: CallOptions,
  ): void {
    this.#commands.submit(encode, decode, resolve, reject, options);
  }

  /** `query` without a promise. */
  submitQuery<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => Answer,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
    options?: CallOptions,
  ): void {
    this.#queries.submit(encode, decode, resolve, reject, options);
  }

  post(_from: Address, message: multi.Message): void {
    this.#inbox.push(message);
  }

  get busy(): boolean {
    return this.#inbox.length > 0 || this.#commands.called || this.#queries.called;
  }

  turn(): void {
    this.#commands.turned();
    this.#queries.turned();
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

  get closed(): boolean {
    return this.#closed;
  }

  /** Fails everything outstanding. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#commands.close();
    this.#queries.close();
    for (const batch of this.#outstandingBatches()) batch.failAll(new Closed());
  }

  #flush(): void {
    if (this.#closed || !this.#started) return;
    const now = this.#options.now();
    while (this.#reads.size < requestsUnderWay) {
      const batch = this.#queries.take();
      if (batch === undefined) break;
      this.#sendQueries(batch, now);
    }
    if (!this.#commands.isWaiting) return;
    if (this.#session === undefined) {
      if (this.#opening === undefined) this.#open(now);
      return;
    }
    while (this.#requests.size < requestsUnderWay) {
      const batch = this.#commands.take();
      if (batch === undefined) break;
      batch.sequence = this.#nextSequence++;
      this.#requests.set(batch.sequence, batch);
      this.#sendCommands(batch, this.#session, now);
    }
  }

  #open(now: number): void {
    // Unlike any other's: a learner that takes back its log answers anew the openings of clients of earlier processes.
    const nonce = this.#opening?.nonce ?? Math.floor(this.#random() * Number.MAX_SAFE_INTEGER);
    const ticket = ++this.#tickets;
    this.#opening = { nonce, ticket, retryAt: now + resendMs, refused: false, timesOverloaded: 0 };
    const command = encodeOpen({ client: this.#address, replyTo: this.#target.learner }, nonce);
    this.#options.send(this.#target.proposer, { kind: "Request", sequence: ticket, command });
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
    batch.timesSent += 1;
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
    const reply = this.#readReply(bytes);
    if (reply === undefined) return;
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

  #readReply(bytes: Uint8Array): Reply | undefined {
    try {
      return this.#replies.read(bytes);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.counters.malformedReplies += 1;
      return undefined;
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
      this.#target.elsewhere(now);
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
    // A redirect says less: a leader that steps down redirects also what it has proposed.
    if (message.kind === "Overloaded" && !refused.refused) refused.timesOverloaded += 1;
    const now = this.#options.now();
    this.#refusal = message;
    if (message.kind === "NoQuorum") this.#target.elsewhere(now);
    this.#retrySoon(refused, now);
  }

  /** What was refused under a ticket, if it has not been answered or sent anew since. */
  #refusedOne(ticket: number): Retried | undefined {
    if (ticket === this.#opening?.ticket) return this.#opening;
    for (const batch of this.#outstandingBatches()) if (batch.ticket === ticket) return batch;
    return undefined;
  }

  #retrySoon(retried: Retried, now: number): void {
    retried.refused = true;
    retried.retryAt = Math.min(retried.retryAt, now + retryMs);
  }

  #expire(now: number): void {
    for (const batch of [...this.#commands.waiting, ...this.#queries.waiting, ...this.#outstandingBatches()]) {
      batch.expire(now, (since) => this.#givenUp(batch, since, now));
    }
    // A request that nobody waits for is given up: later ones acknowledge past it.
    for (const [sequence, batch] of this.#requests) if (batch.open === 0) this.#requests.delete(sequence);
    for (const [ticket, batch] of this.#reads) if (batch.open === 0) this.#reads.delete(ticket);
    if (this.#commands.open === 0) this.#opening = undefined;
  }

  #givenUp(batch: Batch, since: number, now: number): ClientError {
    const afterMs = Math.round(now - since);
    const refusal = this.#refusal;
    if (refusal?.kind === "NoQuorum") {
      return new NoQuorum({ reachable: refusal.reachable, needed: refusal.needed, afterMs });
    }
    if (refusal === undefined || !batch.alwaysRefused) return new Timeout({ afterMs });
    const message = "overloaded: the leader's queue is full; the command may still take effect";
    return new Overloaded({ message, mayTakeEffect: true });
  }

  *#outstandingBatches(): Iterable<Batch> {
    yield* this.#requests.values();
    yield* this.#reads.values();
  }
}
