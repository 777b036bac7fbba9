/**
 * What must hold of a protocol whose acceptors may lie, as far as honest nodes can break it: by the messages that leave
 * their roles and by what their disks hold. A value is chosen in a slot when so many honest acceptors hold votes for it, in
 * one ballot, that with the votes of the liars a learner may learn it.
 */
import { keyOf, sameValue, type Ballot, type Value } from "@synod/protocol";
import type { Report } from "../world/violation.ts";
import { AcceptorRecord, type PromiseReport, type RecoveredLog } from "./acceptor-record.ts";
import type { Values } from "./consensus.ts";

export interface SlotVotesOptions {
  /** So many votes of honest acceptors may make a value known. */
  readonly enough: number;
  /** The digest by which votes name values. */
  readonly digest: (value: Value) => Uint8Array;
  readonly values: Values;
  readonly report: Report;
}

interface BallotVotes {
  readonly value: Value;
  readonly acceptors: Set<number>;
}

interface Instance {
  /** By ballot, each value that an honest acceptor voted for: a leader that lies proposes several. */
  readonly votes: Map<Ballot, Map<string, BallotVotes>>;
  /** By ballot: what its leader proposed, if it is honest. */
  readonly proposed: Map<Ballot, Value>;
  chosen: { readonly ballot: Ballot; readonly value: Value } | undefined;
}

export class SlotVotesChecker {
  readonly #options: SlotVotesOptions;
  readonly #report: Report;
  readonly #instances = new Map<number, Instance>();
  readonly #acceptors = new Map<number, AcceptorRecord>();
  /** By acceptor, ballot and slot: what it has voted for. */
  readonly #cast = new Map<string, string>();
  readonly #ballots = new Set<Ballot>();
  #chosenThrough = 0;

  constructor(options: SlotVotesOptions) {
    this.#options = options;
    this.#report = options.report;
  }

