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
  /** The acceptors whose whole answer has come. */
  quorum: AcceptorSet = noAcceptors;
  /** All slots up to this one are chosen, says some acceptor. */
  chosenThrough: Slot = 0;
  /** The highest slot in which an acceptor has accepted a proposal. */
  highest: Slot = 0;

  constructor(acceptors: readonly Address[], from: Slot, retryTicks: number) {
    this.from = from;
    this.#retryTicks = retryTicks;
    this.#asked = new Map(acceptors.map((acceptor) => [acceptor, from]));
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
    this.quorum = withAcceptor(this.quorum, node);
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

  /** True when it is time to ask again who has not answered. */
  tick(): boolean {
    this.#ageTicks += 1;
    return this.#ageTicks % this.#retryTicks === 0;
  }

  unanswered(): readonly { readonly acceptor: Address; readonly from: Slot }[] {
    return [...this.#asked].map(([acceptor, from]) => ({ acceptor, from }));
  }
}
