/**
 * Phase 1 of a proposer under way: what the acceptors have promised and reported so far.
 */
import { nodeOf, type Address } from "../address.ts";
import { noAcceptors, withAcceptor, type AcceptorSet } from "../quorum.ts";
import type { Slot } from "../replication/messages.ts";
import { noOp, valueToPropose, type Proposal, type Value } from "../value.ts";
import type { Promised } from "./messages.ts";

/** What an acceptor has accepted last in a slot. */
export interface Report extends Proposal {
  /** The node of the acceptor. */
  readonly node: number;
}

export class Preparation {
  /** The first slot that all are asked about. */
  readonly from: Slot;
  readonly #retryTicks: number;
  /** The page that each acceptor still owes. */
  readonly #asked: Map<Address, Slot>;
  readonly #reports = new Map<Slot, Report[]>();
  #ageTicks = 0;
  /** The nodes of the acceptors whose whole answer has come. */
  readonly #answered = new Set<number>();
  /** All slots up to this one are chosen, says some acceptor. */
  chosenThrough: Slot = 0;
  /** The highest slot in which an acceptor has accepted a proposal. */
  highest: Slot = 0;

  constructor(acceptors: readonly Address[], from: Slot, retryTicks: number) {
    this.from = from;
    this.#retryTicks = retryTicks;
    this.#asked = new Map(acceptors.map((acceptor) => [acceptor, from]));
  }

  /** The nodes of the acceptors whose whole answer has come. */
  get answered(): ReadonlySet<number> {
    return this.#answered;
  }

  /** The same as a set of acceptors, where a node's number is its place. */
  get quorum(): AcceptorSet {
    return [...this.#answered].reduce(withAcceptor, noAcceptors);
  }

  /** Asks others as well: who is to be asked may come out in the answers. Returns those that were not asked before. */
  ask(acceptors: readonly Address[]): readonly Address[] {
    const others = acceptors.filter((each) => !this.#asked.has(each) && !this.#answered.has(nodeOf(each)));
    for (const acceptor of others) this.#asked.set(acceptor, this.from);
    return others;
  }

  /** Takes one page of an answer; returns the slot to ask this acceptor for next, or 0. */
  promised(from: Address, promise: Promised): Slot {
    // A page that was not asked for now has been counted already.
    if (this.#asked.get(from) !== promise.from) return 0;
    this.chosenThrough = Math.max(this.chosenThrough, promise.chosenThrough);
    const node = nodeOf(from);
    for (const { slot, ballot, value } of promise.accepted) {
      const reported = this.#reports.get(slot);
      if (reported === undefined) this.#reports.set(slot, [{ node, ballot, value }]);
      else reported.push({ node, ballot, value });
      this.highest = Math.max(this.highest, slot);
    }
    if (promise.next > promise.from) {
      this.#asked.set(from, promise.next);
      return promise.next;
    }
    this.#asked.delete(from);
    this.#answered.add(node);
    return 0;
  }

  /** What the acceptors that have answered accepted last in a slot; nothing of those that accepted nothing. */
  reportsOf(slot: Slot): readonly Report[] {
    return this.#reports.get(slot) ?? [];
  }

  /** The value for a slot that may be decided: P2c, and a no-op where the quorum leaves the choice (§3). */
  valueFor(slot: Slot): Value {
    return valueToPropose(this.reportsOf(slot), noOp);
  }

  /** Whether a value that was reported for some slot is such. */
  reports(is: (value: Value) => boolean): boolean {
    for (const reported of this.#reports.values()) if (reported.some(({ value }) => is(value))) return true;
    return false;
  }

  /** True when it is time to ask again who has not answered. */
  tick(): boolean {
    this.#ageTicks += 1;
    return this.#ageTicks % this.#retryTicks === 0;
  }

  unanswered(): readonly { readonly acceptor: Address; readonly from: Slot }[] {
    return [...this.#asked].map(([acceptor, from]) => ({ acceptor, from }));
  }
}
