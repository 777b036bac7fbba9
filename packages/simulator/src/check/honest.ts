/**
 * What must hold of a Paxos whose acceptors may lie, seen from outside: what the honest ones tell, what their disks hold,
 * and what the honest learners learn. Liars are not looked at.
 */
import { keyOf, noBallot, sameValue, type Ballot, type Value } from "@synod/protocol";
import type { Report } from "../world/violation.ts";
import { AcceptorRecord, type RecoveredLog } from "./acceptor-record.ts";
import type { Values } from "./consensus.ts";

export class HonestChecker {
  readonly #votesNeeded: number;
  readonly #report: Report;
  readonly #values: Values;
  readonly #acceptors = new Map<number, AcceptorRecord>();
  /** By acceptor, slot and ballot: the digest that it told first. */
  readonly #told = new Map<string, string>();
  /** What an acceptor's disk says that it is about to tell. */
  readonly #durable = new Set<string>();
  /** By slot and ballot: how many honest disks hold a vote. */
  readonly #votes = new Map<string, Set<number>>();
  /** By slot: what an honest learner learned first. */
  readonly #learned = new Map<number, { readonly who: string; readonly value: Value }>();
  readonly #ballots = new Set<Ballot>();
  #learnedThrough = 0;

  /** @param votesNeeded how many honest acceptors must have voted for what is learned: a quorum but for the liars */
  constructor(votesNeeded: number, report: Report, values: Values) {
    this.#votesNeeded = votesNeeded;
    this.#report = report;
    this.#values = values;
  }

  /** All slots up to here have been learned by somebody honest. */
  get chosenThrough(): number {
    while (this.#learned.has(this.#learnedThrough + 1)) this.#learnedThrough += 1;
    return this.#learnedThrough;
  }

  get ballots(): number {
    return this.#ballots.size;
  }

  chosen(slot: number): Value | undefined {
    return this.#learned.get(slot)?.value;
  }

  /** The disk of an acceptor holds the value that it is about to tell of, in a slot and ballot. */
  durableProposal(acceptor: number, ballot: Ballot, slot: number): void {
    const record = this.#record(acceptor);
    const key = keyFor(acceptor, slot, ballot);
    // By the order of its log, which is read again after a power failure.
    if (ballot < record.durableBallot && !this.#durable.has(key)) {
      const after = `after it has entered ballot ${record.durableBallot}`;
      this.#report("promises", `acceptor ${acceptor} takes a proposal of ballot ${ballot} in slot ${slot} ${after}`);
    }
    this.#durable.add(key);
    this.#ballots.add(ballot);
  }

  /** An acceptor tells others what was proposed to it: the same to all, now and later, and never what it may forget. */
  tells(acceptor: number, ballot: Ballot, slot: number, digest: Uint8Array): void {
    const key = keyFor(acceptor, slot, ballot);
    const told = this.#told.get(key);
    if (told !== undefined && told !== keyOf(digest)) {
      this.#report("equivocation", `acceptor ${acceptor} tells two values of slot ${slot} in ballot ${ballot}`);
    }
    this.#told.set(key, keyOf(digest));
    if (this.#durable.has(key)) return;
    const what = `what acceptor ${acceptor} tells of slot ${slot} in ballot ${ballot}`;
    this.#report("durability", `${what} leaves and is not on its disk`);
  }

  /** A vote is on the disk of an acceptor. */
  durableVote(acceptor: number, ballot: Ballot, slot: number): void {
    this.#record(acceptor).addVote(slot, ballot);
    const key = `${slot} ${ballot}`;
    this.#votes.set(key, (this.#votes.get(key) ?? new Set()).add(acceptor));
  }

  /** A vote leaves an acceptor. */
  votes(acceptor: number, ballot: Ballot, slot: number): void {
    const record = this.#record(acceptor);
    if (record.hasVote(slot, ballot) || slot <= record.trimmedThrough) return;
    const vote = `the vote of acceptor ${acceptor} for slot ${slot} in ballot ${ballot}`;
    this.#report("durability", `${vote} leaves and is not on its disk`);
  }

  /** The disk of an acceptor says that it has left all ballots below. */
  durableBallot(acceptor: number, ballot: Ballot): void {
    const record = this.#record(acceptor);
    record.durableBallot = Math.max(record.durableBallot, ballot);
  }

  /** An acceptor tells the leader of a ballot that it has left those below, and its votes in slots above `stable`. */
  promises(acceptor: number, ballot: Ballot, stable: number, votes: ReadonlyMap<number, Ballot>): void {
    const record = this.#record(acceptor);
    if (record.durableBallot < ballot) {
      const has = `its disk has ballot ${record.durableBallot}`;
      this.#report("durability", `a promise of acceptor ${acceptor} for ballot ${ballot} leaves, ${has}`);
    }
    const wrong = record.wrongPromise({
      ballot,
      from: stable + 1,
      chosenThrough: stable,
      accepted: [...votes].map(([slot, vote]) => ({ slot, ballot: vote, value: new Uint8Array(0) })),
      next: 0,
    });
    if (wrong !== undefined) this.#report("reports", `acceptor ${acceptor} reports to ballot ${ballot} ${wrong}`);
  }

  durableTrim(acceptor: number, through: number): void {
    const record = this.#record(acceptor);
    record.trimmedThrough = Math.max(record.trimmedThrough, through);
  }

  /** An acceptor has taken back what its log holds. */
  began(acceptor: number, recovered: RecoveredLog): void {
    const missing = this.#record(acceptor).missingFrom(recovered);
    if (missing !== undefined) this.#report("durability", `acceptor ${acceptor} comes back ${missing}`);
  }

  /** Someone honest learns that a value is chosen in a slot. */
  learns(who: string, slot: number, value: Value): void {
    const learned = this.#learned.get(slot);
    if (learned !== undefined) {
      if (sameValue(learned.value, value)) return;
      const one = `${learned.who} has ${this.#values.show(learned.value)}`;
      this.#report("agreement", `slot ${slot} has two values: ${one} and ${who} ${this.#values.show(value)}`);
      return;
    }
    this.#learned.set(slot, { who, value });
    const unasked = this.#values.unasked(value);
    if (unasked !== undefined) {
      this.#report("validity", `${who} learns in slot ${slot} what no client asked for: ${unasked}`);
    }
    if (this.#mostVotes(slot) >= this.#votesNeeded) return;
    const votes = `at most ${this.#mostVotes(slot)} honest acceptors have voted for it in one ballot`;
    this.#report("learning", `${who} has ${this.#values.show(value)} for slot ${slot}: ${votes}`);
  }

  #mostVotes(slot: number): number {
    let most = 0;
    for (const ballot of this.#ballots) most = Math.max(most, this.#votes.get(`${slot} ${ballot}`)?.size ?? 0);
    return most;
  }

  #record(acceptor: number): AcceptorRecord {
    let record = this.#acceptors.get(acceptor);
    if (record === undefined) {
      record = new AcceptorRecord();
      record.durableBallot = noBallot;
      this.#acceptors.set(acceptor, record);
    }
    return record;
  }
}

function keyFor(acceptor: number, slot: number, ballot: Ballot): string {
  return `${acceptor} ${slot} ${ballot}`;
}