  /** All slots up to here have a chosen value. */
  get chosenThrough(): number {
    while (this.#instances.get(this.#chosenThrough + 1)?.chosen !== undefined) this.#chosenThrough += 1;
    return this.#chosenThrough;
  }

  get ballots(): number {
    return this.#ballots.size;
  }

  chosen(slot: number): Value | undefined {
    return this.#instances.get(slot)?.chosen?.value;
  }

  /** Whether a slot has votes in ballots below this one. */
  wasBegunBefore(ballot: Ballot, slot: number): boolean {
    return [...this.#instance(slot).votes.keys()].some((before) => before < ballot);
  }

  /** An honest leader proposes a value: no other one in its ballot. True when it has not been seen before. */
  proposes(ballot: Ballot, slot: number, value: Value): boolean {
    this.#ballots.add(ballot);
    const { proposed } = this.#instance(slot);
    const before = proposed.get(ballot);
    proposed.set(ballot, before ?? value);
    if (before === undefined) {
      this.#mustBeAsked(`ballot ${ballot} proposes`, slot, value);
      return true;
    }
    if (!sameValue(before, value)) {
      const both = `${this.#show(before)} and ${this.#show(value)}`;
      this.#report("proposals", `ballot ${ballot} proposes two values for slot ${slot}: ${both}`);
    }
    return false;
  }

  /** A vote leaves an honest acceptor, for the first time or again: it is on its disk, for that value. */
  votes(acceptor: number, ballot: Ballot, slot: number, digest: Uint8Array): void {
    if (this.#cast.get(`${acceptor}/${ballot}/${slot}`) === keyOf(digest)) return;
    const vote = `the vote of acceptor ${acceptor} for slot ${slot} in ballot ${ballot}`;
    this.#report("durability", `${vote} leaves and is not on its disk`);
  }

  /** A promise is on the disk of an honest acceptor. */
  durablePromise(acceptor: number, ballot: Ballot): void {
    const record = this.#record(acceptor);
    record.durableBallot = Math.max(record.durableBallot, ballot);
  }

  /** A vote is on the disk of an honest acceptor. */
  durableVote(acceptor: number, ballot: Ballot, slot: number, value: Value): void {
    const record = this.#record(acceptor);
    const who = `acceptor ${acceptor} votes in ballot ${ballot} for slot ${slot}`;
    if (ballot < record.durableBallot && !record.hasVote(slot, ballot)) {
      this.#report("promises", `${who} after it has promised ${record.durableBallot}`);
    }
    this.durablePromise(acceptor, ballot);
    record.addVote(slot, ballot);
    const key = keyOf(this.#options.digest(value));
    const cast = `${acceptor}/${ballot}/${slot}`;
    const before = this.#cast.get(cast);
    if (before !== undefined && before !== key) this.#report("votes", `${who} twice, for different values`);
    this.#cast.set(cast, key);
    this.#mustBeAsked(`acceptor ${acceptor} votes in ballot ${ballot} for`, slot, value);
    this.#count(slot, ballot, key, value, acceptor);
  }

  /** A report of votes leaves an honest acceptor: it leaves none out, and makes none up. */
  promises(acceptor: number, promise: PromiseReport): void {
    const record = this.#record(acceptor);
    const { ballot } = promise;
    if (ballot < record.toldBallot) {
      this.#report("promises", `acceptor ${acceptor} promises ballot ${ballot} after ballot ${record.toldBallot}`);
    }
    record.toldBallot = Math.max(record.toldBallot, ballot);
    if (record.durableBallot < ballot) {
      const on = `its disk has ballot ${record.durableBallot}`;
      this.#report("durability", `a promise of acceptor ${acceptor} for ballot ${ballot} leaves, ${on}`);
    }
    const wrong = record.wrongPromise(promise);
    if (wrong !== undefined) this.#report("reports", `acceptor ${acceptor} reports to ballot ${ballot} ${wrong}`);
  }

  /** The disk of an honest acceptor says that votes up to here are not needed any more. */
  durableTrim(acceptor: number, through: number): void {
    const record = this.#record(acceptor);
    record.trimmedThrough = Math.max(record.trimmedThrough, through);
  }

  /** An honest acceptor has taken back what its log holds: nothing may be missing. */
  began(acceptor: number, recovered: RecoveredLog): void {
    const missing = this.#record(acceptor).missingFrom(recovered);
    if (missing !== undefined) this.#report("durability", `acceptor ${acceptor} comes back ${missing}`);
  }

  /** Someone honest learns that a value is chosen in a slot. */
  learns(who: string, slot: number, value: Value): void {
    const chosen = this.chosen(slot);
    if (chosen !== undefined && sameValue(chosen, value)) return;
    const was = chosen === undefined ? "nothing" : this.#show(chosen);
    const rule = chosen === undefined ? "learning" : "agreement";
    this.#report(rule, `${who} has ${this.#show(value)} for slot ${slot}, chosen is ${was}`);
  }

  #count(slot: number, ballot: Ballot, key: string, value: Value, acceptor: number): void {
    const instance = this.#instance(slot);
    let ofBallot = instance.votes.get(ballot);
    if (ofBallot === undefined) {
      ofBallot = new Map();
      instance.votes.set(ballot, ofBallot);
    }
    let votes = ofBallot.get(key);
    if (votes === undefined) {
      votes = { value, acceptors: new Set() };
      ofBallot.set(key, votes);
    }
    votes.acceptors.add(acceptor);
    if (votes.acceptors.size < this.#options.enough) return;
    const { chosen } = instance;
    if (chosen === undefined) instance.chosen = { ballot, value };
    else if (!sameValue(chosen.value, value)) {
      const one = `${this.#show(chosen.value)} in ballot ${chosen.ballot}`;
      this.#report("agreement", `slot ${slot} has two values: ${one} and ${this.#show(value)} in ballot ${ballot}`);
    }
  }

  /** An honest node takes no part in what no client asked for. */
  #mustBeAsked(who: string, slot: number, value: Value): void {
    const unasked = this.#options.values.unasked(value);
    if (unasked !== undefined) {
      this.#report("validity", `${who} slot ${slot} what no client asked for: ${unasked}`);
    }
  }

  #show(value: Value): string {
    return this.#options.values.show(value);
  }

  #instance(slot: number): Instance {
    let instance = this.#instances.get(slot);
    if (instance === undefined) {
      instance = { votes: new Map(), proposed: new Map(), chosen: undefined };
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
