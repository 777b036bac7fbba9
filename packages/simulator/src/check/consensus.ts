/**
 * What must hold of any Paxos, in the words of *Paxos Made Simple* §2.2: watched from outside, by the messages that
 * leave the roles and by what the disks of the acceptors hold. A protocol tells it what its messages mean.
 */
import {
  ballotOwner,
  hasAcceptor,
  isPhase2Quorum,
  noAcceptors,
  sameValue,
  withAcceptor,
  type AcceptorSet,
  type Ballot,
  type QuorumSystem,
  type Value,
} from "@synod/protocol";
import type { Report } from "../world/violation.ts";
import { AcceptorRecord, type PromiseReport, type RecoveredLog } from "./acceptor-record.ts";
import { mayPropose, type Vote } from "./p2c.ts";

export type { PromiseReport, RecoveredLog } from "./acceptor-record.ts";

/** What the values of a protocol are. */
export interface Values {
  show(value: Value): string;
  /** What is in a value that no client asked for; undefined when a client asked for all of it. */
  unasked(value: Value): string | undefined;
}

/** One instance of consensus. */
interface Instance {
  /** By ballot: what was proposed. */
  readonly proposed: Map<Ballot, Value>;
  /** By ballot: who accepted it, counted from the disks. */
  readonly votes: Map<Ballot, Vote>;
  chosen: { readonly ballot: Ballot; readonly value: Value } | undefined;
}

interface BallotUse {
  readonly node: number;
  readonly life: number;
}

const bytes: Values = {
  show: (value) => (value.length === 0 ? "a no-op" : `a value of ${value.length} bytes`),
  unasked: () => undefined,
};

export class ConsensusChecker {
  readonly #quorums: QuorumSystem;
  readonly #report: Report;
  readonly #values: Values;
  readonly #instances = new Map<number, Instance>();
  readonly #acceptors = new Map<number, AcceptorRecord>();
  /** By ballot: the acceptors whose promise has left them, and the life of the proposer that uses it. */
  readonly #promises = new Map<Ballot, AcceptorSet>();
  readonly #uses = new Map<Ballot, BallotUse>();
  /** By node: the highest ballot on the disk of its proposer. */
  readonly #durableBallots = new Map<number, Ballot>();
  #chosenThrough = 0;

  constructor(quorums: QuorumSystem, report: Report, values: Values = bytes) {
    this.#quorums = quorums;
    this.#report = report;
    this.#values = values;
  }

