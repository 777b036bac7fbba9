/**
 * The calls of a client that are not answered yet. Each is asked of the cluster, asked again when nothing comes, and
 * given up at its deadline, when its caller cancels it, or when the client closes. Whom to ask, and what an answer is,
 * is the client's to say.
 *
 *     call ──> queued ──> under way, asked again and again ──> answered, or failed
 */
import type { Address } from "@synod/protocol";
import { admit, type CallOptions } from "./admission.ts";
import { Cancelled, Closed, Timeout } from "./errors.ts";
import type { Ground, Seated } from "./guest.ts";

/**
 * A call that waits.
 *
 * @typeParam Asked what the client keeps of a call, @typeParam Answer what it resolves with
 */
export interface Call<Asked, Answer> {
  /** The name under which its answer comes. */
  readonly name: string;
  readonly asked: Asked;
  /** When it was called, given up, and asked again, in milliseconds of the client's clock. */
  readonly since: number;
  readonly deadline: number;
  retryAt: number;
  /** Whoever was asked last has said something. */
  isAnswered: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** What its caller cancels it with is not listened to any more. */
  readonly forget: () => void;
}

export interface CallsOptions<Message, Asked, Answer> extends Pick<Ground<Message>, "now" | "ticking"> {
  /** Sends a call. `inVain`: whoever was asked last has not answered, and another one may be asked. */
  readonly ask: (call: Call<Asked, Answer>, inVain: boolean) => void;
  /** Something has come. */
  readonly take: (message: Message, from: Address) => void;
  /** Why a call fails at its deadline: Timeout unless told. */
  readonly givenUp?: (asked: Asked, afterMs: number) => Error;
  /** How many are under way at once, in the order called; all unless told. */
  readonly mostUnderWay?: number;
}

/** Before a call that was not answered is asked again, in milliseconds. */
const retryMs = 250;

export class Calls<Message, Asked, Answer> implements Seated<Message> {
  /** What comes is taken at once: there is nothing to do in a turn. */
  readonly busy = false;
  readonly #options: CallsOptions<Message, Asked, Answer>;
  /** Both in the order called. */
  readonly #queued = new Set<Call<Asked, Answer>>();
  readonly #underWay = new Set<Call<Asked, Answer>>();
  readonly #byName = new Map<string, Set<Call<Asked, Answer>>>();
  #started = false;
  #closed = false;

  constructor(options: CallsOptions<Message, Asked, Answer>) {
    this.#options = options;
  }

  /** How many wait. */
  get size(): number {
    return this.#queued.size + this.#underWay.size;
  }

  /** Those that have been asked. */
  get underWay(): readonly Call<Asked, Answer>[] {
    return [...this.#underWay];
  }

  /** Those that are answered under a name. */
  named(name: string): readonly Call<Asked, Answer>[] {
    return [...(this.#byName.get(name) ?? [])];
  }

  /** Resolves with the answer; rejects with a ClientError, with what `givenUp` says, or with RangeError. */
  call(name: string, asked: Asked, options?: CallOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Closed();
      const deadlineMs = admit(options, this.size);
      const since = this.#options.now();
      const signal = options?.signal;
      const cancel = (): void => this.fail(call, new Cancelled({ reason: signal?.reason }));
      const forget = (): void => signal?.removeEventListener("abort", cancel);
      const times = { since, deadline: since + deadlineMs, retryAt: since };
      const call: Call<Asked, Answer> = { name, asked, ...times, isAnswered: false, resolve, reject, forget };
      signal?.addEventListener("abort", cancel);
      this.#queue(call);
      this.#proceed();
    });
  }

  /** Asks again at once. */
  ask(call: Call<Asked, Answer>, inVain = false): void {
    call.isAnswered = false;
    call.retryAt = this.#options.now() + retryMs;
    this.#options.ask(call, inVain);
  }

  /** Whoever was asked has answered, but not this: asks again after so many milliseconds. */
  askAfter(call: Call<Asked, Answer>, delayMs: number): void {
    call.isAnswered = true;
    call.retryAt = this.#options.now() + delayMs;
  }

  answer(call: Call<Asked, Answer>, answer: Answer): void {
    if (this.#settle(call)) call.resolve(answer);
  }

  fail(call: Call<Asked, Answer>, error: unknown): void {
    if (this.#settle(call)) call.reject(error);
  }

  start(): void {
    this.#started = true;
    this.#proceed();
  }

  close(): void {
    this.#closed = true;
    for (const call of [...this.#underWay, ...this.#queued]) this.fail(call, new Closed());
  }

  post(from: Address, message: Message): void {
    this.#options.take(message, from);
  }

  turn(): void {}

  tick(): void {
    const now = this.#options.now();
    // The queued ones first: none that is late takes the place of one that was under way.
    for (const call of [...this.#queued, ...this.#underWay]) {
      if (call.deadline <= now) this.fail(call, this.#givenUp(call, Math.round(now - call.since)));
    }
    for (const call of this.underWay) if (call.retryAt <= now) this.ask(call, !call.isAnswered);
  }

  #givenUp({ asked }: Call<Asked, Answer>, afterMs: number): Error {
    return this.#options.givenUp?.(asked, afterMs) ?? new Timeout({ afterMs });
  }

  #queue(call: Call<Asked, Answer>): void {
    this.#queued.add(call);
    const namesakes = this.#byName.get(call.name) ?? new Set();
    this.#byName.set(call.name, namesakes.add(call));
    this.#options.ticking(true);
  }

  /** Asks what waits for its first time, as far as it may. */
  #proceed(): void {
    const { mostUnderWay = Infinity } = this.#options;
    if (!this.#started || this.#closed) return;
    for (const call of this.#queued) {
      if (this.#underWay.size >= mostUnderWay) return;
      this.#queued.delete(call);
      this.#underWay.add(call);
      this.ask(call);
    }
  }

  /** A call waits no more; false when it did not. */
  #settle(call: Call<Asked, Answer>): boolean {
    if (!this.#underWay.delete(call) && !this.#queued.delete(call)) return false;
    const namesakes = this.#byName.get(call.name);
    namesakes?.delete(call);
    if (namesakes?.size === 0) this.#byName.delete(call.name);
    call.forget();
    if (this.size === 0) this.#options.ticking(false);
    this.#proceed();
    return true;
  }
}
