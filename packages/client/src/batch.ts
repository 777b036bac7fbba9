/**
 * Calls that travel together: the unit of sending and of retry.
 */
import type { ReplyReader } from "@synod/machines";
import type { Witnesses } from "./witnesses.ts";
import { DecodeError, type ByteReader, type ByteWriter } from "@synod/wire";
import { CommandRefused, UnreadableReply, type ClientError } from "./errors.ts";

/** Reads an answer; throws what the machine refused. */
export type Decode<Answer> = (reply: ByteReader) => Answer;

/** What gathers the bytes of calls: a `RequestWriter` or a `QueryWriter` that has begun. */
export interface CallWriter {
  readonly sizeBytes: number;
  /** False when there is no room beside what is there. */
  add(write: (writer: ByteWriter) => void): boolean;
  take(): Uint8Array<ArrayBuffer>;
}

export class Batch {
  readonly #writer: CallWriter;
  readonly #onSettled: () => void;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  // A call is a place in these arrays, in the order of their bytes, rather than an object: there are millions.
  readonly #decodes: Decode<unknown>[] = [];
  /** Undefined once settled. */
  readonly #resolves: (((answer: never) => void) | undefined)[] = [];
  readonly #rejects: ((error: unknown) => void)[] = [];
  readonly #since: number[] = [];
  readonly #deadlines: number[] = [];
  #open = 0;
  #earliest = Infinity;
  /** The number by which a proposer refuses it; a new one each time it is sent. */
  ticket = 0;
  /** Of commands its place in the session; of queries the number under which they are answered. */
  sequence = 0;
  /** When it is sent again, in milliseconds of the client's clock. */
  retryAt = 0;
  /** It was refused by a proposer, as opposed to not answered. */
  refused = false;
  /** How often it was sent, and how often a leader answered that it has no room for it. */
  timesSent = 0;
  timesOverloaded = 0;
  /** The answers to it, where one is not enough. */
  witnesses: Witnesses | undefined;

  /** @param onSettled hears of each call that is answered or has failed */
  constructor(writer: CallWriter, onSettled: () => void) {
    this.#writer = writer;
    this.#onSettled = onSettled;
  }

  /** How many of its calls still wait. */
  get open(): number {
    return this.#open;
  }

  /** It was never sent, or there was no room for it each time. */
  get alwaysRefused(): boolean {
    return this.timesSent === this.timesOverloaded;
  }

  get sizeBytes(): number {
    return this.#bytes?.length ?? this.#writer.sizeBytes;
  }

  /** The bytes of all calls: from here on it takes no more. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= this.#writer.take();
    return this.#bytes;
  }

  /**
   * Adds a call; when `write` throws, nothing has been added.
   *
   * @param since when it was called, `deadline` when it gives up, in milliseconds of the client's clock
   * @returns the call's place in the batch, or -1 when there is no room for it beside the others
   */
  add<Answer>(
    write: (writer: ByteWriter) => void,
    decode: Decode<Answer>,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
    since: number,
    deadline: number,
  ): number {
    if (!this.#writer.add(write)) return -1;
    this.#open += 1;
    this.#decodes.push(decode);
    this.#rejects.push(reject);
    this.#since.push(since);
    this.#deadlines.push(deadline);
    if (deadline < this.#earliest) this.#earliest = deadline;
    return this.#resolves.push(resolve) - 1;
  }

  /** Gives each call that still waits its answer. */
  answer(replies: ReplyReader): void {
    replies.visit({
      reply: (index, reply) => {
        const resolve = this.#settle(index);
        const decode = this.#decodes[index];
        if (resolve === undefined || decode === undefined) return;
        try {
          // `add` took the two together: what this decodes is what that resolves with.
          resolve(decode(reply) as never);
        } catch (failure) {
          this.#rejects[index]?.(failure instanceof DecodeError ? unreadable(failure) : failure);
        }
      },
      refused: (index, reason) =>
        this.fail(index, new CommandRefused({ message: `refused by the state machine: ${reason}` })),
    });
  }

  /** Fails a call if it still waits. */
  fail(index: number, error: ClientError): void {
    if (this.#settle(index) !== undefined) this.#rejects[index]?.(error);
  }

  /** Fails what has passed its deadline. */
  expire(now: number, errorOf: (since: number) => ClientError): void {
    if (now < this.#earliest) return;
    this.#earliest = Infinity;
    for (const [index, deadline] of this.#deadlines.entries()) {
      if (this.#resolves[index] === undefined) continue;
      if (deadline > now) this.#earliest = Math.min(this.#earliest, deadline);
      else this.fail(index, errorOf(this.#since[index] ?? now));
    }
  }

  failAll(error: ClientError): void {
    for (const index of this.#resolves.keys()) this.fail(index, error);
  }

  #settle(index: number): ((answer: never) => void) | undefined {
    const resolve = this.#resolves[index];
    if (resolve === undefined) return undefined;
    this.#resolves[index] = undefined;
    this.#open -= 1;
    this.#onSettled();
    return resolve;
  }
}

function unreadable(cause: DecodeError): UnreadableReply {
  return new UnreadableReply({ message: `unreadable reply: ${cause.message}; is it another state machine?`, cause });
}
