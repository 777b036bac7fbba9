/**
 * What clients asked for and were told: the history that must be linearizable.
 */

/** One step of one client. Times are microseconds of simulated time. */
export interface HistoryEvent {
  /** A client has one operation at a time; after an unknown end it goes on as another process. */
  readonly process: number;
  /**
   * `invoke`: it begins. `ok`: it took effect, with this answer. `fail`: it took no effect and never will. `info`: it
   * may take effect, have taken effect, or never will.
   */
  readonly type: "invoke" | "ok" | "fail" | "info";
  /** The operation's name. */
  readonly f: string;
  /** What it is about: operations on different keys do not touch each other. */
  readonly key: string;
  /** What was asked, at `invoke`; what was answered, at `ok`. */
  readonly value: unknown;
  readonly time: number;
}

/** What an operation should do, one at a time: the sequential specification of what one key holds. */
export interface Model<State = unknown> {
  readonly initial: State;
  /**
   * The state after an operation, and its answer, without changing `state`. Answers are compared by `sameAnswer`,
   * states by `keyOf`.
   */
  apply(state: State, f: string, asked: unknown): { readonly state: State; readonly answer: unknown };
  sameAnswer(expected: unknown, given: unknown): boolean;
  /** The same text for the same state. */
  keyOf(state: State): string;
}

/** An operation under way. */
export interface Invocation {
  ok(answer: unknown): void;
  fail(): void;
  info(): void;
}

export class History {
  readonly events: HistoryEvent[] = [];
  readonly #now: () => number;
  #processes = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A number for a client that has one operation at a time. */
  newProcess(): number {
    this.#processes += 1;
    return this.#processes;
  }

  invoke(process: number, f: string, key: string, asked: unknown): Invocation {
    const add = (type: HistoryEvent["type"], value: unknown): void => {
      this.events.push({ process, type, f, key, value, time: this.#now() });
    };
    add("invoke", asked);
    return { ok: (answer) => add("ok", answer), fail: () => add("fail", asked), info: () => add("info", asked) };
  }

  /** As JSON lines: {process, type, f, key, value, time}, time in microseconds. */
  toJsonLines(): string {
    return this.events.map((event) => `${JSON.stringify(event)}\n`).join("");
  }
}
