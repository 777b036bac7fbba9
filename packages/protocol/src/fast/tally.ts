/**
 * The votes of one ballot in one slot, value by value: in a fast ballot acceptors may vote for different ones.
 */
import { noBallot, type Ballot } from "../ballot.ts";
import { countAcceptors, hasAcceptor, isPhase1Quorum, noAcceptors, withAcceptor, type AcceptorSet } from "../quorum.ts";
import { sameValue, type Value } from "../value.ts";
import { candidatesOf, favourite, quorumOf, valueToPick } from "./picking.ts";
import type { FastQuorums } from "./quorums.ts";

interface Vote {
  readonly node: number;
  readonly value: Value;
}

export class Tally {
  readonly #quorums: FastQuorums;
  #ballot: Ballot;
  #votes: Vote[] = [];
  #voters: AcceptorSet = noAcceptors;

  constructor(quorums: FastQuorums, ballot: Ballot = noBallot) {
    this.#quorums = quorums;
    this.#ballot = ballot;
  }

  /** The highest ballot that a vote was counted of, or that was begun. */
  get ballot(): Ballot {
    return this.#ballot;
  }

  get voters(): AcceptorSet {
    return this.#voters;
  }

  get values(): readonly Value[] {
    return this.#votes.map(({ value }) => value);
  }

  /** Counts a vote: the first of each acceptor, and never across ballots. True when it counts. */
  add(node: number, ballot: Ballot, value: Value): boolean {
    if (ballot > this.#ballot) this.begin(ballot);
    if (ballot < this.#ballot || hasAcceptor(this.#voters, node)) return false;
    this.#voters = withAcceptor(this.#voters, node);
    // One value is kept once, however many vote for it.
    const same = this.#votes.find((vote) => sameValue(vote.value, value));
    this.#votes.push({ node, value: same?.value ?? value });
    return true;
  }

  /** From now on votes of `ballot` are counted, and none of those before. */
  begin(ballot: Ballot): void {
    this.#ballot = ballot;
    this.#votes = [];
    this.#voters = noAcceptors;
  }

  /** The value that a quorum of the ballot has voted for; undefined when none is seen. */
  get chosen(): Value | undefined {
    const needed = quorumOf(this.#quorums, this.#ballot);
    if (this.#votes.length < needed) return undefined;
    const best = this.#favourite;
    return best !== undefined && best.votes >= needed ? best.value : undefined;
  }

  /** No value can get a quorum any more, however those vote that have not yet: a collision. */
  get isCollided(): boolean {
    const silent = this.#quorums.acceptors - countAcceptors(this.#voters);
    return (this.#favourite?.votes ?? 0) + silent < quorumOf(this.#quorums, this.#ballot);
  }

  /** Whether these votes are a phase 1b of the next ballot from a whole quorum (*Fast Paxos* §3). */
  get isPhase1OfNext(): boolean {
    return isPhase1Quorum(this.#quorums, this.#voters);
  }

  get isComplete(): boolean {
    return this.#votes.length === this.#quorums.acceptors;
  }

  /** What may be proposed in the next ballot, when `isPhase1OfNext`. */
  nextValue(isElsewhere?: (value: Value) => boolean): Value {
    return valueToPick(this.#quorums, this.#voters, this.#reports, isElsewhere);
  }

  /** The value that most have voted for; undefined when nobody has. */
  get mostVoted(): Value | undefined {
    return this.#favourite?.value;
  }

  hasVoted(node: number): boolean {
    return hasAcceptor(this.#voters, node);
  }

  /** Whether an acceptor has voted for this value. */
  hasVotedFor(node: number, value: Value): boolean {
    return this.#votes.some((vote) => vote.node === node && sameValue(vote.value, value));
  }

  get #reports(): readonly { readonly ballot: Ballot; readonly value: Value }[] {
    return this.#votes.map(({ value }) => ({ ballot: this.#ballot, value }));
  }

  get #favourite(): { readonly value: Value; readonly votes: number } | undefined {
    return favourite(candidatesOf(this.#reports));
  }
}
