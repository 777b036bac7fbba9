/**
 * Phase 1 of a leader with members that are to come: before it proposes in the slots that they govern, a quorum of them
 * must have promised its ballot, and told what they accepted there. An earlier leader may have got so far already.
 */
import type { Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import { Preparation } from "../leader/preparation.ts";
import type { Timing } from "../limits.ts";
import { isPhase1Quorum } from "../quorum.ts";
import { membersAmong } from "../reconfiguration/membership.ts";
import type { Period } from "../reconfiguration/memberships.ts";
import type { Output } from "./delivery.ts";
import type { Promised, Slot } from "./messages.ts";

export class Succession {
  readonly period: Period;
  readonly preparation: Preparation;
  readonly #ballot: Ballot;
  #isReady = false;

  /** Asks those of `acceptors` anew, also who has promised: what counts is what they have accepted by now. */
  constructor(period: Period, acceptors: readonly Address[], ballot: Ballot, { retryTicks }: Timing, out: Output) {
    this.period = period;
    this.#ballot = ballot;
    this.preparation = new Preparation(acceptors, period.from, retryTicks);
    this.#send(this.preparation.unanswered(), out);
  }

  /** A quorum of them has promised. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * False when they know more than this leader does: slots that it would have to propose in are chosen, and nobody tells
   * it with what. It must not lead on.
   *
   * @param called those of the acceptors that are asked for more when they have more to tell
   */
  promised(from: Address, promise: Promised, called: readonly Address[], out: Output): boolean {
    const next = this.preparation.promised(from, promise);
    if (this.preparation.chosenThrough >= this.period.from) return false;
    if (next > 0 && called.includes(from)) this.#send([{ acceptor: from, from: next }], out);
    const { membership } = this.period;
    this.#isReady = isPhase1Quorum(membership.quorums, membersAmong(membership, this.preparation.answered));
    return true;
  }

  /** Others are called on as well. */
  ask(acceptors: readonly Address[], out: Output): void {
    const { from } = this.period;
    if (!this.#isReady)
      this.#send(
        this.preparation.ask(acceptors).map((acceptor) => ({ acceptor, from })),
        out,
      );
  }

  /** @param called those of the acceptors that are asked again when they have not answered */
  tick(called: readonly Address[], out: Output): void {
    if (this.#isReady || !this.preparation.tick()) return;
    this.#send(
      this.preparation.unanswered().filter(({ acceptor }) => called.includes(acceptor)),
      out,
    );
  }

  /** The ballot is durable: it has been promised. */
  #send(asked: readonly { readonly acceptor: Address; readonly from: Slot }[], out: Output): void {
    for (const { acceptor, from } of asked) {
      out.send.push({ to: acceptor, message: { kind: "Prepare", ballot: this.#ballot, from } });
    }
  }
}
