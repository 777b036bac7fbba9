/**
 * What clients asked for and were told: the history that must be linearizable.
 */
/** One step of one client. */
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
  /** JSON: what was answered, at `ok`; else what was asked. Null when there is nothing to say. */
  readonly value: unknown;
  /** Microseconds, of simulated time in a run. */
  readonly time: number;
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
      this.events.push({ process, type, f, key, value: value ?? null, time: this.#now() });
    };
    add("invoke", asked);
    return { ok: (answer) => add("ok", answer), fail: () => add("fail", asked), info: () => add("info", asked) };
  }
}