  /** All slots up to here have a chosen value. */
  get chosenThrough(): number {
    while (this.#instances.get(this.#chosenThrough + 1)?.chosen !== undefined) this.#chosenThrough += 1;
    return this.#chosenThrough;
  }

  get ballots(): number {
    return this.#uses.size;
  }

  /** What is chosen in a slot; undefined when nothing is. */
  chosen(slot: number): Value | undefined {
    return this.#instances.get(slot)?.chosen?.value;
  }

  /** Whether a slot has votes in ballots below this one. */
  wasBegunBefore(ballot: Ballot, slot: number): boolean {
    const votes = this.#instances.get(slot)?.votes.keys() ?? [];
    for (const before of votes) if (before < ballot) return true;
    return false;
  }

  /** A ballot is on the disk of a proposer. */
  durableBallot(proposer: number, ballot: Ballot): void {
    this.#durableBallots.set(proposer, Math.max(ballot, this.#durableBallots.get(proposer) ?? 0));
  }

  /**
   * A life of a proposer uses a ballot. §2.5: "different proposers choose their numbers from disjoint sets", and each
   * "remembers (in stable storage) the highest-numbered proposal it has tried to issue".
   */
  uses(ballot: Ballot, node: number, life: number): void {
    const use = this.#uses.get(ballot);
    if (use?.node === node && use.life === life) return;
    const who = `proposer ${node} in its life ${life}`;
    if (use !== undefined) {
      this.#report("ballots", `${who} uses ballot ${ballot}, as proposer ${use.node} in its life ${use.life} did`);
      return;
    }
    this.#uses.set(ballot, { node, life });
    const owner = ballotOwner(ballot, this.#quorums.acceptors);
    if (owner !== node) this.#report("ballots", `${who} uses ballot ${ballot}, which is proposer ${owner}'s`);
  }

  /** A Prepare leaves a proposer that keeps its ballot on a disk. */
  prepares(node: number, ballot: Ballot): void {
    const durable = this.#durableBallots.get(node) ?? 0;
    if (durable >= ballot) return;
    this.#report("durability", `proposer ${node} prepares ballot ${ballot}, its disk has ballot ${durable}`);
  }

  /** A proposer sends phase 2a: P2c must allow it. True when it has not been seen before. */
  proposes(ballot: Ballot, slot: number, value: Value): boolean {
    const instance = this.#instance(slot);
    const before = instance.proposed.get(ballot);
    if (before !== undefined) {
      if (!sameValue(before, value)) {
        const both = `${this.#values.show(before)} and ${this.#values.show(value)}`;
        this.#report("p2c", `ballot ${ballot} proposes two values for slot ${slot}: ${both}`);
      }
      return false;
    }
    instance.proposed.set(ballot, value);
    const unasked = this.#values.unasked(value);
    if (unasked !== undefined) {
      this.#report("validity", `ballot ${ballot} proposes for slot ${slot} what no client asked for: ${unasked}`);
    }
    const promised = this.#promises.get(ballot) ?? noAcceptors;
    const wrong = mayPropose(this.#quorums, instance.votes, promised, ballot, value);
    if (wrong === undefined) return true;
    const what = `ballot ${ballot} proposes ${this.#values.show(value)} for slot ${slot}`;
    this.#report(
      "p2c",
      `${what}: ${wrong === "no quorum" ? "no phase 1 quorum has promised it" : this.#showVotes(slot)}`,
    );
    return true;
  }

  /** A promise leaves an acceptor: it must be on its disk, below none that left it before, and leave nothing out. */
  promises(acceptor: number, promise: PromiseReport): void {
    const { ballot } = promise;
    const record = this.#record(acceptor);
    if (ballot < record.toldBallot) {
      this.#report("promises", `acceptor ${acceptor} promises ballot ${ballot} after ballot ${record.toldBallot}`);
    }
    record.toldBallot = Math.max(record.toldBallot, ballot);
    this.#mustBeDurable(acceptor, ballot, "promise");
    this.#promises.set(ballot, withAcceptor(this.#promises.get(ballot) ?? noAcceptors, acceptor));
    const wrong = record.wrongPromise(promise);
    if (wrong !== undefined) this.#report("reports", `acceptor ${acceptor} reports to ballot ${ballot} ${wrong}`);
    for (const { slot, ballot: accepted, value } of promise.accepted) this.#mustBeVote(acceptor, slot, accepted, value);
  }

  /** A vote leaves an acceptor, for the first time or again. */
  votes(acceptor: number, ballot: Ballot, slot: number): void {
    const record = this.#record(acceptor);
    // One that was cast before a higher promise may be told after it: its place on the disk says when it was cast.
    if (record.hasVote(slot, ballot)) return;
    // A trimmed slot is chosen: its votes need not be kept, and still bind the acceptor.
    if (slot <= record.trimmedThrough) return this.#mustBeDurable(acceptor, ballot, "vote");
    const vote = `the vote of acceptor ${acceptor} for slot ${slot} in ballot ${ballot}`;
    this.#report("durability", `${vote} leaves and is not on its disk`);
  }

  /** A vote leaves an acceptor with its value: that of the ballot. */
  tells(acceptor: number, ballot: Ballot, slot: number, value: Value): void {
    this.#mustBeVote(acceptor, slot, ballot, value);
  }

  /** An acceptor says that it has promised nothing above a ballot. */
  confirms(acceptor: number, ballot: Ballot): void {
    const { toldBallot } = this.#record(acceptor);
    if (toldBallot <= ballot) return;
    this.#report("promises", `acceptor ${acceptor} confirms ballot ${ballot} after it has promised ${toldBallot}`);
  }

  /** A promise is on the disk of an acceptor. */
  durablePromise(acceptor: number, ballot: Ballot): void {
    const record = this.#record(acceptor);
    record.durableBallot = Math.max(record.durableBallot, ballot);
  }

  /** A vote is on the disk of an acceptor: with a quorum of them, its value is chosen. */
  durableVote(acceptor: number, ballot: Ballot, slot: number, value: Value): void {
    const record = this.#record(acceptor);
    // P1a, by the order of its log, which is read again after a power failure.
    if (ballot < record.durableBallot && !record.hasVote(slot, ballot)) {
      const after = `after it has promised ${record.durableBallot}`;
      this.#report("promises", `acceptor ${acceptor} accepts ballot ${ballot} in slot ${slot} ${after}`);
    }
    this.durablePromise(acceptor, ballot);
    record.addVote(slot, ballot);
    this.#mustBeProposed(acceptor, ballot, slot, value);
    const instance = this.#instance(slot);
    let vote = instance.votes.get(ballot);
    if (vote === undefined) {
      vote = { value, acceptors: noAcceptors };
      instance.votes.set(ballot, vote);
    }
    vote.acceptors = withAcceptor(vote.acceptors, acceptor);
    if (isPhase2Quorum(this.#quorums, vote.acceptors)) this.#choose(instance, slot, ballot, value);
  }

  /** The disk of an acceptor says that slots up to here are not needed any more. */
  durableTrim(acceptor: number, through: number): void {
    const record = this.#record(acceptor);
    record.trimmedThrough = Math.max(record.trimmedThrough, through);
  }

  /** Someone learns, or says, that a value is chosen in a slot. */
  learns(who: string, slot: number, value: Value): void {
    const chosen = this.chosen(slot);
    if (chosen !== undefined && sameValue(chosen, value)) return;
    const was = chosen === undefined ? "nothing" : this.#values.show(chosen);
    this.#report("learning", `${who} has ${this.#values.show(value)} for slot ${slot}, chosen is ${was}`);
  }

  /** Someone says that all slots up to here are chosen. */
  claims(who: string, through: number): void {
    if (through <= this.chosenThrough) return;
    const is = this.chosenThrough === 0 ? "none is" : `all are up to slot ${this.chosenThrough}`;
    this.#report("learning", `${who} says that all slots up to ${through} are chosen; ${is}`);
  }

  /** An acceptor has taken back what its log holds: nothing that its disk held, or that it told, may be missing. */
  began(acceptor: number, recovered: RecoveredLog): void {
    const missing = this.#record(acceptor).missingFrom(recovered);
    if (missing !== undefined) this.#report("durability", `acceptor ${acceptor} comes back ${missing}`);
  }

  #choose(instance: Instance, slot: number, ballot: Ballot, value: Value): void {
    const { chosen } = instance;
    if (chosen === undefined) {
      instance.chosen = { ballot, value };
      return;
    }
    if (sameValue(chosen.value, value)) return;
    const one = `${this.#values.show(chosen.value)} in ballot ${chosen.ballot}`;
    this.#report(
      "agreement",
      `slot ${slot} has two values: ${one} and ${this.#values.show(value)} in ballot ${ballot}`,
    );
  }

  #mustBeDurable(acceptor: number, ballot: Ballot, what: string): void {
    const { durableBallot } = this.#record(acceptor);
    if (durableBallot >= ballot) return;
    const on = `its disk has ballot ${durableBallot}`;
    this.#report("durability", `a ${what} of acceptor ${acceptor} for ballot ${ballot} leaves, ${on}`);
  }

  #mustBeProposed(acceptor: number, ballot: Ballot, slot: number, value: Value): void {
    const proposed = this.#instance(slot).proposed.get(ballot);
    if (proposed !== undefined && sameValue(proposed, value)) return;
    const was = proposed === undefined ? "nothing" : this.#values.show(proposed);
    const accepted = `acceptor ${acceptor} accepts ${this.#values.show(value)} for slot ${slot} in ballot ${ballot}`;
    this.#report("validity", `${accepted}, proposed was ${was}`);
  }

