/**
 * The lease of a leader: for a while no acceptor of a phase 2 quorum promises a higher ballot, so that reads need no
 * round of answers (Gray and Cheriton, *Leases*, 1989; *Paxos Made Live* §5.2).
 *
 * Each acknowledged heartbeat is a grant. The acceptor counts from when the heartbeat came, the leader from before it was
 * sent, and less: as long as the leader reckons with a grant, it runs. Whoever leads next was promised by an acceptor of
 * that quorum after its grant was over, and chooses nothing before that.
 *
 * What it rests on: **while a lease runs, no clock of a node gains more than a part `drift` on that of another.** Clocks
 * need not show the same time, and a pause of a node does no harm, but its clock must not stand still meanwhile. Where
 * that fails, a read may come from the past. What is chosen never rests on it.
 */
import { noBallot, type Ballot } from "../ballot.ts";
import type { Clock } from "../output.ts";

export interface Lease {
  /** How long an acceptor keeps a grant, on its own clock, in ticks. */
  readonly ticks: number;
  /** The part, from 0 to below 1, that the clocks of two nodes may differ by while it does. */
  readonly drift: number;
}

/** 200 ms, and clocks of which one runs up to 10 % faster: an election waits as long anyway. */
export const usualLease: Lease = { ticks: 20, drift: 0.1 };

/**
 * What a role makes its part of a lease with; undefined when there are none.
 *
 * @throws RangeError for a lease that is none; TypeError without a clock
 */
export function leasing(lease: Lease | undefined, clock: Clock | undefined): Leasing | undefined {
  if (lease === undefined) return undefined;
  const { ticks, drift } = lease;
  if (!(ticks > 0 && ticks < Infinity)) throw new RangeError(`lease.ticks: expected a number above 0, got ${ticks}`);
  if (!(drift >= 0 && drift < 1))
    throw new RangeError(`lease.drift: expected a number from 0 to below 1, got ${drift}`);
  if (clock === undefined) throw new TypeError("a lease takes a clock: give the role one, or leave the lease out");
  return { lease, clock };
}

export interface Leasing {
  readonly lease: Lease;
  readonly clock: Clock;
}

/**
 * What an acceptor has granted. It is not on stable storage: one that starts may have granted just before it ended, to
 * whomever.
 *
 * A grant holds against every higher ballot until it is over, also one that was prepared without this acceptor: where
 * members change, those before may have elected its leader, and not one of those who granted.
 */
export class Grant {
  readonly #leasing: Leasing;
  readonly #unknownUntil: number;
  #ballot: Ballot = noBallot;
  #until: number;

  constructor(leasing: Leasing) {
    this.#leasing = leasing;
    this.#unknownUntil = this.#end();
    this.#until = this.#unknownUntil;
  }

  get isRunning(): boolean {
    return this.#leasing.clock() < this.#until;
  }

  /** Whether it must not be promised now. */
  forbids(ballot: Ballot): boolean {
    return this.#leasing.clock() < this.#unknownUntil || this.#isOfLower(ballot);
  }

  /** Grants the leader of a ballot a lease from now on; false when one of a lower ballot runs, and must end first. */
  give(ballot: Ballot): boolean {
    if (this.#ballot !== noBallot && this.#isOfLower(ballot)) return false;
    this.#ballot = ballot;
    this.#until = this.#end();
    return true;
  }

  #isOfLower(ballot: Ballot): boolean {
    return this.#ballot < ballot && this.isRunning;
  }

  #end(): number {
    const { lease, clock } = this.#leasing;
    return clock() + lease.ticks;
  }
}

/** What a leader has been granted in its ballot. */
export class Grants {
  readonly #leasing: Leasing;
  /** When the rounds of heartbeats were sent that may be acknowledged in time, in order. */
  readonly #sent = new Map<number, number>();
  /** Until when it reckons with the grant of each acceptor, by node. */
  readonly #until = new Map<number, number>();

  constructor(leasing: Leasing) {
    this.#leasing = leasing;
  }

  /** The acceptors whose grants run, by node. */
  get running(): ReadonlySet<number> {
    const now = this.#leasing.clock();
    return new Set([...this.#until].filter(([, until]) => now < until).map(([node]) => node));
  }

  /** The heartbeat of a round is about to be sent. */
  sends(round: number): void {
    const now = this.#leasing.clock();
    for (const [earlier, at] of this.#sent) {
      if (this.#endOf(at) > now) break;
      this.#sent.delete(earlier);
    }
    this.#sent.set(round, now);
  }

  acknowledged(node: number, round: number): void {
    const at = this.#sent.get(round);
    if (at !== undefined) this.#until.set(node, Math.max(this.#until.get(node) ?? 0, this.#endOf(at)));
  }

  #endOf(sentAt: number): number {
    const { ticks, drift } = this.#leasing.lease;
    return sentAt + ticks * (1 - drift);
  }
}
