/**
 * What acceptors have promised a proposer that is to lead, and the values that their promises name by digest. Of each
 * acceptor the promise of its highest ballot is kept: a liar may name any ballot, and takes nobody's place with it.
 */
import type { Ballot } from "../ballot.ts";
import { keyOf, type Digest } from "../digest.ts";
import { noOp, type Value } from "../value.ts";
import type { PromiseRow, Slot, VoteRow } from "./messages.ts";

interface HeldPromise {
  readonly ballot: Ballot;
  readonly row: PromiseRow;
}

export class Promises {
  /** By acceptor. */
  readonly #promises = new Map<number, HeldPromise>();
  /** By digest key: values that promises name. */
  readonly #values = new Map<string, Value>();

  /** Nobody is asked for a no-op. */
  readonly #noOpKey: string;

  constructor(digest: Digest) {
    this.#noOpKey = keyOf(digest(noOp));
  }

  get size(): number {
    return this.#promises.size;
  }

  /** Takes a promise that proves what it says in the place of the same acceptor's for this ballot or a lower one. */
  add(ballot: Ballot, row: PromiseRow): void {
    if (ballot < (this.#promises.get(row.acceptor)?.ballot ?? 0)) return;
    this.#promises.set(row.acceptor, { ballot, row });
    this.#dropUnnamed();
  }

  /** The first slot for which an acceptor promised a vote whose value has not come; undefined when all have. */
  missing(acceptor: number): Slot | undefined {
    return this.#promises.get(acceptor)?.row.votes.find((vote) => !this.#has(vote))?.slot;
  }

  /** Takes the value of a vote that its acceptor promised. Returns the ballot of the promise when it was missing. */
  keep(acceptor: number, slot: Slot, digest: Uint8Array, value: Value): Ballot | undefined {
    const promise = this.#promises.get(acceptor);
    const vote = promise?.row.votes.find((each) => each.slot === slot);
    const key = keyOf(digest);
    if (vote === undefined || keyOf(vote.digest) !== key || this.#values.has(key)) return undefined;
    this.#values.set(key, value);
    return promise?.ballot;
  }

  /** The value of a digest key that some promise names, if it has come. */
  value(key: string): Value | undefined {
    return key === this.#noOpKey ? noOp : this.#values.get(key);
  }

  /** The promises for a ballot all of whose values have come. */
  complete(ballot: Ballot): readonly PromiseRow[] {
    const those = [...this.#promises.values()].filter((promise) => promise.ballot === ballot);
    return those.map(({ row }) => row).filter(({ votes }) => votes.every((vote) => this.#has(vote)));
  }

  /** Ballots up to this one are not led any more. */
  forget(through: Ballot): void {
    for (const [acceptor, { ballot }] of this.#promises) if (ballot <= through) this.#promises.delete(acceptor);
    this.#dropUnnamed();
  }

  #has({ digest }: VoteRow): boolean {
    return this.value(keyOf(digest)) !== undefined;
  }

  #dropUnnamed(): void {
    if (this.#values.size === 0) return;
    const rows = [...this.#promises.values()].flatMap(({ row }) => row.votes);
    const named = new Set(rows.map(({ digest }) => keyOf(digest)));
    for (const key of this.#values.keys()) if (!named.has(key)) this.#values.delete(key);
  }
}
