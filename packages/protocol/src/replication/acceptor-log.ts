/**
 * What an acceptor of a log has accepted, slot by slot, and how much of it is known to be chosen.
 */
import { noBallot, type Ballot } from "../ballot.ts";
import type { Promised, SlotProposal } from "../leader/messages.ts";
import type { Bounds } from "../limits.ts";
import type { Value } from "../value.ts";
import type { Chosen, Slot } from "./messages.ts";

interface AcceptedProposal {
  readonly ballot: Ballot;
  readonly value: Value;
}

/** The last slot of an answer to CatchUp. */
export function lastSlot({ from, values }: Chosen): Slot {
  return from + values.length - 1;
}

export class AcceptorLog {
  readonly #limits: Bounds;
  readonly #accepted = new Map<Slot, AcceptedProposal>();
  /** Bytes of the values held. */
  #sizeBytes = 0;
  /** The highest slot accepted. */
  #highest: Slot = 0;
  /** Nothing up to here is in the log any more: a snapshot of this node's learner holds it. */
  #trimmedThrough: Slot = 0;
  /** All slots up to here are chosen, with the value accepted here or held by the snapshot. */
  #chosenThrough: Slot = 0;
  /** What leaders said is chosen, and that of the highest ballot that said so. */
  #commit: { readonly ballot: Ballot; readonly through: Slot } = { ballot: noBallot, through: 0 };

  constructor(limits: Bounds) {
    this.#limits = limits;
  }

  get highest(): Slot {
    return this.#highest;
  }

  get trimmedThrough(): Slot {
    return this.#trimmedThrough;
  }

  get chosenThrough(): Slot {
    return this.#chosenThrough;
  }

  /** All slots up to here are chosen, said the leader of the highest ballot. */
  get commitPoint(): Slot {
    return this.#commit.through;
  }

  get size(): number {
    return this.#accepted.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The ballot in which a slot was accepted last. */
  ballotOf(slot: Slot): Ballot {
    return this.#accepted.get(slot)?.ballot ?? noBallot;
  }

  /** What is held for a slot: chosen, or accepted last; undefined when nothing is. */
  valueOf(slot: Slot): Value | undefined {
    return this.#accepted.get(slot)?.value;
  }

  /**
   * Keeps an accepted proposal. A slot known to be chosen keeps its value: an old leader that this acceptor has
   * promised nothing above may still propose another one. The vote is harmless, but the log answers learners.
   */
  keep({ ballot, slot, value }: SlotProposal): void {
    if (slot <= this.#trimmedThrough) return;
    const held = slot <= this.#chosenThrough ? this.#accepted.get(slot) : undefined;
    this.#put(slot, ballot, held?.value ?? value);
  }

  /**
   * Puts chosen values in the place of what was accepted. The ballot stays: a proposal with another value was of a
   * ballot below the choosing one, and a phase 1 quorum holds that one as well.
   */
  keepChosen(message: Chosen): void {
    for (const [index, { value }] of message.values.entries()) {
      const slot = message.from + index;
      if (slot !== this.#chosenThrough + 1) continue;
      this.#put(slot, this.ballotOf(slot), value);
      this.#chosenThrough = slot;
    }
    this.#advance();
  }

  /** Takes back, at a restart, that all slots up to `through` were known to be chosen with what is held now. */
  wasChosenThrough(through: Slot): void {
    this.#chosenThrough = Math.max(this.#chosenThrough, through);
  }

  /** Drops all slots up to `through`. */
  forget(through: Slot): void {
    for (const [slot, { value }] of this.#accepted) {
      if (slot > through) continue;
      this.#accepted.delete(slot);
      this.#sizeBytes -= value.length;
    }
    this.#trimmedThrough = Math.max(this.#trimmedThrough, through);
    this.#chosenThrough = Math.max(this.#chosenThrough, through);
    this.#highest = Math.max(this.#highest, through);
    this.#advance();
  }

  /**
   * The leader of `ballot` says that all up to `through` is chosen. A value accepted here in that very ballot is the
   * one that it proposed, and so the chosen one; of an older ballot it may be another, which only a learner can mend.
   */
  learnCommit(ballot: Ballot, through: Slot): void {
    if (ballot < this.#commit.ballot) return;
    if (ballot > this.#commit.ballot || through > this.#commit.through) this.#commit = { ballot, through };
    this.#advance();
  }

  /** Phase 1b: what is accepted from `from` on and not known to be chosen, as much as fits in an answer. */
  report(ballot: Ballot, from: Slot): Promised {
    const accepted: SlotProposal[] = [];
    let sizeBytes = 0;
    let next: Slot = 0;
    const reported = [...this.#accepted].filter(([slot]) => slot >= from && slot > this.#chosenThrough);
    for (const [slot, proposal] of reported.sort(([one], [other]) => one - other)) {
      if (sizeBytes >= this.#limits.answerBytes || accepted.length >= this.#limits.answerValues) {
        next = slot;
        break;
      }
      sizeBytes += proposal.value.length;
      accepted.push({ slot, ballot: proposal.ballot, value: proposal.value });
    }
    return { kind: "Promised", ballot, from, chosenThrough: this.#chosenThrough, accepted, next };
  }

  /** What is known to be chosen from `from` on, as much as fits in an answer. */
  chosenFrom(from: Slot): Chosen {
    const values: { readonly value: Value }[] = [];
    const { answerBytes, answerValues } = this.#limits;
    let sizeBytes = 0;
    for (let slot = from; sizeBytes < answerBytes && values.length < answerValues; slot++) {
      const proposal = slot <= this.#chosenThrough ? this.#accepted.get(slot) : undefined;
      if (proposal === undefined) break;
      sizeBytes += proposal.value.length;
      values.push({ value: proposal.value });
    }
    return { kind: "Chosen", from, values, trimmedThrough: this.#trimmedThrough };
  }

  #put(slot: Slot, ballot: Ballot, value: Value): void {
    this.#sizeBytes += value.length - (this.#accepted.get(slot)?.value.length ?? 0);
    this.#accepted.set(slot, { ballot, value });
    if (slot > this.#highest) this.#highest = slot;
  }

  #advance(): void {
    const { ballot, through } = this.#commit;
    while (this.#chosenThrough < through && this.#accepted.get(this.#chosenThrough + 1)?.ballot === ballot) {
      this.#chosenThrough += 1;
    }
  }
}
