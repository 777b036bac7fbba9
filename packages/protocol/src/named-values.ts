/**
 * Values that acceptors name by digest when they report their votes: one fits into a frame, but together they may be
 * more than a path holds. So a leader asks for those that it needs, each acceptor for one at a time.
 *
 *     next leader -> acceptor    : Wanted     the value of a vote that it reported
 *     acceptor    -> next leader : Payload
 */
import { keyOf, type Digest } from "./digest.ts";
import type { LayoutsOf } from "./layout.ts";
import type { Slot } from "./replication/messages.ts";
import { noOp, type Value } from "./value.ts";

/** The next leader asks an acceptor for the value of a vote that it reported. */
export interface Wanted {
  readonly kind: "Wanted";
  readonly slot: Slot;
}

/** The value of a reported vote; its digest tells which. */
export interface Payload {
  readonly kind: "Payload";
  readonly slot: Slot;
  readonly value: Value;
}

/** Rows of a protocol's layout. */
export const namedValueLayout: LayoutsOf<Wanted | Payload> = {
  Wanted: { slot: "integer" },
  Payload: { slot: "integer", value: "bytes" },
};

/** A vote as it is reported: the digest of its value names that. */
export interface Naming {
  readonly slot: Slot;
  readonly digest: Uint8Array;
}

interface NamedSlot {
  readonly slot: Slot;
  readonly key: string;
}

export class NamedValues {
  readonly #digest: Digest;
  /** Nobody is asked for a no-op. */
  readonly #noOpKey: string;
  /** By acceptor. */
  #named: ReadonlyMap<number, readonly NamedSlot[]> = new Map();
  /** By acceptor: the digest key of the value that it was asked for last. */
  readonly #asked = new Map<number, string>();
  /** By digest key: those that somebody names. */
  readonly #values = new Map<string, Value>();

  constructor(digest: Digest) {
    this.#digest = digest;
    this.#noOpKey = keyOf(digest(noOp));
  }

  /** What is needed of what each acceptor names, in the place of all before. What nobody names any more is dropped. */
  need(votes: Iterable<readonly [number, readonly Naming[]]>): void {
    const named = new Map<number, readonly NamedSlot[]>();
    for (const [acceptor, rows] of votes)
      named.set(
        acceptor,
        rows.map(({ slot, digest }) => ({ slot, key: keyOf(digest) })),
      );
    this.#named = named;
    for (const acceptor of this.#asked.keys()) if (!named.has(acceptor)) this.#asked.delete(acceptor);
    if (this.#values.size === 0) return;
    const keys = new Set([...named.values()].flatMap((rows) => rows.map(({ key }) => key)));
    for (const key of this.#values.keys()) if (!keys.has(key)) this.#values.delete(key);
  }

  /** The slot whose value an acceptor is to be asked for, again if need be; undefined when all that it names is there. */
  ask(acceptor: number): Slot | undefined {
    const missing = this.#missing(acceptor);
    const others = new Set([...this.#asked].filter(([other]) => other !== acceptor).map(([, key]) => key));
    // What another was asked for, and may never send, only when there is nothing else.
    const next = missing.find(({ key }) => !others.has(key)) ?? missing[0];
    if (next !== undefined) this.#asked.set(acceptor, next.key);
    return next?.slot;
  }

  /** The same, but nothing as long as what it was asked for is not there: it is asked for one value at a time. */
  askNext(acceptor: number): Slot | undefined {
    const asked = this.#asked.get(acceptor);
    const isAwaited = this.#missing(acceptor).some(({ key }) => key === asked);
    return isAwaited ? undefined : this.ask(acceptor);
  }

  /** Takes a value that its acceptor names. Whether it is one, and was missing. */
  take(acceptor: number, { slot, value }: Payload): boolean {
    const key = keyOf(this.#digest(value));
    const isNamed = this.#named.get(acceptor)?.some((each) => each.slot === slot && each.key === key) === true;
    if (!isNamed || this.value(key) !== undefined) return false;
    this.#values.set(key, value);
    return true;
  }

  /** The value of a digest key, if it has come. */
  value(key: string): Value | undefined {
    return key === this.#noOpKey ? noOp : this.#values.get(key);
  }

  #missing(acceptor: number): readonly NamedSlot[] {
    return (this.#named.get(acceptor) ?? []).filter(({ key }) => this.value(key) === undefined);
  }
}
