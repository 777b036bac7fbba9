/**
 * What must hold of any Paxos, in the words of *Paxos Made Simple* §2.2: watched from outside, by the messages that
 * leave the roles and by what the disks of the acceptors hold. A protocol tells it what its messages mean.
 */
import {
  hasAcceptor,
  noAcceptors,
  sameValue,
  withAcceptor,
  type AcceptorSet,
  type Ballot,
  type Membership,
  type QuorumSystem,
  type Value,
} from "@synod/protocol";
import type { Report } from "../world/violation.ts";
import { AcceptorRecord, type PromiseReport, type RecoveredLog } from "./acceptor-record.ts";
import { classicBallots, type BallotRules } from "./ballot-rules.ts";
import { choosableBelow, hasPhase1Quorum, votesOf, type SlotView } from "./choosable.ts";
import { Electorates, type Changes } from "./electorates.ts";
import { mayPropose, type Vote } from "./p2c.ts";
import { bytes, type Values } from "./values.ts";

export type { PromiseReport, RecoveredLog } from "./acceptor-record.ts";
export type { Values } from "./values.ts";

/** One instance of consensus. */
interface Instance {
  /** By ballot: what was proposed; more than one value only in a fast ballot. */
  readonly proposed: Map<Ballot, Value[]>;
  /** By ballot: what was accepted, and by whom, counted from the disks. */
  readonly votes: Map<Ballot, Vote[]>;
  chosen: { readonly ballot: Ballot; readonly value: Value } | undefined;
}

interface BallotUse {
  readonly node: number;
  readonly life: number;
}

export class ConsensusChecker {
  readonly #quorums: QuorumSystem;
  readonly #report: Report;
  readonly #values: Values;
  readonly #rules: BallotRules;
  readonly #electorates: Electorates;
  readonly #instances = new Map<number, Instance>();
  readonly #acceptors = new Map<number, AcceptorRecord>();
  /** By ballot: the acceptors whose promise has left them, and the life of the proposer that uses it. */
  readonly #promises = new Map<Ballot, AcceptorSet>();
  readonly #uses = new Map<Ballot, BallotUse>();
  /** By node: the highest ballot on the disk of its proposer. */
  readonly #durableBallots = new Map<number, Ballot>();
  /** By fast ballot: the first slot in which its acceptors may vote for what clients ask. */
  readonly #opened = new Map<Ballot, number>();
  #chosenThrough = 0;