  /** What is reported of a slot must be what was accepted in it, in that ballot. */
  #mustBeVote(acceptor: number, slot: number, ballot: Ballot, value: Value): void {
    const vote = this.#instance(slot).votes.get(ballot);
    if (vote === undefined || sameValue(vote.value, value)) return;
    const reported = `acceptor ${acceptor} reports ${this.#values.show(value)} for slot ${slot} in ballot ${ballot}`;
    this.#report("reports", `${reported}, it has accepted ${this.#values.show(vote.value)}`);
  }

  #showVotes(slot: number): string {
    const nodes = Array.from({ length: this.#quorums.acceptors }, (_, index) => index + 1);
    const votes = [...this.#instance(slot).votes].map(([ballot, { value, acceptors }]) => {
      const holders = nodes.filter((node) => hasAcceptor(acceptors, node)).join(", ");
      return `${this.#values.show(value)} in ballot ${ballot} at ${holders}`;
    });
    return `the acceptors hold ${votes.join("; ")}`;
  }

  #instance(slot: number): Instance {
    let instance = this.#instances.get(slot);
    if (instance === undefined) {
      instance = { proposed: new Map(), votes: new Map(), chosen: undefined };
      this.#instances.set(slot, instance);
    }
    return instance;
  }

  #record(acceptor: number): AcceptorRecord {
    let record = this.#acceptors.get(acceptor);
    if (record === undefined) {
      record = new AcceptorRecord();
      this.#acceptors.set(acceptor, record);
    }
    return record;
  }
}
