/**
 * From the members before to those of now, as a leader sees to it. A change in force is made for good when nobody needs those
 * who chose before: a quorum of the members of now knows all that they chose, also after a restart. Until then they are told
 * of all that is chosen, and who asked for the change waits.
 */
import type { Origin } from "../leader/queue.ts";
import { isMade } from "../reconfiguration/change.ts";
import type { Membership } from "../reconfiguration/membership.ts";
import type { Period } from "../reconfiguration/memberships.ts";
import { mostAskers, type Changing } from "./changing.ts";
import type { Output } from "./delivery.ts";
import { LastingKnowledge } from "./lasting-knowledge.ts";
import type { Slot } from "./messages.ts";

export class Handover {
  readonly lasting = new LastingKnowledge();
  #isOver: boolean;
  readonly #askers: Origin[] = [];

  /** @param isOver whether those who chose before, if anybody did, are known not to be needed */
  constructor(isOver: boolean) {
    this.#isOver = isOver;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Those who wait until it is over. */
  get askers(): readonly Origin[] {
    return this.#askers;
  }

  /** Another membership is to come. */
  begins(): void {
    this.#isOver = false;
  }

  /** A membership is in force: who asked for it waits on; who asked for another one, which was not chosen, is told. */
  inForce(membership: Membership, changing: Changing | undefined, out: Output): void {
    if (changing === undefined) return;
    if (!isMade(membership, changing.change)) return changing.refuse("another change is under way", out);
    for (const asker of changing.askers) this.awaitedBy(asker);
  }

  /** Somebody waits until it is over, or asks once more. */
  awaitedBy({ client, sequence }: Origin): void {
    if (this.#askers.some((asker) => asker.client === client && asker.sequence === sequence)) return;
    if (this.#askers.length < mostAskers) this.#askers.push({ client, sequence });
  }

  /**
   * Whether an acceptor should promise once more, since by that it will know for good what is waited for: it says that it
   * knows it now.
   *
   * @param awaited a slot that others wait for; 0 for none
   */
  asks(node: number, chosenThrough: Slot, { from, membership }: Period, awaited: Slot): boolean {
    if (!membership.mains.includes(node)) return false;
    const known = this.lasting.of(node);
    return [awaited, this.#isOver ? 0 : from - 1].some((slot) => known < slot && slot <= chosenThrough);
  }

  /** True, once, when it is over: those who wait are told. */
  ends({ from, membership }: Period, commitPoint: Slot, out: Output): boolean {
    if (this.#isOver || commitPoint + 1 < from || !this.lasting.isOf(membership, from - 1)) return false;
    this.#isOver = true;
    const { number } = membership;
    for (const { client, sequence } of this.#askers.splice(0)) {
      out.send.push({ to: client, message: { kind: "Reconfigured", sequence, number, from } });
    }
    return true;
  }
}
