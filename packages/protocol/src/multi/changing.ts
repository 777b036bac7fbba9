/**
 * A change of members that an administrator asked a leader for, until it is in force or refused.
 *
 * Who joins catches up first: members that know nothing would make a quorum that cannot go on. And so many of the new
 * members must answer that they are one: asked now, since who was there a moment ago may be down.
 */
import type { Address } from "../address.ts";
import type { Timing } from "../limits.ts";
import type { Origin } from "../leader/queue.ts";
import { isPhase1Quorum, isPhase2Quorum, countAcceptors } from "../quorum.ts";
import type { Change } from "../reconfiguration/change.ts";
import { membersAmong, type Membership } from "../reconfiguration/membership.ts";
import { changeRefusals, type ChangeRefusal } from "../reconfiguration/messages.ts";
import type { Output } from "./delivery.ts";
import type { ChangeRefused, Slot } from "./messages.ts";

/** How many election times a node that joins may be silent, and how many it may take for each step of catching up. */
const silentElections = 3;
const patientElections = 20;
/** How many election times the new members have to answer in. */
const rollElections = 2;
/** Of administrators that ask for the same change. */
export const mostAskers = 64;

/** Who of the new members is there: those that answer a heartbeat sent since. */
interface Roll {
  /** The first round of heartbeats that counts. */
  readonly round: number;
  readonly answered: Set<number>;
  ageTicks: number;
}

export class Changing {
  readonly change: Change;
  /** What is to be proposed; undefined once it is. */
  #next: Membership | undefined;
  readonly #askers: Origin[] = [];
  #ageTicks = 0;
  /** What the node that joins knows to be chosen; undefined until it answers. */
  #joinerKnows: Slot | undefined;
  /** Undefined until it is time to call it. */
  #roll: Roll | undefined;

  /** @param next the membership to propose; undefined when it has been chosen, and is not in force yet */
  constructor(change: Change, next: Membership | undefined) {
    this.change = change;
    this.#next = next;
  }

  /** The node that is to be caught up, or 0. */
  get joiner(): number {
    return this.#next === undefined ? 0 : this.change.add;
  }

  get askers(): readonly Origin[] {
    return this.#askers;
  }

  isSame({ add, remove }: Change): boolean {
    return this.change.add === add && this.change.remove === remove;
  }

  /** Somebody waits for it, or asks once more. */
  asks(client: Address, sequence: number): void {
    if (this.#askers.some((asker) => asker.client === client && asker.sequence === sequence)) return;
    if (this.#askers.length < mostAskers) this.#askers.push({ client, sequence });
  }

  /** The acceptor of a node answers a round of heartbeats. */
  hears(node: number, round: number, chosenThrough: Slot): void {
    if (this.#roll !== undefined && round >= this.#roll.round) this.#roll.answered.add(node);
    if (node !== this.joiner || chosenThrough <= (this.#joinerKnows ?? -1)) return;
    this.#joinerKnows = chosenThrough;
    this.#ageTicks = 0;
  }

  /** Whether it is time to ask who is there: nobody joins, or who does is near the commit point. */
  callsRoll(commitPoint: Slot, nearSlots: number): boolean {
    return this.#next !== undefined && this.#roll === undefined && this.#isNear(commitPoint - nearSlots);
  }

  /** Who answers heartbeats from `round` on is there. */
  rollCalled(round: number): void {
    this.#roll = { round, answered: new Set(), ageTicks: 0 };
  }

  /** The membership to propose now: a joiner is near the commit point, and enough members answer. */
  readyAt(commitPoint: Slot, nearSlots: number): Membership | undefined {
    const next = this.#next;
    if (next === undefined || !this.#isNear(commitPoint - nearSlots)) return undefined;
    return answersEnough(next, this.#roll) ? next : undefined;
  }

  /** Who joins, if anybody does, has answered, and knows what is chosen up to a slot. */
  #isNear(through: Slot): boolean {
    return this.joiner === 0 || (this.#joinerKnows !== undefined && this.#joinerKnows >= through);
  }

  /** It is proposed: whatever comes, it may be chosen. */
  proposed(): void {
    this.#next = undefined;
  }

  /** Why it cannot be made, once that is clear; undefined as long as it may be. */
  tick({ electionTicks }: Timing, commitPoint: Slot, nearSlots: number): ChangeRefusal | undefined {
    if (this.#next === undefined) return undefined;
    this.#ageTicks += 1;
    if (!this.#isNear(commitPoint - nearSlots)) {
      // Who was there meanwhile may be gone when it is near.
      this.#roll = undefined;
      const isSilent = this.#joinerKnows === undefined;
      if (this.#ageTicks <= (isSilent ? silentElections : patientElections) * electionTicks) return undefined;
      return isSilent ? "the new node has not answered" : "the new node has not caught up in time";
    }
    if (this.#roll === undefined || answersEnough(this.#next, this.#roll)) return undefined;
    this.#roll.ageTicks += 1;
    return this.#roll.ageTicks > rollElections * electionTicks ? "too few of the new members answer" : undefined;
  }

  /** Tells all who wait that it is not made. */
  refuse(reason: ChangeRefusal, out: Output): void {
    for (const { client, sequence } of this.#askers) {
      out.send.push({ to: client, message: refusal(sequence, reason, this.#next, this.#roll?.answered) });
    }
  }
}

/** The answer that refuses a change; with how many of its members answer, where they are why. */
export function refusal(
  sequence: number,
  reason: ChangeRefusal,
  next?: Membership,
  answered: Iterable<number> = [],
): ChangeRefused {
  const told = reason === "too few of the new members answer" ? next : undefined;
  return {
    kind: "ChangeRefused",
    sequence,
    reason: changeRefusals.indexOf(reason),
    reachable: told === undefined ? 0 : countAcceptors(membersAmong(told, answered)),
    needed: told === undefined ? 0 : Math.max(told.quorums.phase1, told.quorums.phase2),
  };
}

function answersEnough(next: Membership, roll: Roll | undefined): boolean {
  const answering = membersAmong(next, roll?.answered ?? []);
  return isPhase1Quorum(next.quorums, answering) && isPhase2Quorum(next.quorums, answering);
}
