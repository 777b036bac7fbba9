/**
 * What must hold of any Paxos, in the words of *Paxos Made Simple* §2.2: watched from outside, by the messages that
 * leave the roles and by what the disks of the acceptors hold. A protocol tells it what its messages mean.
 */
import {
  countAcceptors,
  hasAcceptor,
  isPhase2Quorum,
  noAcceptors,
  noBallot,
  sameValue,
  withAcceptor,
  type AcceptorSet,
  type Ballot,
  type QuorumSystem,
  type Value,
} from "@synod/protocol";
import type { Report } from "../world/violation.ts";

interface Vote {
  readonly value: Value;
  /** The acceptors that have it on their disks. */
  acceptors: AcceptorSet;
}

/** One instance of consensus. */
interface Instance {
  /** By ballot: what was proposed. */
  readonly proposed: Map<Ballot, Value>;
  /** By ballot: who accepted it, counted from the disks. */
  readonly votes: Map<Ballot, Vote>;
  chosen: { readonly ballot: Ballot; readonly value: Value } | undefined;
}

/** What the disk of an acceptor holds, and what left it. */
interface AcceptorMemory {
  /** The highest ballot on its disk, as a promise or a vote. */
  durableBallot: Ballot;
  /** By slot: the ballot of the vote on its disk. */
  readonly durableVotes: Map<number, Ballot>;
  /** Its disk says that all up to here is not needed any more. */
  durableTrim: number;
  /** The highest ballot in an answer that left it. */
  told: Ballot;
}

/** What an acceptor found in its log when it started. */
export interface RecoveredLog {
  /** The highest ballot of a promise or a vote. */
  ballot: Ballot;
  /** By slot: the ballot of its vote. */
  readonly votes: Map<number, Ballot>;
  trimmedThrough: number;
}

export class ConsensusChecker {
  readonly #quorums: QuorumSystem;
  readonly #report: Report;
  readonly #instances = new Map<number, Instance>();
  readonly #acceptors = new Map<number, AcceptorMemory>();
  /** By ballot: the acceptors that promised it, and the life of the proposer that uses it. */
  readonly #promises = new Map<Ballot, AcceptorSet>();
  readonly #owners = new Map<Ballot, string>();
  #chosenThrough = 0;

  constructor(quorums: QuorumSystem, report: Report) {
    this.#quorums = quorums;
    this.#report = report;
  }

  /** How many slots have a chosen value. */
  get chosenThrough(): number {
    while (this.#instances.get(this.#chosenThrough + 1)?.chosen !== undefined) this.#chosenThrough += 1;
    return this.#chosenThrough;
  }

  get ballots(): number {
    return this.#owners.size;
  }

  /** §2.5: "different proposers choose their numbers from disjoint sets", and one never uses a number again. */
  uses(ballot: Ballot, proposer: string): void {
    const owner = this.#owners.get(ballot);
    if (owner === undefined) this.#owners.set(ballot, proposer);
    else if (owner !== proposer) this.#report("ballots", `ballot ${ballot} is used by ${owner} and by ${proposer}`);
  }

  /** A proposer sends phase 2a: P2c must allow it. */
  proposes(ballot: Ballot, slot: number, value: Value): void {
    const instance = this.#instance(slot);
    const before = instance.proposed.get(ballot);
    if (before !== undefined) {
      if (sameValue(before, value)) return;
      this.#report("p2c", `ballot ${ballot} proposes ${show(before)} and ${show(value)} for slot ${slot}`);
      return;
    }
    instance.proposed.set(ballot, value);
    if (!this.#allowedByP2c(instance, ballot, value)) {
      this.#report("p2c", `ballot ${ballot} proposes ${show(value)} for slot ${slot}: ${this.#showVotes(instance)}`);
    }
  }

  /** A promise leaves an acceptor: it must be on its disk, and below none that left it before. */
  promises(acceptor: number, ballot: Ballot): void {
    this.#answers(acceptor, ballot, "promise");
    this.#promises.set(ballot, withAcceptor(this.#promises.get(ballot) ?? noAcceptors, acceptor));
  }

  /** A vote leaves an acceptor, for the first time or again. */
  votes(acceptor: number, ballot: Ballot, slot: number): void {
    // One that was cast before a higher promise may be told after it: its place on the disk says when it was cast.
    const onDisk = this.#instance(slot).votes.get(ballot)?.acceptors ?? noAcceptors;
    if (hasAcceptor(onDisk, acceptor)) return;
    this.#answers(acceptor, ballot, "vote");
    if (slot <= this.#memory(acceptor).durableTrim) return;
    this.#report(
      "durability",
      `the vote of acceptor ${acceptor} for slot ${slot} in ballot ${ballot} is not on its disk`,
    );
  }

  /** What an acceptor reports in phase 1b: it must be what it voted for. */
  reports(acceptor: number, slot: number, ballot: Ballot, value: Value): void {
    const proposed = this.#instance(slot).proposed.get(ballot);
    if (proposed !== undefined && sameValue(proposed, value)) return;
    const was = proposed === undefined ? "nothing" : show(proposed);
    this.#report(
      "reports",
      `acceptor ${acceptor} reports ${show(value)} for slot ${slot} in ballot ${ballot}, proposed was ${was}`,
    );
  }

