/**
 * Who takes part, as far as a proposer has heard, and whether its own node does: only a member tries to lead, and one that
 * was a member goes when nobody needs it.
 */
import { isPhase2Quorum } from "../quorum.ts";
import { isFormer, membersAmong, type Membership } from "../reconfiguration/membership.ts";
import type { Memberships, Period } from "../reconfiguration/memberships.ts";
import { sameValue } from "../value.ts";
import type { Slot } from "./messages.ts";

export class Standing {
  readonly #node: number;
  #memberships: Memberships;
  #chosenThrough: Slot = 0;
  /** Those that govern what nobody is known to know to be chosen: who chose the rest need not be there any more. */
  #periods: readonly Period[];
  /** The nodes that know all that was chosen before the latest membership. */
  readonly #relievedBy = new Set<number>();
  #isRelieved = false;

  constructor(first: Memberships, node: number) {
    this.#node = node;
    this.#memberships = first;
    this.#periods = first.periods;
  }

  get memberships(): Memberships {
    return this.#memberships;
  }

  /** Those in force, and those that follow. */
  get electorate(): readonly Membership[] {
    return this.#periods.map(({ membership }) => membership);
  }

  /** The nodes of their members, each once, with the auxiliaries or without. */
  members(withAuxiliaries: boolean): readonly number[] {
    return [
      ...new Set(this.#periods.flatMap(({ membership: { members, mains } }) => (withAuxiliaries ? members : mains))),
    ];
  }

  get isMember(): boolean {
    return this.#periods.some(({ membership }) => membership.members.includes(this.#node));
  }

  /** It was a member, or its number was passed over, and it will not be one again. */
  get hasLeft(): boolean {
    return isFormer(this.#memberships.latest.membership, this.#node);
  }

  /** Another node tells of the members, and that somebody knows all up to `chosenThrough` to be chosen. */
  learn(bytes: Uint8Array, chosenThrough: Slot): void {
    this.#chosenThrough = Math.max(this.#chosenThrough, chosenThrough);
    if (!sameValue(bytes, this.#memberships.bytes)) {
      const told = this.#memberships.from(bytes);
      if (told?.isAfter(this.#memberships) === true) {
        this.#memberships = told;
        this.#relievedBy.clear();
      }
    }
    this.#periods = this.#memberships.periodsFrom(this.#chosenThrough + 1);
  }

  /**
   * An acceptor says what it knows. True, once, when a quorum of the mains that take part now knows all that was chosen by
   * this node too: until then its acceptor may be needed to finish that. An auxiliary keeps no values to tell.
   */
  relieves(node: number, chosenThrough: Slot): boolean {
    const { from, membership } = this.#memberships.latest;
    if (this.#isRelieved || !this.hasLeft || chosenThrough + 1 < from) return false;
    if (!membership.mains.includes(node)) return false;
    this.#relievedBy.add(node);
    this.#isRelieved = isPhase2Quorum(membership.quorums, membersAmong(membership, this.#relievedBy));
    return this.#isRelieved;
  }
}
