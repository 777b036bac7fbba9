/**
 * What one acceptor of Generalized Paxos has promised and accepted, by what its disk holds and what has left it.
 */
import { noBallot, type Ballot, type generalized } from "@synod/protocol";

/** A vote: in which ballot, and for how many commands. */
export interface Held {
  readonly ballot: Ballot;
  readonly length: number;
}

/** What an acceptor found in its log when it started. */
export interface RecoveredHistories {
  /** The highest ballot of a promise or a vote. */
  ballot: Ballot;
  /** By first slot of an instance: its vote. */
  readonly votes: Map<number, Held>;
  trimmedThrough: number;
}

export class HistoryRecord {
  /** The highest ballot on its disk, as a promise or a vote. */
  durableBallot: Ballot = noBallot;
  /** Its disk says that all up to here is not needed any more. */
  trimmedThrough = 0;
  /** The highest ballot of a promise that left it. */
  #toldBallot: Ballot = noBallot;
  /** By first slot of an instance: its votes, one of each ballot, in the order in which they were cast. */
  readonly #votes = new Map<number, Held[]>();

  promised(ballot: Ballot): void {
    this.durableBallot = Math.max(this.durableBallot, ballot);
  }

  accepts(slot: number, ballot: Ballot, length: number): void {
    this.promised(ballot);
    const others = (this.#votes.get(slot) ?? []).filter((held) => held.ballot !== ballot);
    this.#votes.set(slot, [...others, { ballot, length }]);
  }

  /** What is wrong with a promise that leaves it, by the rule that it breaks; undefined when nothing is. */
  wrongPromise(promise: generalized.Promised): { readonly checker: string; readonly message: string } | undefined {
    const { ballot, from, chosenThrough, accepted, next } = promise;
    const told = this.#toldBallot;
    this.#toldBallot = Math.max(told, ballot);
    if (ballot < told) return { checker: "promises", message: `promises ballot ${ballot} after ballot ${told}` };
    if (ballot > this.durableBallot) {
      const has = `its disk has ballot ${this.durableBallot}`;
      return { checker: "durability", message: `lets a promise for ballot ${ballot} leave, ${has}` };
    }
    for (const [slot, votes] of this.#votes) {
      if (slot <= chosenThrough || slot < from || (next > 0 && slot >= next)) continue;
      // Of its own ballot it may have accepted something since it answered.
      const below = votes.filter((held) => held.ballot < ballot);
      const highest = below.reduce<Held>((one, other) => (other.ballot > one.ballot ? other : one), nothing);
      const report = accepted.find((each) => each.slot === slot);
      const reported = { ballot: report?.ballot ?? noBallot, length: report?.history.length ?? 0 };
      if (!isLess(reported, highest)) continue;
      const message = `reports for slot ${slot} ${show(reported)}, it has accepted ${show(highest)}`;
      return { checker: "reports", message };
    }
    return undefined;
  }

  /** What it told or its disk held, and its log does not give back; undefined when nothing is missing. */
  missingFrom(log: RecoveredHistories): string | undefined {
    const known = Math.max(this.#toldBallot, this.durableBallot);
    if (log.ballot < known) return `with ballot ${log.ballot}, it had promised ${known}`;
    for (const [slot, votes] of this.#votes) {
      if (slot <= log.trimmedThrough) continue;
      const last = votes.reduce((one, other) => (other.ballot > one.ballot ? other : one), nothing);
      const found = log.votes.get(slot) ?? nothing;
      if (isLess(found, last)) return `for slot ${slot} with ${show(found)}, its disk had ${show(last)}`;
    }
    return undefined;
  }
}

const nothing: Held = { ballot: noBallot, length: 0 };

function isLess(one: Held, other: Held): boolean {
  return one.ballot < other.ballot || (one.ballot === other.ballot && one.length < other.length);
}

function show({ ballot, length }: Held): string {
  return ballot === noBallot ? "nothing" : `${length} commands in ballot ${ballot}`;
}
