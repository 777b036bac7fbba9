/**
 * What n-f signed reports say of the slots: the recovery of FaB Paxos. "A progress certificate vouches for a value"
 * when no other one may have been learned.
 *
 * A value v that was learned had ceil((n+3f+1)/2) votes in one ballot, at least 2f fewer by honest acceptors that are
 * among the reporters: the majority of the n-f reports. Each of them reports v, as later ballots let it vote for nothing else; or it
 * says that the slot is stable, and so reports no votes for it. Counting these for every value, v is in the majority
 * whatever the others report, and no other value is vouched for.
 *
 *     reports of a slot                  vouched for       n = 6, f = 1: 5 reports, a majority is 3
 *     v v v w .                          v
 *     v v w w .                          any: neither was learned
 *     v v w w stable                     none: v and w have 3 each, so the one who says stable lies; wait for the sixth
 *     v v v v stable                     v
 *     . . . stable stable                it was learned, as one of the two is honest: f+1 say so
 */
import type { Ballot } from "../ballot.ts";
import { keyOf } from "../digest.ts";
import type { Quorums } from "./quorums.ts";
import type { Report, Slot } from "./messages.ts";

/** What may be proposed for a slot. */
export type Verdict =
  /** Whatever clients asked for, or a no-op. */
  | "any"
  /** Nothing: it is known, or these reports contradict each other. */
  | "none"
  /** Only the value of this digest. */
  | { readonly digest: string };

interface Tally {
  readonly counts: Map<string, number>;
}

export class Judgement {
  readonly ballot: Ballot;
  readonly #quorums: Quorums;
  readonly #stable: readonly Slot[];
  readonly #tallies = new Map<Slot, Tally>();
  /** All slots up to here are known: an honest acceptor says so. */
  readonly base: Slot;
  /** The highest slot in which only one value may be proposed; `base` when there is none. */
  readonly highest: Slot;

  /** @param reports of so many nodes as make a certificate, each once */
  constructor(quorums: Quorums, ballot: Ballot, reports: readonly Report[]) {
    this.ballot = ballot;
    this.#quorums = quorums;
    this.#stable = reports.map(({ stableThrough }) => stableThrough).sort((one, other) => other - one);
    this.base = this.#stable[quorums.trust - 1] ?? 0;
    for (const { votes } of reports) for (const vote of votes) this.#count(vote.slot, keyOf(vote.digest));
    let highest = this.base;
    for (const slot of this.#tallies.keys()) {
      if (slot > highest && this.#mayBeLearned(slot).length > 0) highest = slot;
    }
    this.highest = highest;
  }

  /** What these reports vouch for. */
  verdict(slot: Slot): Verdict {
    if (slot <= this.base) return "none";
    const [digest, second] = this.#mayBeLearned(slot);
    if (second !== undefined) return "none";
    return digest === undefined ? "any" : { digest };
  }

  /** Whether every slot that is not known can be filled. */
  get isConclusive(): boolean {
    return this.#voted().every((slot) => this.verdict(slot) !== "none");
  }

  /** By slot: the digest key of the only value that may be proposed there. */
  get required(): ReadonlyMap<Slot, string> {
    const required = new Map<Slot, string>();
    for (const slot of this.#voted()) {
      const verdict = this.verdict(slot);
      if (typeof verdict === "object") required.set(slot, verdict.digest);
    }
    return required;
  }

  /** The slots above the base that were voted for: there are as many as the reports have, however high they are. */
  #voted(): readonly Slot[] {
    return [...this.#tallies.keys()].filter((slot) => slot > this.base);
  }

  #count(slot: Slot, digest: string): void {
    let tally = this.#tallies.get(slot);
    if (tally === undefined) {
      tally = { counts: new Map() };
      this.#tallies.set(slot, tally);
    }
    tally.counts.set(digest, (tally.counts.get(digest) ?? 0) + 1);
  }

  /** The values that are in the majority, if all that say "stable" mean them. */
  #mayBeLearned(slot: Slot): readonly string[] {
    const stable = this.#stable.filter((through) => through >= slot).length;
    const counts = [...(this.#tallies.get(slot)?.counts ?? [])];
    return counts.filter(([, count]) => count + stable >= this.#quorums.vouch).map(([digest]) => digest);
  }
}

/** Judges a certificate; undefined when it is none: too few reports, or not each of another node, or not of votes. */
export function judge(quorums: Quorums, ballot: Ballot, reports: readonly Report[]): Judgement | undefined {
  const nodes = new Set(reports.map(({ node }) => node));
  if (reports.length !== quorums.reports || nodes.size !== reports.length) return undefined;
  if (!reports.every(({ votes }) => new Set(votes.map(({ slot }) => slot)).size === votes.length)) return undefined;
  return new Judgement(quorums, ballot, reports);
}

/** Reports that make a certificate, and what they say. */
export interface Conclusion {
  readonly reports: readonly Report[];
  readonly judgement: Judgement;
}

/**
 * The first certificate among these reports that tells of every slot what may be proposed. With the reports of all who
 * are honest there is one; as long as liars are among them, they may contradict each other.
 */
export function conclusive(quorums: Quorums, ballot: Ballot, reports: readonly Report[]): Conclusion | undefined {
  for (const chosen of subsets(reports, quorums.reports)) {
    const judgement = judge(quorums, ballot, chosen);
    if (judgement?.isConclusive === true) return { reports: chosen, judgement };
  }
  return undefined;
}

/** All ways to take so many of the items, in order. */
function* subsets<Item>(items: readonly Item[], size: number): Iterable<readonly Item[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let first = 0; first <= items.length - size; first++) {
    const item = items[first];
    if (item === undefined) return;
    for (const rest of subsets(items.slice(first + 1), size - 1)) yield [item, ...rest];
  }
}