  /** A promise, or a vote in any slot, is on the disk of an acceptor. */
  durablePromise(acceptor: number, ballot: Ballot): void {
    const memory = this.#memory(acceptor);
    memory.durableBallot = Math.max(memory.durableBallot, ballot);
  }

  /** A vote is on the disk of an acceptor: with a quorum of them, its value is chosen. */
  durableVote(acceptor: number, ballot: Ballot, slot: number, value: Value): void {
    const memory = this.#memory(acceptor);
    const instance = this.#instance(slot);
    let vote = instance.votes.get(ballot);
    if (vote === undefined) {
      vote = { value, acceptors: noAcceptors };
      instance.votes.set(ballot, vote);
    }
    // P1a, by the order of its log, which is read again after a power failure.
    if (ballot < memory.durableBallot && !hasAcceptor(vote.acceptors, acceptor)) {
      const after = `after it had promised ${memory.durableBallot}`;
      this.#report("promises", `acceptor ${acceptor} accepts ballot ${ballot} in slot ${slot} ${after}`);
    }
    this.durablePromise(acceptor, ballot);
    memory.durableVotes.set(slot, Math.max(ballot, memory.durableVotes.get(slot) ?? noBallot));
    if (!sameValue(vote.value, value)) {
      this.#report(
        "agreement",
        `acceptors hold ${show(vote.value)} and ${show(value)} for slot ${slot} in ballot ${ballot}`,
      );
      return;
    }
    vote.acceptors = withAcceptor(vote.acceptors, acceptor);
    if (!isPhase2Quorum(this.#quorums, vote.acceptors)) return;
    const { chosen } = instance;
    if (chosen === undefined) instance.chosen = { ballot, value };
    else if (!sameValue(chosen.value, value)) {
      this.#report(
        "agreement",
        `slot ${slot}: ${show(chosen.value)} is chosen in ballot ${chosen.ballot}, ${show(value)} in ${ballot}`,
      );
    }
  }

  /** The disk of an acceptor says that slots up to here are not needed any more. */
  durableTrim(acceptor: number, through: number): void {
    const memory = this.#memory(acceptor);
    memory.durableTrim = Math.max(memory.durableTrim, through);
  }

  /** Someone learns, or says, that a value is chosen in a slot. */
  learns(who: string, slot: number, value: Value): void {
    const chosen = this.#instances.get(slot)?.chosen;
    if (chosen !== undefined && sameValue(chosen.value, value)) return;
    const was = chosen === undefined ? "nothing" : show(chosen.value);
    this.#report("learning", `${who} has ${show(value)} for slot ${slot}, chosen is ${was}`);
  }

