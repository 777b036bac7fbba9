/**
 * What acceptors have promised a proposer that is to lead, and the values that their promises name by digest. Of each
 * acceptor the promise of its highest ballot is kept: a liar may name any ballot, and takes nobody's place with it.
 */
import type { Ballot } from "../ballot.ts";
import { keyOf, type Digest } from "../digest.ts";
import { NamedValues } from "../named-values.ts";
import type { Value } from "../value.ts";
import type { Payload, PromiseRow, Slot, VoteRow } from "./messages.ts";

interface HeldPromise {
  readonly ballot: Ballot;
  readonly row: PromiseRow;
}

export class Promises {
  /** By acceptor. */
  readonly #promises = new Map<number, HeldPromise>();
  readonly #values: NamedValues;

  constructor(digest: Digest) {
    this.#values = new NamedValues(digest);
  }

  get size(): number {
    return this.#promises.size;
  }

  /** Takes a promise that proves what it says in the place of the same acceptor's for this ballot or a lower one. */
  add(ballot: Ballot, row: PromiseRow): void {
    if (ballot < (this.#promises.get(row.acceptor)?.ballot ?? 0)) return;
    this.#promises.set(row.acceptor, { ballot, row });
    this.#nameVotes();
  }

  /** A slot for which an acceptor, which has promised now, is to be asked for the value; undefined when none is missing. */
  ask(acceptor: number): Slot | undefined {
    return this.#values.ask(acceptor);
  }

  /** The same after it has sent one. */
  askNext(acceptor: number): Slot | undefined {
    return this.#values.askNext(acceptor);
  }

  /** Takes the value of a vote that its acceptor promised. Returns the ballot of the promise when it was missing. */
  keep(acceptor: number, payload: Payload): Ballot | undefined {
    return this.#values.take(acceptor, payload) ? this.#promises.get(acceptor)?.ballot : undefined;
  }

  /** The value of a digest key that some promise names, if it has come. */
  value(key: string): Value | undefined {
    return this.#values.value(key);
  }

  /** The promises for a ballot all of whose values have come. */
  complete(ballot: Ballot): readonly PromiseRow[] {
    const those = [...this.#promises.values()].filter((promise) => promise.ballot === ballot);
    return those.map(({ row }) => row).filter(({ votes }) => votes.every((vote) => this.#has(vote)));
  }

  /** Ballots up to this one are not led any more. */
  forget(through: Ballot): void {
    for (const [acceptor, { ballot }] of this.#promises) if (ballot <= through) this.#promises.delete(acceptor);
    this.#nameVotes();
  }

  #has({ digest }: VoteRow): boolean {
    return this.value(keyOf(digest)) !== undefined;
  }

  #nameVotes(): void {
    this.#values.need([...this.#promises].map(([acceptor, { row }]) => [acceptor, row.votes] as const));
  }
}
