/**
 * Linearizable reads without a log write: a read that a leader received is answered from a state with every slot
 * that was proposed by then, once a phase 2 quorum has confirmed, after it was received, that no higher ballot has been
 * promised.
 *
 * A leader with a lease need not ask: as long as it runs, such a quorum keeps that up.
 *
 * What was chosen unknown to this leader was chosen by members of the slots behind those that it proposed. Their quorums
 * confirm: of each membership that governs some of the next alpha slots. As long as it does not know these, reads wait.
 */
import { addressOf, type Address } from "../address.ts";
import { isPhase2Quorum, noAcceptors } from "../quorum.ts";
import { membersAmong, withMember, type Membership } from "../reconfiguration/membership.ts";
import type { Output } from "./delivery.ts";
import type { Grants } from "./lease.ts";
import type { Read, Slot } from "./messages.ts";

export interface PendingRead {
  readonly client: Address;
  readonly read: Read;
  /** The state must have applied this slot. */
  readonly slot: Slot;
  /** The heartbeat round whose answers confirm it. */
  readonly round: number;
}

export class PendingReads {
  #memberships: readonly Membership[];
  #isHeld = false;
  /** Once all up to here is chosen, it is known who confirms. */
  #heldThrough: Slot = 0;
  /** In the order received, so with rounds that never decrease. */
  #reads: PendingRead[] = [];
  /** The round of the last heartbeat sent. */
  #sent = 0;
  /** The highest round that each acceptor, by node, has answered. */
  readonly #answered = new Map<number, number>();
  #confirmed = 0;
  readonly #grants: Grants | undefined;
  #leasedReads = 0;

  /**
   * @param memberships of each of which a phase 2 quorum must confirm
   * @param grants where leaders have leases
   */
  constructor(memberships: readonly Membership[], grants?: Grants) {
    this.#memberships = memberships;
    this.#grants = grants;
  }

  /** Nothing is confirmed now: who confirms may change unseen. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Who confirms is known once all up to a slot is chosen. */
  holdThrough(slot: Slot): void {
    this.#heldThrough = Math.max(this.#heldThrough, slot);
  }

  /**
   * Holds them, or lets them be confirmed by these from now on.
   *
   * @param isPreparing other members are to come, and have not all promised
   * @param lastFilled the last slot that may have been filled by now
   */
  decide(isPreparing: boolean, commitPoint: Slot, memberships: readonly Membership[], lastFilled: Slot): void {
    const isHeld = isPreparing || commitPoint < this.#heldThrough;
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (!isHeld) this.confirmedBy(memberships, lastFilled);
  }

  /** These confirm from now on, in rounds that begin now; what waited is to see all up to `slot` as well. */
  confirmedBy(memberships: readonly Membership[], slot: Slot): void {
    this.#memberships = memberships;
    const round = this.#sent + 1;
    this.#reads = this.#reads.map((read) => ({ ...read, round, slot: Math.max(read.slot, slot) }));
  }

  get size(): number {
    return this.#reads.length;
  }

  /** Takes a read: the next heartbeat is the first that confirms it. */
  add(client: Address, read: Read, slot: Slot): void {
    this.#reads.push({ client, read, slot, round: this.#sent + 1 });
  }

  /** True when a read waits for a heartbeat that has not been sent, and none is on its way that others wait for. */
  get wantsRound(): boolean {
    if (this.#isHeld) return false;
    const last = this.#reads.at(-1);
    return last !== undefined && last.round > this.#sent && this.#confirmed === this.#sent;
  }

  /** That of the last heartbeat. */
  get lastRound(): number {
    return this.#sent;
  }

  /** Numbers the next heartbeat. */
  nextRound(): number {
    this.#sent += 1;
    this.#grants?.sends(this.#sent);
    return this.#sent;
  }

  /** Those that the lease answers for, if it runs now. */
  leased(): readonly PendingRead[] {
    if (this.#grants === undefined || this.#isHeld || this.#reads.length === 0) return [];
    const { running } = this.#grants;
    if (!this.#memberships.every((each) => isPhase2Quorum(each.quorums, membersAmong(each, running)))) return [];
    this.#leasedReads += this.#reads.length;
    return this.#reads.splice(0);
  }

  /** How many the lease has answered for. */
  get leasedReads(): number {
    return this.#leasedReads;
  }

  /** An acceptor confirmed a round; returns the reads that are confirmed by it. */
  answered(node: number, round: number): readonly PendingRead[] {
    this.#grants?.acknowledged(node, round);
    if (round <= (this.#answered.get(node) ?? 0)) return [];
    this.#answered.set(node, round);
    // The greatest round that a quorum has answered, among the rounds answered.
    for (const candidate of this.#answered.values()) {
      if (candidate <= this.#confirmed) continue;
      if (this.#memberships.every((membership) => this.#isConfirmed(membership, candidate)))
        this.#confirmed = candidate;
    }
    if (this.#isHeld) return [];
    const waiting = this.#reads.findIndex((read) => read.round > this.#confirmed);
    return this.#reads.splice(0, waiting === -1 ? this.#reads.length : waiting);
  }

  #isConfirmed(membership: Membership, round: number): boolean {
    let set = noAcceptors;
    for (const [node, highest] of this.#answered) if (highest >= round) set = withMember(membership, set, node);
    return isPhase2Quorum(membership.quorums, set);
  }

  /** Gives up: returns what waited. */
  clear(): readonly PendingRead[] {
    return this.#reads.splice(0);
  }
}

/** The learner that was asked for answers, from a state that is new enough. */
export function answer({ client, read, slot }: PendingRead, out: Output): void {
  const to = addressOf("learner", read.learner);
  out.send.push({ to, message: { kind: "ReadAt", slot, client, query: read.query } });
}
