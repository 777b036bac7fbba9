/**
 * A client's session with the replicated state machine: batches what is called in a turn, keeps requests in order,
 * sends again what is not answered, follows the leader, and runs each command once.
 *
 * Commands of one session take effect in the order in which they were called. Queries see every command that was
 * answered before they were called.
 */
import { addressOf, type Access, type Address, type NoQuorum as NoQuorumMessage } from "@synod/protocol";
import type { Overloaded as OverloadedMessage, Random, Redirect, Request, ServiceMessage } from "@synod/protocol";
import type { Resident } from "@synod/driver";
import { addressRequest, encodeOpen, encodeRead, numberRead, ReplyReader, type Reply } from "@synod/machines";
import { DecodeError, type ByteReader, type ByteWriter } from "@synod/wire";
import type { CallOptions } from "./admission.ts";
import type { Batch } from "./batch.ts";
import { Closed, NoQuorum, Overloaded, SessionExpired, Timeout, type ClientError } from "./errors.ts";
import { Intake, newCommands, newQueries, type IntakeOptions } from "./intake.ts";
import { newRetried, Outstanding, type Retried } from "./outstanding.ts";
import { Target } from "./target.ts";

export interface SessionOptions extends IntakeOptions {
  /** The number of this client, unlike that of any other. */
  readonly client: number;
  /** How the protocol of the cluster is used. */
  readonly access: Access;
  readonly send: (to: Address, message: ServiceMessage) => void;
  /** Numbers in [0, 1) that tell the openings and the reads of this session from all others; `Math.random` unless given. */
  readonly random?: Random;
}

export interface SessionCounters {
  /** Replies whose bytes are not what they should be: taken for lost. */
  malformedReplies: number;
}

/** Reads under way at once: enough to keep every role busy, few enough that batches grow under load. */
const readsUnderWay = 4;
/** Before an unanswered batch is sent again, in milliseconds. */
const resendMs = 250;
/** Before a refused batch is tried elsewhere, in milliseconds. */
const retryMs = 40;

export class Session implements Resident<ServiceMessage> {
  readonly #options: SessionOptions;
  readonly #random: Random;
  readonly #target: Target;
  readonly #address: Address;
  #senders: Address[] = [];
  #inbox: ServiceMessage[] = [];

  #session: number | undefined;
  #tickets: number;
  #nextSequence = 1;
  readonly #commands: Intake;
  readonly #queries: Intake;
  readonly #sent: Outstanding;
  readonly #replies = new ReplyReader();
  #started = false;
  #closed = false;
  /** Why the last refused batch was refused. */
  #refusal: NoQuorumMessage | OverloadedMessage | undefined;
  readonly counters: SessionCounters = { malformedReplies: 0 };

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    // Unlike those of an earlier process's client of the same number, whose answers may still be on their way.
    this.#tickets = Math.floor(this.#random() * 2 ** 52);
    this.#address = addressOf("client", options.client);
    this.#target = new Target(options.access, this.#random);
    this.#sent = new Outstanding(options.access);
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

  post(from: Address, message: ServiceMessage): void {
    this.#senders.push(from);
    this.#inbox.push(message);
  }

  get busy(): boolean {
    return this.#inbox.length > 0 || this.#commands.called || this.#queries.called;
  }

