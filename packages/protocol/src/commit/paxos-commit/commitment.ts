/**
 * A transaction that a leader brings to its end: the instances of its participants, and how far each is (Gray and
 * Lamport 2006, §4.2). All are in one ballot, and so in one phase.
 */
import type { Address } from "../../address.ts";
import { noBallot, type Ballot } from "../../ballot.ts";
import { isPhase1Quorum, isPhase2Quorum, noAcceptors, withAcceptor } from "../../quorum.ts";
import type { AcceptorSet, QuorumSystem } from "../../quorum.ts";
import { noOp, valueToPropose, type Proposal, type Value } from "../../value.ts";
import type { Share, TransactionId } from "../messages.ts";
import { participantBallot } from "./configuration.ts";
import type { Accepted, InstanceVote, Promised } from "./messages.ts";

/** The participants' own ballot; a refused ballot, to be followed by a higher one; phase 1; phase 2. */
export type Phase = "voting" | "waiting" | "preparing" | "proposing";

/** The values of an instance: nothing that anybody has to prepare for, or a vote for the transaction. */
const aborted: Value = noOp;
const prepared: Value = Uint8Array.of(1);

interface Instance {
  /** What acceptors of phase 1 had accepted. */
  readonly reported: Proposal[];
  /** What this ballot proposes, once that is known. */
  value: Value;
  /** Who has accepted it. */
  acceptors: AcceptorSet;
}

export class Commitment {
  readonly transaction: TransactionId;
  readonly participants: readonly Share[];
  /** Who is told the outcome beside the participants, if anybody is. */
  client: Address | undefined;
  phase: Phase = "voting";
  ballot: Ballot = participantBallot;
  /** The highest ballot that it knows of. */
  highest: Ballot = participantBallot;
  refusals = 0;
  /** Ticks since it is here. */
  lifeTicks = 0;
  /** Ticks in this phase. */
  ageTicks = 0;
  /** Ticks to wait for another try. */
  delayTicks = 0;
  /** The acceptors that have promised. */
  promised: AcceptorSet = noAcceptors;
  /** The acceptors that take part in it no more. */
  #closed: AcceptorSet = noAcceptors;
  /** The participants that are not in doubt about it, and will not vote. */
  readonly #left = new Set<number>();
  readonly #quorums: QuorumSystem;
  /** By the node of the participant. */
  #instances = new Map<number, Instance>();

  constructor(transaction: TransactionId, participants: readonly Share[], quorums: QuorumSystem) {
    this.transaction = transaction;
    this.participants = participants;
    this.#quorums = quorums;
    this.#begin(prepared);
  }

  /** The participants whose instance has not chosen in this ballot. */
  get missing(): readonly number[] {
    return [...this.#instances].filter(([, { acceptors }]) => !this.#isChosen(acceptors)).map(([node]) => node);
  }

  /** What it proposes, in phase 2. */
  get votes(): readonly InstanceVote[] {
    return [...this.#instances].map(([participant, { value }]) => ({ participant, prepared: value === prepared }));
  }

  /** Goes to phase 1 with a ballot. */
  prepare(ballot: Ballot): void {
    this.phase = "preparing";
    this.ballot = ballot;
    this.highest = ballot;
    this.ageTicks = 0;
    this.promised = noAcceptors;
    this.#begin(aborted);
  }

  /** A promise; true when with it phase 1 is over. */
  promise(acceptor: number, { votes }: Promised): boolean {
    this.promised = withAcceptor(this.promised, acceptor);
    for (const vote of votes) {
      const value = vote.prepared ? prepared : aborted;
      this.#instances.get(vote.participant)?.reported.push({ ballot: vote.ballot, value });
    }
    if (!isPhase1Quorum(this.#quorums, this.promised)) return false;
    // §4.2: what was voted for if any acceptor says so; an instance of which none has heard is free, and aborts.
    for (const instance of this.#instances.values()) instance.value = valueToPropose(instance.reported, aborted);
    this.phase = "proposing";
    this.ageTicks = 0;
    return true;
  }

  /** An acceptor has accepted what this ballot proposes. */
  accepted(acceptor: number, { votes }: Accepted): void {
    for (const vote of votes) {
      const instance = this.#instances.get(vote.participant);
      if (instance === undefined || (instance.value === prepared) !== vote.prepared) continue;
      instance.acceptors = withAcceptor(instance.acceptors, acceptor);
    }
  }

  /**
   * An acceptor knows nothing of it, and never will; true when a quorum of phase 1 does not. Then no instance has chosen
   * "prepared", or all participants had the outcome before that was forgotten; and none ever will.
   */
  close(acceptor: number): boolean {
    this.#closed = withAcceptor(this.#closed, acceptor);
    return isPhase1Quorum(this.#quorums, this.#closed);
  }

  /** A participant had its outcome long ago; true when all had: then nobody needs to know any more. */
  leave(participant: number): boolean {
    this.#left.add(participant);
    return this.participants.every(({ node }) => this.#left.has(node));
  }

  /** An acceptor has promised a higher ballot: another try after some ticks. */
  reject(promised: Ballot, delay: (refusals: number) => number): void {
    this.highest = Math.max(this.highest, promised, noBallot);
    this.refusals += 1;
    this.phase = "waiting";
    this.ageTicks = 0;
    this.delayTicks = delay(this.refusals);
  }

  /** §4.2: it commits when every instance has chosen "prepared", and aborts when one has chosen "aborted". */
  get outcome(): boolean | undefined {
    const chosen = [...this.#instances.values()].filter(({ acceptors }) => this.#isChosen(acceptors));
    if (chosen.some(({ value }) => value === aborted)) return false;
    return chosen.length === this.#instances.size ? true : undefined;
  }

  #isChosen(acceptors: AcceptorSet): boolean {
    return isPhase2Quorum(this.#quorums, acceptors);
  }

  #begin(value: Value): void {
    this.#instances = new Map(
      this.participants.map(({ node }) => [node, { reported: [], value, acceptors: noAcceptors }]),
    );
  }
}
