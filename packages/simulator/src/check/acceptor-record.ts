/**
 * What one acceptor has promised and accepted, by what its disk holds and what has left it.
 */
import { noBallot, type Ballot, type Value } from "@synod/protocol";

/** What leaves an acceptor in phase 1b. */
export interface PromiseReport {
  readonly ballot: Ballot;
  /** The first slot that it was asked about. */
  readonly from: number;
  /** All slots up to here are chosen, and are not reported. */
  readonly chosenThrough: number;
  /** The highest-numbered proposal that it has accepted, for each other slot from `from` on, up to `next`. */
  readonly accepted: readonly { readonly slot: number; readonly ballot: Ballot; readonly value: Value }[];
  /** The first slot of the next page, or 0 when there is none. */
  readonly next: number;
}

/** What an acceptor found in its log when it started. */
export interface RecoveredLog {
  /** The highest ballot of a promise or a vote. */
  ballot: Ballot;
  /** By slot: the ballot of its vote. */
  readonly votes: Map<number, Ballot>;
  trimmedThrough: number;
}

export class AcceptorRecord {
  /** The highest ballot on its disk, as a promise or a vote. */
  durableBallot: Ballot = noBallot;
  /** Its disk says that all up to here is not needed any more. */
  trimmedThrough = 0;
  /** The highest ballot of a promise that left it. */
  toldBallot: Ballot = noBallot;
  /** By slot: the ballots of the votes on its disk, in the order in which they were cast. */
  readonly #votes = new Map<number, Ballot[]>();
  #highestSlot = 0;

  hasVote(slot: number, ballot: Ballot): boolean {
    return this.#votes.get(slot)?.includes(ballot) === true;
  }

  addVote(slot: number, ballot: Ballot): void {
    const votes = this.#votes.get(slot);
    if (votes === undefined) this.#votes.set(slot, [ballot]);
    else if (!votes.includes(ballot)) votes.push(ballot);
    this.#highestSlot = Math.max(this.#highestSlot, slot);
  }

  /** The highest ballot below another in which it has accepted something for a slot. */
  highestVote(slot: number, below: Ballot): Ballot {
    let highest = noBallot;
    for (const ballot of this.#votes.get(slot) ?? []) {
      if (ballot < below && ballot > highest) highest = ballot;
    }
    return highest;
  }

  /** What is wrong with a promise that leaves it; undefined when nothing is. */
  wrongPromise({ ballot, from, chosenThrough, accepted, next }: PromiseReport): string | undefined {
    const reported = new Map(accepted.map((proposal) => [proposal.slot, proposal.ballot]));
    for (const proposal of accepted) {
      if (this.hasVote(proposal.slot, proposal.ballot)) continue;
      return `for slot ${proposal.slot} a proposal of ballot ${proposal.ballot}, which it has not accepted`;
    }
    const last = next === 0 ? this.#highestSlot : next - 1;
    for (let slot = Math.max(from, chosenThrough + 1); slot <= last; slot++) {
      // Of its own ballot it may have accepted something since it answered.
      const highest = this.highestVote(slot, ballot);
      const told = reported.get(slot) ?? noBallot;
      if (told < highest) return `for slot ${slot} ballot ${told}, it has accepted ballot ${highest}`;
    }
    return undefined;
  }

  /** What it told or its disk held, and its log does not give back; undefined when nothing is missing. */
  missingFrom(log: RecoveredLog): string | undefined {
    const known = Math.max(this.toldBallot, this.durableBallot);
    if (log.ballot < known) return `with ballot ${log.ballot}, it had promised ${known}`;
    for (const [slot, ballots] of this.#votes) {
      if (slot <= log.trimmedThrough) continue;
      const ballot = Math.max(...ballots);
      if ((log.votes.get(slot) ?? noBallot) < ballot) return `without its vote for slot ${slot} in ballot ${ballot}`;
    }
    return undefined;
  }
}