  /** Someone says that all slots up to here are chosen. */
  claims(who: string, through: number): void {
    if (through > this.chosenThrough) {
      this.#report(
        "learning",
        `${who} says that all up to slot ${through} is chosen, which is so up to ${this.chosenThrough}`,
      );
    }
  }

  /** An acceptor has taken back what its log holds: nothing that its disk held, or that it told, may be missing. */
  began(acceptor: number, recovered: RecoveredLog): void {
    const before = this.#memory(acceptor);
    const { told, durableBallot } = before;
    if (recovered.ballot < Math.max(told, durableBallot)) {
      this.#report(
        "durability",
        `acceptor ${acceptor} comes back with ballot ${recovered.ballot}, it had told ${told}, its disk had ${durableBallot}`,
      );
    }
    for (const [slot, ballot] of before.durableVotes) {
      const held = recovered.votes.get(slot) ?? 0;
      if (held >= ballot || slot <= recovered.trimmedThrough) continue;
      this.#report(
        "durability",
        `acceptor ${acceptor} comes back without its vote for slot ${slot} in ballot ${ballot}`,
      );
    }
  }

  #answers(acceptor: number, ballot: Ballot, what: string): void {
    const memory = this.#memory(acceptor);
    if (ballot < memory.told) {
      this.#report(
        "promises",
        `acceptor ${acceptor} sends a ${what} for ballot ${ballot} after one for ${memory.told}`,
      );
    }
    memory.told = Math.max(memory.told, ballot);
    if (memory.durableBallot < ballot) {
      this.#report(
        "durability",
        `a ${what} of acceptor ${acceptor} for ballot ${ballot} leaves; its disk has ${memory.durableBallot}`,
      );
    }
  }

  /** P2c, by trying every phase 1 quorum among those that promised the ballot. */
  #allowedByP2c(instance: Instance, ballot: Ballot, value: Value): boolean {
    let voters = noAcceptors;
    for (const [below, vote] of instance.votes) if (below < ballot) voters |= vote.acceptors;
    const promised = this.#promises.get(ballot) ?? noAcceptors;
    if (countAcceptors(promised) < this.#quorums.phase1) return false;
    if ((voters & promised) === noAcceptors) return true;
    for (let set = promised; set !== 0; set = (set - 1) & promised) {
      if (countAcceptors(set) < this.#quorums.phase1) continue;
      const highest = highestVote(instance, set, ballot);
      if (highest === undefined || sameValue(highest, value)) return true;
    }
    return false;
  }

  #showVotes(instance: Instance): string {
    const votes = [...instance.votes].map(([ballot, { value, acceptors }]) => {
      const holders = Array.from({ length: this.#quorums.acceptors }, (_, i) => i + 1);
      return `${show(value)} in ${ballot} at ${holders.filter((each) => hasAcceptor(acceptors, each)).join(", ")}`;
    });
    return votes.length === 0 ? "no phase 1 quorum promised it" : `the acceptors hold ${votes.join("; ")}`;
  }

  #instance(slot: number): Instance {
    let instance = this.#instances.get(slot);
    if (instance === undefined) {
      instance = { proposed: new Map(), votes: new Map(), chosen: undefined };
      this.#instances.set(slot, instance);
    }
    return instance;
  }

  #memory(acceptor: number): AcceptorMemory {
    let memory = this.#acceptors.get(acceptor);
    if (memory === undefined) {
      memory = { durableBallot: noBallot, durableVotes: new Map(), durableTrim: 0, told: 0 };
      this.#acceptors.set(acceptor, memory);
    }
    return memory;
  }
}

/** The value of the highest-numbered vote below a ballot that the acceptors of a set hold. */
function highestVote(instance: Instance, set: AcceptorSet, below: Ballot): Value | undefined {
  let highest: Ballot = 0;
  let value: Value | undefined;
  for (const [ballot, vote] of instance.votes) {
    if (ballot >= below || ballot < highest || (vote.acceptors & set) === noAcceptors) continue;
    highest = ballot;
    value = vote.value;
  }
  return value;
}

function show(value: Value): string {
  if (value.length === 0) return "a no-op";
  return `a value of ${value.length} bytes`;
}