  /** @param changes where members may change, in a protocol of classic ballots: `quorums` is of the first ones */
  constructor(
    quorums: QuorumSystem,
    report: Report,
    values: Values = bytes,
    rules: BallotRules = classicBallots(quorums),
    changes?: Changes,
  ) {
    this.#electorates = new Electorates(quorums, changes, (slot) => this.chosen(slot));
    this.#quorums = quorums;
    this.#report = report;
    this.#values = values;
    this.#rules = rules;
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

  /** How many different values acceptors have voted for in a slot. */
  valuesVotedFor(slot: number): number {
    const values: Value[] = [];
    for (const vote of [...this.#instance(slot).votes.values()].flat()) {
      if (!values.some((value) => sameValue(value, vote.value))) values.push(vote.value);
    }
    return values.length;
  }

  /** The newest members, in force or to follow. */
  get members(): Membership {
    return this.#electorates.latest(this.chosenThrough);
  }

  /** The same, with the first slot that they govern. */
  get newest(): { readonly membership: Membership; readonly from: number } {
    return { membership: this.members, from: this.#electorates.latestFrom(this.chosenThrough) };
  }

  /** Whether nobody else is needed any more to choose anything. */
  get isSettled(): boolean {
    return this.#electorates.at(this.chosenThrough + 1)?.membership === this.members;
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
    const owner = this.#electorates.ownerOf(ballot) ?? this.#rules.ownerOf(ballot);
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
    const before = instance.proposed.get(ballot) ?? [];
    if (before.some((each) => sameValue(each, value))) return false;
    const [other] = before;
    if (other !== undefined && !this.#rules.isFast(ballot)) {
      const both = `${this.#values.show(other)} and ${this.#values.show(value)}`;
      this.#report("p2c", `ballot ${ballot} proposes two values for slot ${slot}: ${both}`);
      return false;
    }
    instance.proposed.set(ballot, [...before, value]);
    this.#mustBeAsked(`ballot ${ballot} proposes`, slot, value);
    this.#mustBeAllowed(`proposes ${this.#values.show(value)}`, slot, ballot, value);
    return true;
  }

  /**
   * Phase 2a of a fast ballot without a value, for all slots from `from` on: whatever is voted for there must be allowed.
   * True when it has not been seen before.
   */
  opens(ballot: Ballot, from: number): boolean {
    if (this.#opened.get(ballot) === from) return false;
    this.#opened.set(ballot, from);
    const behind = [...this.#instances.keys()].filter((slot) => slot > from);
    for (const slot of [from, ...behind]) this.#mustBeAllowed("lets acceptors choose", slot, ballot, undefined);
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
    const promised = Math.max(record.durableBallot, record.highestVote(slot, Infinity));
    if (ballot < promised && !record.hasVote(slot, ballot)) {
      const after = `after it has promised ${promised}`;
      this.#report("promises", `acceptor ${acceptor} accepts ballot ${ballot} in slot ${slot} ${after}`);
    }
    this.durablePromise(acceptor, this.#rules.promiseOf(ballot));
    record.addVote(slot, ballot);
    this.#mustBeProposed(acceptor, ballot, slot, value);
    this.#mustBeOnlyVote(acceptor, ballot, slot, value);
    const instance = this.#instance(slot);
    const votes = instance.votes.get(ballot) ?? [];
    let vote = votes.find((each) => sameValue(each.value, value));
    if (vote === undefined) {
      vote = { value, acceptors: noAcceptors };
      instance.votes.set(ballot, [...votes, vote]);
    }
    vote.acceptors = withAcceptor(vote.acceptors, acceptor);
    if (this.#isChosenBy(acceptor, ballot, slot, vote.acceptors)) this.#choose(instance, slot, ballot, value);
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

  #mustBeAsked(who: string, slot: number, value: Value): void {
    const unasked = this.#values.unasked(value);
    if (unasked === undefined) return;
    this.#report("validity", `${who} for slot ${slot} what no client asked for: ${unasked}`);
  }

  /** P2c; where a ballot may have several values, what it is there for. `value` is undefined when any may be voted for. */
  #mustBeAllowed(what: string, slot: number, ballot: Ballot, value: Value | undefined): void {
    const { votes } = this.#instance(slot);
    const promised = this.#promises.get(ballot) ?? noAcceptors;
    const electorate = this.#electorates.at(slot);
    const open = `and who chooses it is open: all is chosen up to slot ${this.chosenThrough}`;
    if (electorate === undefined) return this.#report("members", `ballot ${ballot} ${what} for slot ${slot}, ${open}`);
    const wrong =
      this.#rules.hasFast || value === undefined
        ? this.#unsafe(slot, ballot, value)
        : mayPropose((set) => electorate.isPhase1Quorum(set), votes, promised, ballot, value);
    if (wrong === undefined) return;
    const why = wrong === "no quorum" ? "no phase 1 quorum has promised it" : this.#showVotes(slot);
    this.#report("p2c", `ballot ${ballot} ${what} for slot ${slot}: ${why}`);
  }

  /** Whether a value is chosen, with the vote of this acceptor; a vote of one that is no member counts nothing. */
  #isChosenBy(acceptor: number, ballot: Ballot, slot: number, voters: AcceptorSet): boolean {
    if (!this.#electorates.mayChange) return this.#rules.isChosenBy(ballot, voters);
    const electorate = this.#electorates.at(slot);
    if (electorate?.has(acceptor) === false) {
      this.#report("members", `acceptor ${acceptor} votes for slot ${slot}, which ${electorate.show()} choose`);
    }
    return electorate?.isPhase2Quorum(voters) === true;
  }

  #unsafe(slot: number, ballot: Ballot, value: Value | undefined): undefined | "no quorum" | "other value" {
    const { votes } = this.#instance(slot);
    const view: SlotView = { slot, votes, recordOf: (acceptor) => this.#record(acceptor) };
    if (!hasPhase1Quorum(this.#quorums, this.#rules, view, ballot)) return "no quorum";
    const other = choosableBelow(this.#quorums, this.#rules, view, ballot, value);
    return other === undefined ? undefined : "other value";
  }

  #mustBeProposed(acceptor: number, ballot: Ballot, slot: number, value: Value): void {
    const proposed = this.#instance(slot).proposed.get(ballot) ?? [];
    if (proposed.some((each) => sameValue(each, value))) return;
    const accepts = `acceptor ${acceptor} accepts ${this.#values.show(value)} for slot ${slot} in ballot ${ballot}`;
    // What clients ask, where the leader lets acceptors take it.
    if (slot >= (this.#opened.get(ballot) ?? Infinity)) {
      return this.#mustBeAsked(`acceptor ${acceptor} accepts in ballot ${ballot}`, slot, value);
    }
    if (this.#rules.isPickedByAcceptors(ballot)) return void this.proposes(ballot, slot, value);
    const [first] = proposed;
    this.#report("validity", `${accepts}, proposed was ${first === undefined ? "nothing" : this.#values.show(first)}`);
  }

  #mustBeOnlyVote(acceptor: number, ballot: Ballot, slot: number, value: Value): void {
    const other = votesOf(this.#instance(slot).votes.get(ballot), acceptor).find((each) => !sameValue(each, value));
    if (other === undefined || !this.#rules.isFast(ballot)) return;
    const both = `${this.#values.show(other)} and ${this.#values.show(value)}`;
    this.#report("votes", `acceptor ${acceptor} votes twice for slot ${slot} in ballot ${ballot}: ${both}`);
  }

  /** What is reported of a slot must be what was accepted in it, in that ballot. */
  #mustBeVote(acceptor: number, slot: number, ballot: Ballot, value: Value): void {
    const votes = this.#instance(slot).votes.get(ballot);
    if (votes === undefined) return;
    const cast = this.#rules.isFast(ballot) ? votesOf(votes, acceptor) : votes.map((vote) => vote.value);
    if (cast.some((each) => sameValue(each, value))) return;
    const reported = `acceptor ${acceptor} reports ${this.#values.show(value)} for slot ${slot} in ballot ${ballot}`;
    const accepted = cast.map((each) => this.#values.show(each)).join(" and ");
    this.#report("reports", `${reported}, it has accepted ${accepted === "" ? "nothing" : accepted}`);
  }

  #showVotes(slot: number): string {
    const nodes = [...this.#acceptors.keys()].sort((one, other) => one - other);
    const votes = [...this.#instance(slot).votes].flatMap(([ballot, each]) =>
      each.map(({ value, acceptors }) => {
        const holders = nodes.filter((node) => hasAcceptor(acceptors, node)).join(", ");
        return `${this.#values.show(value)} in ballot ${ballot} at ${holders}`;
      }),
    );
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
