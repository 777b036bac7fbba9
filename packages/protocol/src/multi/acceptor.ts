/**
 * The acceptor of Multi-Paxos: one promise for all slots, an accepted proposal per slot.
 *
 * What it promised and what it accepted is on stable storage before the answer leaves (*Paxos Made Simple* §2.5). It
 * is also the keeper of the log: it answers learners that are behind, and forgets what a durable snapshot holds.
 */
import { addressOf, type Address } from "../address.ts";
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";
import { limits } from "../limits.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import type { Value } from "../value.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Accept, Accepted, CatchUp, Chosen, Entry, Heartbeat, Message } from "./messages.ts";
import type { Prepare, Probe, Promised, Slot, SlotProposal, Trim } from "./messages.ts";

interface AcceptedProposal {
  readonly ballot: Ballot;
  readonly value: Value;
}

/** The last slot of an answer to CatchUp. */
export function lastSlot({ from, values }: Chosen): Slot {
  return from + values.length - 1;
}

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #ownLearner: Address;

  #promised: Ballot = noBallot;
  readonly #accepted = new Map<Slot, AcceptedProposal>();
  /** The highest slot accepted. */
  #highest: Slot = 0;
  /** Nothing up to here is in the log any more: a snapshot of this node's learner holds it. */
  #trimmedThrough: Slot = 0;
  /** All slots up to here are chosen, with the value accepted here or held by the snapshot. */
  #chosenThrough: Slot = 0;
  /** What leaders said is chosen, and that of the highest ballot that said so. */
  #commit: { readonly ballot: Ballot; readonly through: Slot } = { ballot: noBallot, through: 0 };
  #silentTicks: number;

  constructor(configuration: Configuration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#ownLearner = addressOf("learner", node);
    // A new acceptor has heard no leader, and keeps nobody from becoming one.
    this.#silentTicks = configuration.timing.electionTicks;
  }

  step(from: Address, message: Message, out: Output): void {
    switch (message.kind) {
      case "Prepare":
        return this.#prepare(from, message, out);
      case "Accept":
        return this.#accept(from, message, out);
      case "Heartbeat":
        return this.#heartbeat(from, message, out);
      case "Probe":
        return this.#probe(from, message, out);
      case "CatchUp":
        return this.#catchUp(from, message, out);
      case "Chosen":
        return this.#repair(from, message, out);
      case "Trim":
        return this.#trim(from, message, out);
      default:
        return;
    }
  }

  tick(): void {
    this.#silentTicks += 1;
  }

  flush(): void {}

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Prepare":
        this.#promised = Math.max(this.#promised, entry.ballot);
        return;
      case "Accept":
        this.#promised = Math.max(this.#promised, entry.ballot);
        this.#keep(entry);
        this.#learnCommit(entry.ballot, entry.commitPoint);
        return;
      case "Chosen":
        this.#keepChosen(entry);
        return;
      case "Trim":
        this.#forget(entry.slot);
        return;
    }
  }

  checkpoint(): readonly Entry[] {
    return [
      { kind: "Prepare", ballot: this.#promised, from: 0 },
      { kind: "Trim", slot: this.#trimmedThrough },
    ];
  }

  status(): RoleStatus {
    return {
      ballot: this.#promised,
      highestSlot: this.#highest,
      chosenThrough: this.#chosenThrough,
      trimmedThrough: this.#trimmedThrough,
      slotsHeld: this.#accepted.size,
    };
  }

  /**
   * Phase 1b. A ballot belongs to one proposer, so that an equal one is the same Prepare again, or its next page: the
   * answer is given again and promises nothing new.
   */
  #prepare(from: Address, { ballot, from: first }: Prepare, out: Output): void {
    if (ballot < this.#promised) {
      out.send.push({ to: from, message: { kind: "Rejected", ballot, promised: this.#promised } });
      return;
    }
    this.#promise(ballot, first, out);
    this.#silentTicks = 0;
    out.sendAfterPersist.push({ to: from, message: this.#report(ballot, first) });
  }

  #promise(ballot: Ballot, from: Slot, out: Output): void {
    if (ballot === this.#promised) return;
    this.#promised = ballot;
    out.persist.push({ kind: "Prepare", ballot, from });
  }

  /** What is accepted from `first` on and not known to be chosen, as much as fits in an answer. */
  #report(ballot: Ballot, first: Slot): Promised {
    const accepted: SlotProposal[] = [];
    let sizeBytes = 0;
    let next: Slot = 0;
    const reported = [...this.#accepted].filter(([slot]) => slot >= first && slot > this.#chosenThrough);
    for (const [slot, proposal] of reported.sort(([one], [other]) => one - other)) {
      if (sizeBytes >= limits.answerBytes) {
        next = slot;
        break;
      }
      sizeBytes += proposal.value.length;
      accepted.push({ slot, ballot: proposal.ballot, value: proposal.value });
    }
    return { kind: "Promised", ballot, from: first, chosenThrough: this.#chosenThrough, accepted, next };
  }

  /** Phase 2b: "an acceptor can accept a proposal numbered n iff it has not responded to a prepare request having a
   * number greater than n" (P1a, §2.2). */
  #accept(from: Address, message: Accept, out: Output): void {
    const { ballot, slot, commitPoint, value } = message;
    if (ballot < this.#promised) {
      out.send.push({ to: from, message: { kind: "Rejected", ballot, promised: this.#promised } });
      return;
    }
    this.#silentTicks = 0;
    // A trimmed slot is chosen: whoever prepares later hears so, and this vote need not be remembered. Without it a
    // leader that has to finish the slot might never get its quorum.
    if (slot <= this.#trimmedThrough) {
      this.#promise(ballot, slot, out);
      out.sendAfterPersist.push({ to: from, message: { kind: "Accepted", ballot, slot } });
      return;
    }
    this.#promised = ballot;
    if (this.#accepted.get(slot)?.ballot !== ballot) {
      out.persist.push(message);
      this.#keep(message);
    }
    this.#learnCommit(ballot, commitPoint);
    const vote: Accepted = { kind: "Accepted", ballot, slot };
    out.sendAfterPersist.push({ to: from, message: vote });
    out.sendAfterPersist.push({
      to: this.#ownLearner,
      message: { kind: "AcceptedValue", ballot, slot, commitPoint, value },
    });
    for (const learner of this.#otherLearners(ballot)) out.sendAfterPersist.push({ to: learner, message: vote });
  }

  /** The learners beside its own that are told of each vote (§2.3): all, or the one on the leader's node. */
  #otherLearners(ballot: Ballot): readonly Address[] {
    const { learning, nodes } = this.#configuration;
    const told = learning === "every" ? nodes : [ballotOwner(ballot, nodes.length)];
    return told.filter((node) => node !== this.#node).map((node) => addressOf("learner", node));
  }

  #heartbeat(from: Address, { ballot, commitPoint, round }: Heartbeat, out: Output): void {
    if (ballot < this.#promised) {
      out.send.push({ to: from, message: { kind: "Rejected", ballot, promised: this.#promised } });
      return;
    }
    this.#silentTicks = 0;
    this.#learnCommit(ballot, commitPoint);
    // Says nothing that a lost vote could make untrue, so that it need not wait for a sync: a leader of this ballot
    // was promised it durably, and a higher promise would have rejected it.
    out.send.push({ to: from, message: { kind: "HeartbeatAck", ballot, round } });
  }

  #probe(from: Address, { round }: Probe, out: Output): void {
    const leaderSilent = this.#silentTicks >= this.#configuration.timing.electionTicks;
    out.send.push({ to: from, message: { kind: "ProbeReply", round, promised: this.#promised, leaderSilent } });
  }

  #catchUp(from: Address, { from: first }: CatchUp, out: Output): void {
    const values: { readonly value: Value }[] = [];
    let sizeBytes = 0;
    for (let slot = first; slot <= this.#chosenThrough && sizeBytes < limits.answerBytes; slot++) {
      const proposal = this.#accepted.get(slot);
      if (proposal === undefined) break;
      sizeBytes += proposal.value.length;
      values.push({ value: proposal.value });
    }
    const answer: Chosen = { kind: "Chosen", from: first, values, trimmedThrough: this.#trimmedThrough };
    out.send.push({ to: from, message: answer });
  }

  /** Its own learner fetched from others what this log lacks: kept, so that the log is whole for the next restart. */
  #repair(from: Address, message: Chosen, out: Output): void {
    if (from !== this.#ownLearner) return;
    if (message.from > this.#chosenThrough + 1 || lastSlot(message) <= this.#chosenThrough) return;
    out.persist.push(message);
    this.#keepChosen(message);
  }

  #trim(from: Address, { slot }: Trim, out: Output): void {
    if (from !== this.#ownLearner || slot <= this.#trimmedThrough) return;
    this.#forget(slot);
    out.persist.push({ kind: "Trim", slot });
    out.trimThrough = slot;
  }

  /**
   * A slot known to be chosen keeps its value: an old leader that this acceptor has promised nothing above may still
   * propose another one. The vote is harmless, but the log answers learners.
   */
  #keep({ ballot, slot, value }: Accept): void {
    if (slot <= this.#trimmedThrough) return;
    const held = slot <= this.#chosenThrough ? this.#accepted.get(slot) : undefined;
    this.#accepted.set(slot, { ballot, value: held?.value ?? value });
    if (slot > this.#highest) this.#highest = slot;
  }

  /**
   * Puts chosen values in the place of what was accepted. The ballot stays: a proposal with another value was of a
   * ballot below the choosing one, and a phase 1 quorum holds that one as well.
   */
  #keepChosen(message: Chosen): void {
    for (const [index, { value }] of message.values.entries()) {
      const slot = message.from + index;
      if (slot !== this.#chosenThrough + 1) continue;
      const ballot = this.#accepted.get(slot)?.ballot ?? noBallot;
      this.#accepted.set(slot, { ballot, value });
      this.#chosenThrough = slot;
      if (slot > this.#highest) this.#highest = slot;
    }
    this.#advance();
  }

  #forget(through: Slot): void {
    for (const slot of this.#accepted.keys()) if (slot <= through) this.#accepted.delete(slot);
    this.#trimmedThrough = Math.max(this.#trimmedThrough, through);
    this.#chosenThrough = Math.max(this.#chosenThrough, through);
    this.#highest = Math.max(this.#highest, through);
    this.#advance();
  }

  /**
   * The leader of `ballot` says that all up to `through` is chosen. A value accepted here in that very ballot is the
   * one that it proposed, and so the chosen one; of an older ballot it may be another, which only a learner can mend.
   */
  #learnCommit(ballot: Ballot, through: Slot): void {
    if (ballot < this.#commit.ballot) return;
    if (ballot > this.#commit.ballot || through > this.#commit.through) this.#commit = { ballot, through };
    this.#advance();
  }

  #advance(): void {
    const { ballot, through } = this.#commit;
    while (this.#chosenThrough < through && this.#accepted.get(this.#chosenThrough + 1)?.ballot === ballot) {
      this.#chosenThrough += 1;
    }
  }
}
