/**
 * A change of members that an administrator asked a leader for, until it is in force or refused.
 *
 * Who joins catches up first: members that know nothing would make a quorum that cannot go on. And so many of the new
 * members must answer that they are one.
 */
import type { Address } from "../address.ts";
import type { Attendance } from "../leader/attendance.ts";
import type { Timing } from "../limits.ts";
import type { Origin } from "../leader/queue.ts";
import { isPhase1Quorum, isPhase2Quorum, countAcceptors } from "../quorum.ts";
import type { Change } from "../reconfiguration/change.ts";
import type { Membership } from "../reconfiguration/membership.ts";
import { changeRefusals, type ChangeRefusal } from "../reconfiguration/messages.ts";
import type { Output } from "./delivery.ts";
import type { ChangeRefused, Slot } from "./messages.ts";

/** How many election times a node that joins may be silent, and how many it may take for each step of catching up. */
const silentElections = 3;
const patientElections = 20;
/** Of administrators that ask for the same change. */
export const mostAskers = 64;

export class Changing {
  readonly change: Change;
  /** What is to be proposed; undefined once it is. */
  #next: Membership | undefined;
  readonly #askers: Origin[] = [];
  #ageTicks = 0;
  /** What the node that joins knows to be chosen; undefined until it answers. */
  #joinerKnows: Slot | undefined;

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

  hears(node: number, chosenThrough: Slot): void {
    if (node !== this.joiner || chosenThrough <= (this.#joinerKnows ?? -1)) return;
    this.#joinerKnows = chosenThrough;
    this.#ageTicks = 0;
  }

  /** The membership to propose now: a joiner is near the commit point, and enough members answer. */
  readyAt(commitPoint: Slot, nearSlots: number, attendance: Attendance): Membership | undefined {
    const next = this.#next;
    if (next === undefined) return undefined;
    if (this.joiner !== 0 && !this.#isNear(commitPoint - nearSlots)) return undefined;
    return answersEnough(next, attendance) ? next : undefined;
  }

  /** Who joins has answered, and knows what is chosen up to a slot. */
  #isNear(through: Slot): boolean {
    return this.#joinerKnows !== undefined && this.#joinerKnows >= through;
  }

  /** It is proposed: whatever comes, it may be chosen. */
  proposed(): void {
    this.#next = undefined;
  }

  /** Why it cannot be made, once that is clear; undefined as long as it may be. */
  tick(
    { electionTicks }: Timing,
    commitPoint: Slot,
    nearSlots: number,
    attendance: Attendance,
  ): ChangeRefusal | undefined {
    if (this.#next === undefined) return undefined;
    this.#ageTicks += 1;
    if (this.joiner !== 0) {
      const isSilent = this.#joinerKnows === undefined;
      if (isSilent)
        return this.#ageTicks > silentElections * electionTicks ? "the new node has not answered" : undefined;
      if (!this.#isNear(commitPoint - nearSlots)) {
        const isPatient = this.#ageTicks <= patientElections * electionTicks;
        return isPatient ? undefined : "the new node has not caught up in time";
      }
    }
    return answersEnough(this.#next, attendance) ? undefined : "too few of the new members answer";
  }

  refuse(reason: ChangeRefusal, attendance: Attendance | undefined, out: Output): void {
    for (const { client, sequence } of this.#askers) {
      out.send.push({ to: client, message: refusal(sequence, reason, this.#next, attendance) });
    }
  }
}

/** The answer that refuses a change; with how many of its members answer, where they are why. */
export function refusal(
  sequence: number,
  reason: ChangeRefusal,
  next?: Membership,
  attendance?: Attendance,
): ChangeRefused {
  const quorums = reason === "too few of the new members answer" ? next?.quorums : undefined;
  return {
    kind: "ChangeRefused",
    sequence,
    reason: changeRefusals.indexOf(reason),
    reachable: quorums === undefined || next === undefined ? 0 : countAcceptors(attendance?.among(next) ?? 0),
    needed: quorums === undefined ? 0 : Math.max(quorums.phase1, quorums.phase2),
  };
}

function answersEnough(next: Membership, attendance: Attendance): boolean {
  const answering = attendance.among(next);
  return isPhase1Quorum(next.quorums, answering) && isPhase2Quorum(next.quorums, answering);
}
