/**
 * The acceptor of *Paxos Made Simple* §2.2: the memory of the protocol. It may ignore any request without harm to
 * safety; it must never break a promise or forget a vote, and so both are durable before the answer leaves.
 */
import { nodeOf, type Address } from "../address.ts";
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { noOp, sameValue, type Proposal } from "../value.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Accept, Entry, Message, Prepare } from "./messages.ts";

export interface AcceptorOptions {
  /** The number of proposers, which says who owns a ballot. */
  readonly proposers: number;
  /** Whom it tells of each proposal that it accepts, beside the proposer: see `toldByAcceptors`. */
  readonly learners: readonly Address[];
}

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #options: AcceptorOptions;
  /** It accepts nothing below this. */
  #promised: Ballot = noBallot;
  /** The highest-numbered proposal that it has accepted. */
  #accepted: Proposal = { ballot: noBallot, value: noOp };

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  step(from: Address, message: Message, out: Output): void {
    switch (message.kind) {
      case "Prepare":
        if (this.#owns(from, message.ballot)) this.#prepare(from, message, out);
        return;
      case "Accept":
        if (this.#owns(from, message.ballot)) this.#accept(from, message, out);
        return;
      case "Inquire":
        if (this.#accepted.ballot !== noBallot) out.sendAfterPersist.push({ to: from, message: this.#vote() });
        return;
      case "Request":
      case "Promised":
      case "Accepted":
      case "Rejected":
      case "Learned":
      case "Response":
        return; // Not for an acceptor.
    }
  }

  tick(): void {}

  flush(): void {}

  restore(entry: Entry): void {
    this.#promised = Math.max(this.#promised, entry.ballot);
    if (entry.kind === "Accept") this.#accepted = { ballot: entry.ballot, value: entry.value };
  }

  checkpoint(): readonly Entry[] {
    const entries: Entry[] = [];
    if (this.#accepted.ballot !== noBallot) entries.push({ kind: "Accept", ...this.#accepted });
    if (this.#promised > this.#accepted.ballot) entries.push({ kind: "Prepare", ballot: this.#promised });
    return entries;
  }

  status(): RoleStatus {
    return { promised: this.#promised, acceptedBallot: this.#accepted.ballot };
  }

  /** Different proposers choose their numbers from disjoint sets (§2.5); a number in other hands is ignored. */
  #owns(from: Address, ballot: Ballot): boolean {
    return ballotOwner(ballot, this.#options.proposers) === nodeOf(from);
  }

  /** §2.2, phase 1(b). */
  #prepare(from: Address, { ballot }: Prepare, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    // "We also have it ignore a prepare request for a proposal it has already accepted."
    if (ballot === this.#accepted.ballot) return;
    if (ballot > this.#promised) {
      this.#promised = ballot;
      out.persist.push({ kind: "Prepare", ballot });
    }
    // A Prepare that is repeated by its owner gets the same answer again: no vote was cast in between.
    const { ballot: acceptedBallot, value: acceptedValue } = this.#accepted;
    out.sendAfterPersist.push({ to: from, message: { kind: "Promised", ballot, acceptedBallot, acceptedValue } });
  }

  /** §2.2, phase 2(b) and P1a: it accepts unless it has promised above. */
  #accept(from: Address, { ballot, value }: Accept, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    if (ballot !== this.#accepted.ballot) {
      this.#promised = ballot;
      this.#accepted = { ballot, value };
      out.persist.push({ kind: "Accept", ballot, value });
    } else if (!sameValue(value, this.#accepted.value)) {
      throw new Error(`proposer ${nodeOf(from)} proposed two values in ballot ${ballot}`);
    }
    out.sendAfterPersist.push({ to: from, message: this.#vote() });
    for (const learner of this.#options.learners) out.sendAfterPersist.push({ to: learner, message: this.#vote() });
  }

  #vote(): Message {
    return { kind: "Accepted", ...this.#accepted };
  }

  /** §2.5: the proposer should be told, so that it abandons its ballot. It may leave before the promise is durable. */
  #reject(to: Address, ballot: Ballot, out: Output): void {
    out.send.push({ to, message: { kind: "Rejected", ballot, promised: this.#promised } });
  }
}
