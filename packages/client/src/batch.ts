/**
 * Calls that travel together: the unit of sending and of retry.
 */
import type { ReplyReader } from "@synod/machines";
import type { ByteReader, ByteWriter } from "@synod/wire";
import { CommandRefused, type ClientError } from "./errors.ts";

/** One command or query, and who waits for its answer. */
export interface Call {
  /** Takes the answer. */
  readonly answer: (reply: ByteReader) => void;
  readonly fail: (error: ClientError) => void;
  /** When it was called, in milliseconds of the client's clock. */
  readonly since: number;
  /** When it gives up, in milliseconds of the client's clock. */
  readonly deadline: number;
}

/** What gathers the bytes of calls: a `RequestWriter` or a `QueryWriter` that has begun. */
export interface CallWriter {
  readonly sizeBytes: number;
  add(write: (writer: ByteWriter) => void): void;
  take(): Uint8Array<ArrayBuffer>;
}

export class Batch {
  readonly #writer: CallWriter;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  /** In the order of their bytes; undefined once settled. */
  readonly #calls: (Call | undefined)[] = [];
  #open = 0;
  #earliest = Infinity;
  /** The number by which a proposer refuses it; a new one each time it is sent. */
  ticket = 0;
  /** Its place in the session, or 0 for queries. */
  sequence = 0;
  /** When it is sent again, in milliseconds of the client's clock. */
  retryAt = 0;
  /** It was refused by a proposer, as opposed to not answered. */
  refused = false;

  constructor(writer: CallWriter) {
    this.#writer = writer;
  }

  /** How many of its calls still wait. */
  get open(): number {
    return this.#open;
  }

  get sizeBytes(): number {
    return this.#bytes?.length ?? this.#writer.sizeBytes;
  }

  /** The bytes of all calls: from here on it takes no more. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= this.#writer.take();
    return this.#bytes;
  }

  /** Adds a call; when `write` throws, nothing has been added. */
  add(write: (writer: ByteWriter) => void, call: Call): void {
    this.#writer.add(write);
    this.#calls.push(call);
    this.#open += 1;
    if (call.deadline < this.#earliest) this.#earliest = call.deadline;
  }

  /** Gives each call that still waits its answer. */
  answer(replies: ReplyReader): void {
    replies.visit({
      reply: (index, reply) => this.#settle(index)?.answer(reply),
      refused: (index, reason) =>
        this.#settle(index)?.fail(new CommandRefused({ message: `refused by the state machine: ${reason}` })),
    });
  }

  /** Fails a call if it still waits. */
  drop(call: Call, error: ClientError): void {
    const index = this.#calls.indexOf(call);
    if (index !== -1) this.#settle(index)?.fail(error);
  }

  /** Fails what has passed its deadline. */
  expire(now: number, errorOf: (call: Call) => ClientError): void {
    if (now < this.#earliest) return;
    this.#earliest = Infinity;
    for (const [index, call] of this.#calls.entries()) {
      if (call === undefined) continue;
      if (call.deadline > now) this.#earliest = Math.min(this.#earliest, call.deadline);
      else this.#settle(index)?.fail(errorOf(call));
    }
  }

  failAll(error: ClientError): void {
    for (const index of this.#calls.keys()) this.#settle(index)?.fail(error);
  }

  #settle(index: number): Call | undefined {
    const call = this.#calls[index];
    if (call === undefined) return undefined;
    this.#calls[index] = undefined;
    this.#open -= 1;
    return call;
  }
}
