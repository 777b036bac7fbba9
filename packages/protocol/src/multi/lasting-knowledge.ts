/**
 * What acceptors know to be chosen and will still know after a restart: a promise goes to the disk together with the first
 * slot that is not counted as chosen. All else that they say of it may be gone with their memory, so that whatever cannot be
 * taken back rests on this: an auxiliary forgets, a node that is no member any more goes.
 */
import { isPhase2Quorum } from "../quorum.ts";
import { membersAmong, type Membership } from "../reconfiguration/membership.ts";
import type { Slot } from "./messages.ts";

export class LastingKnowledge {
  readonly #through = new Map<number, Slot>();

  /** The acceptor of a node has promised, and counts all slots up to `chosenThrough` as chosen. */
  promised(node: number, chosenThrough: Slot): void {
    this.#through.set(node, Math.max(chosenThrough, this.of(node)));
  }

  /** The acceptor of a node knows all slots up to this one. */
  of(node: number): Slot {
    return this.#through.get(node) ?? 0;
  }

  /**
   * Whether a phase 2 quorum of mains knows all that is chosen up to a slot: some acceptor of each phase 1 quorum does. An
   * auxiliary keeps no values to tell.
   */
  isOf(membership: Membership, through: Slot): boolean {
    const those = membership.mains.filter((node) => this.of(node) >= through);
    return isPhase2Quorum(membership.quorums, membersAmong(membership, those));
  }
}
