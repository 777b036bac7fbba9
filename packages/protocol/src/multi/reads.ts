/**
 * Linearizable reads without a log write: a read that a leader received is answered from a state with every slot
 * that was proposed by then, once a phase 2 quorum has confirmed, after it was received, that no higher ballot has been
 * promised.
 */
import type { Address } from "../address.ts";
import { isPhase2Quorum, noAcceptors, withAcceptor, type QuorumSystem } from "../quorum.ts";
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
  readonly #quorums: QuorumSystem;
  /** In the order received, so with rounds that never decrease. */
  #reads: PendingRead[] = [];
  /** The round of the last heartbeat sent. */
  #sent = 0;
  /** The highest round that each acceptor, by node, has answered. */
  readonly #answered = new Map<number, number>();
  #confirmed = 0;

  constructor(quorums: QuorumSystem) {
    this.#quorums = quorums;
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
    const last = this.#reads.at(-1);
    return last !== undefined && last.round > this.#sent && this.#confirmed === this.#sent;
  }

  /** Numbers the next heartbeat. */
  nextRound(): number {
    this.#sent += 1;
    return this.#sent;
  }

  /** An acceptor confirmed a round; returns the reads that are confirmed by it. */
  answered(node: number, round: number): readonly PendingRead[] {
    if (round <= (this.#answered.get(node) ?? 0)) return [];
    this.#answered.set(node, round);
    // The greatest round that a quorum has answered, among the rounds answered.
    for (const candidate of this.#answered.values()) {
      if (candidate <= this.#confirmed) continue;
      let set = noAcceptors;
      for (const [acceptor, highest] of this.#answered) if (highest >= candidate) set = withAcceptor(set, acceptor);
      if (isPhase2Quorum(this.#quorums, set)) this.#confirmed = candidate;
    }
    const waiting = this.#reads.findIndex((read) => read.round > this.#confirmed);
    return this.#reads.splice(0, waiting === -1 ? this.#reads.length : waiting);
  }

  /** Gives up: returns what waited. */
  clear(): readonly PendingRead[] {
    return this.#reads.splice(0);
  }
}