  turn(): void {
    this.#commands.turned();
    this.#queries.turned();
    const [senders, inbox] = [this.#senders, this.#inbox];
    this.#senders = [];
    this.#inbox = [];
    for (const [index, message] of inbox.entries()) this.#take(senders[index] ?? 0, message);
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
    this.#commands.close();
    this.#queries.close();
    for (const batch of this.#sent.batches()) batch.failAll(new Closed());
  }

  #flush(): void {
    if (this.#closed || !this.#started) return;
    const now = this.#options.now();
    while (this.#sent.reads.size < readsUnderWay) {
      const batch = this.#queries.take();
      if (batch === undefined) break;
      this.#sendQueries(batch, now);
    }
    if (!this.#commands.isWaiting) return;
    if (this.#session === undefined) {
      if (this.#sent.opening === undefined) this.#open(now);
      return;
    }
    while (this.#sent.requests.size < this.#options.access.requestsUnderWay) {
      const batch = this.#commands.take();
      if (batch === undefined) break;
      batch.sequence = this.#nextSequence++;
      this.#sent.requests.set(batch.sequence, batch);
      this.#sendCommands(batch, this.#session, now);
    }
  }

  #open(now: number): void {
    // Unlike any other's: a learner that takes back its log answers anew the openings of clients of earlier processes.
    const nonce = this.#sent.opening?.nonce ?? Math.floor(this.#random() * Number.MAX_SAFE_INTEGER);
    const opening = this.#sent.opening ?? { nonce, ...newRetried() };
    this.#sent.opening = opening;
    this.#stamp(opening, now);
    this.#request(opening, encodeOpen({ client: this.#address, replyTo: this.#target.replyTo }, nonce));
  }

  #sendCommands(batch: Batch, session: number, now: number): void {
    this.#stamp(batch, now);
    const [acknowledged = batch.sequence] = this.#sent.requests.keys();
    const { sequence, bytes: command } = batch;
    const { replyTo } = this.#target;
    addressRequest(command, { client: this.#address, replyTo, session, sequence, acknowledged });
    this.#request(batch, command);
  }

  #request({ ticket: sequence, timesSent }: Retried, command: Uint8Array): void {
    const request: Request = { kind: "Request", sequence, command };
    for (const taker of this.#target.takers(timesSent > 1)) this.#options.send(taker, request);
  }

  #stamp(retried: Retried, now: number): void {
    retried.ticket = ++this.#tickets;
    retried.retryAt = now + resendMs;
    retried.refused = false;
    retried.timesSent += 1;
  }

  #sendQueries(batch: Batch, now: number): void {
    this.#stamp(batch, now);
    // A read keeps the number under which it is answered: what answers an earlier try came after the call as well.
    if (batch.sequence === 0) batch.sequence = batch.ticket;
    this.#sent.reads.set(batch.sequence, batch);
    const { bytes: query } = batch;
    const { learner, replyTo } = this.#target;
    numberRead(query, batch.sequence);
    if (this.#options.access.reads === "logged") {
      return this.#request(batch, encodeRead({ client: this.#address, replyTo }, query));
    }
    this.#options.send(this.#target.proposer, { kind: "Read", sequence: batch.ticket, learner, query });
  }

  #sendLateAgain(now: number): void {
    const opening = this.#sent.opening;
    const late = [...this.#sent.batches()].filter((batch) => batch.retryAt <= now);
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
      for (const batch of this.#sent.requests.values()) {
        if (which(batch)) this.#sendCommands(batch, this.#session, now);
      }
    }
    for (const batch of [...this.#sent.reads.values()]) if (which(batch)) this.#sendQueries(batch, now);
  }

  #take(from: Address, message: ServiceMessage): void {
    switch (message.kind) {
      case "Response":
        return this.#reply(from, message.reply);
      case "Redirect":
        return this.#redirected(message);
      case "NoQuorum":
      case "Overloaded":
        return this.#refused(message);
      default:
        return;
    }
  }

  #reply(from: Address, bytes: Uint8Array): void {
    const replies = this.#replies;
    const reply = this.#readReply(bytes);
    if (reply === undefined || !this.#sent.isBelieved(from, reply, bytes)) return;
    this.#refusal = undefined;
    if (reply.kind === "opened") {
      if (reply.nonce !== this.#sent.opening?.nonce) return;
      this.#sent.opening = undefined;
      this.#session = reply.session;
      return;
    }
    if (reply.kind === "read") {
      const read = this.#sent.reads.get(reply.sequence);
      this.#sent.reads.delete(reply.sequence);
      read?.answer(replies);
      return;
    }
    if (reply.session !== this.#session) return;
    switch (reply.kind) {
      case "done": {
        const request = this.#sent.requests.get(reply.sequence);
        this.#sent.requests.delete(reply.sequence);
        request?.answer(replies);
        return;
      }
      case "outOfOrder": {
        const now = this.#options.now();
        // One that came too early is as good as lost: it goes again with those before it.
        for (const batch of this.#sent.requests.values()) {
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
    const lost = [...this.#sent.requests.values()];
    this.#sent.requests.clear();
    this.#session = undefined;
    this.#nextSequence = 1;
    for (const batch of lost) batch.failAll(new SessionExpired());
  }

  #redirected({ sequence, leader }: Redirect): void {
    const refused = this.#sent.byTicket(sequence);
    if (refused === undefined) return;
    const now = this.#options.now();
    if (!this.#target.followsLeader || leader === 0 || addressOf("proposer", leader) === this.#target.proposer) {
      this.#target.elsewhere(now);
      this.#retrySoon(refused, now);
      return;
    }
    this.#target.follow(leader, now);
    if (refused === this.#sent.opening) this.#open(now);
    // The batches behind it went the same wrong way.
    else this.#resend(now, () => true);
  }

  #refused(message: NoQuorumMessage | OverloadedMessage): void {
    const refused = this.#sent.byTicket(message.sequence);
    if (refused === undefined) return;
    // A redirect says less: a leader that steps down redirects also what it has proposed.
    if (message.kind === "Overloaded" && !refused.refused) refused.timesOverloaded += 1;
    const now = this.#options.now();
    this.#refusal = message;
    if (message.kind === "NoQuorum") this.#target.elsewhere(now);
    this.#retrySoon(refused, now);
  }

  #retrySoon(retried: Retried, now: number): void {
    retried.refused = true;
    retried.retryAt = Math.min(retried.retryAt, now + retryMs);
  }

  #expire(now: number): void {
    for (const batch of [...this.#commands.waiting, ...this.#queries.waiting, ...this.#sent.batches()]) {
      batch.expire(now, (since) => this.#givenUp(batch, since, now));
    }
    // A request that nobody waits for is given up: later ones acknowledge past it.
    for (const [sequence, batch] of this.#sent.requests) if (batch.open === 0) this.#sent.requests.delete(sequence);
    for (const [ticket, batch] of this.#sent.reads) if (batch.open === 0) this.#sent.reads.delete(ticket);
    if (this.#commands.open === 0) this.#sent.opening = undefined;
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
}
