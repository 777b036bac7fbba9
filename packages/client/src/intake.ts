/**
 * Where calls come in: they gather in batches until the session sends them. This runs for each command, so it makes as
 * few objects as it can: the promise, the call, and what its caller gave.
 */
import { limits } from "@synod/protocol";
import { QueryWriter, RequestWriter } from "@synod/machines";
import type { ByteWriter } from "@synod/wire";
import { admit, type CallOptions } from "./admission.ts";
import { Batch, type Decode } from "./batch.ts";
import { Cancelled, Closed } from "./errors.ts";

export interface IntakeOptions {
  /** Asks for a turn soon: what is called until then travels together. */
  readonly wake: () => void;
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number;
  /** Says whether ticks are needed: nothing is outstanding without them. */
  readonly ticking: (needed: boolean) => void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #newBatch: () => Batch;
  #open = 0;
  /** Something was called since the last turn. */
  #called = false;
  /** The time of the first call since the last turn. */
  #calledAt = 0;
  #closed = false;
  /** Full, or waiting for its turn; the last one takes new calls. */
  #batches: Batch[] = [];

  constructor(newWriter: typeof newCommands | typeof newQueries, options: IntakeOptions) {
    this.#options = options;
    const onSettled = (): void => {
      this.#open -= 1;
      if (this.#open === 0) options.ticking(false);
    };
    this.#newBatch = () => new Batch(newWriter(), onSettled);
  }

  /** Calls that are neither answered nor failed. */
  get open(): number {
    return this.#open;
  }

  get called(): boolean {
    return this.#called;
  }

  /** Asks for a turn. */
  wake(): void {
    if (this.#called) return;
    this.#called = true;
    this.#calledAt = this.#options.now();
    this.#options.wake();
  }

  /** A turn has begun. */
  turned(): void {
    this.#called = false;
  }

  /** The next batch to send, if there is one in which anyone still waits. */
  take(): Batch | undefined {
    for (;;) {
      const batch = this.#batches.shift();
      if (batch === undefined || batch.open > 0) return batch;
    }
  }

  /** Someone waits for a batch that has not been sent. */
  get isWaiting(): boolean {
    return this.#batches.some(({ open }) => open > 0);
  }

  /** Batches that have not been sent. */
  get waiting(): readonly Batch[] {
    return this.#batches;
  }

  close(): void {
    this.#closed = true;
    for (const batch of this.#batches) batch.failAll(new Closed());
    this.#batches = [];
  }

  /** Takes a call; throws what it refuses at once. */
  submit<Answer>(
    encode: (writer: ByteWriter) => void,
    decode: Decode<Answer>,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
    options: CallOptions | undefined,
  ): void {
    const signal = options?.signal;
    if (this.#closed) throw new Closed();
    const deadlineMs = admit(options, this.#open);
    this.wake();
    const since = this.#calledAt;
    const deadline = since + deadlineMs;
    const add = (batch: Batch): number =>
      signal === undefined
        ? batch.add(encode, decode, resolve, reject, since, deadline)
        : addWithSignal(batch, signal, encode, decode, resolve, reject, since, deadline);
    if (add(this.#batch()) < 0) add(this.#begin());
    this.#open += 1;
    if (this.#open === 1) this.#options.ticking(true);
  }

  #batch(): Batch {
    const last = this.#batches.at(-1);
    return last !== undefined && last.sizeBytes < limits.batchBytes ? last : this.#begin();
  }

  #begin(): Batch {
    const batch = this.#newBatch();
    this.#batches.push(batch);
    return batch;
  }
}

/** Adds a call that is given up when the signal fires. */
function addWithSignal<Answer>(
  batch: Batch,
  signal: AbortSignal,
  encode: (writer: ByteWriter) => void,
  decode: Decode<Answer>,
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
  since: number,
  deadline: number,
): number {
  const abort = (): void => batch.fail(index, new Cancelled({ reason: signal.reason }));
  const forget = (): void => signal.removeEventListener("abort", abort);
  const resolveFirst = (answer: Answer): void => {
    forget();
    resolve(answer);
  };
  const rejectFirst = (error: unknown): void => {
    forget();
    reject(error);
  };
  const index = batch.add(encode, decode, resolveFirst, rejectFirst, since, deadline);
  if (index >= 0) signal.addEventListener("abort", abort);
  return index;
}

/** Commands: whom the request is for and from is known when it is sent. */
export function newCommands(): RequestWriter {
  const writer = new RequestWriter();
  writer.begin({ client: 0, replyTo: 0, session: 0, sequence: 0, acknowledged: 0 });
  return writer;
}

export function newQueries(): QueryWriter {
  const writer = new QueryWriter();
  writer.begin(0);
  return writer;
}
