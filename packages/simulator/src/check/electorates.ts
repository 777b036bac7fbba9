/**
 * Who chooses which slot, from outside the roles: by what is chosen, counted from the disks. The servers of slot i + alpha
 * are "specified by the state after execution of the ith state machine command" (*Paxos Made Simple* §3): a slot whose members are not settled yet may not be
 * proposed at all.
 */
import {
  ballotOwner,
  decodeMembership,
  hasAcceptor,
  isMembershipValue,
  isPhase1Quorum,
  isPhase2Quorum,
  membershipOf,
  noAcceptors,
  withAcceptor,
  type AcceptorSet,
  type Ballot,
  type Membership,
  type QuorumSystem,
  type Value,
} from "@synod/protocol";

/** The members that choose a slot. Sets of acceptors are by node number, here and in all checkers. */
export class Electorate {
  readonly membership: Membership;

  constructor(membership: Membership) {
    this.membership = membership;
  }

  show(): string {
    return this.membership.members.join(", ");
  }

  has(node: number): boolean {
    return this.membership.members.includes(node);
  }

  isPhase1Quorum(nodes: AcceptorSet): boolean {
    return isPhase1Quorum(this.membership.quorums, this.#places(nodes));
  }

  isPhase2Quorum(nodes: AcceptorSet): boolean {
    return isPhase2Quorum(this.membership.quorums, this.#places(nodes));
  }

  #places(nodes: AcceptorSet): AcceptorSet {
    let places = noAcceptors;
    for (const [index, node] of this.membership.members.entries()) {
      if (hasAcceptor(nodes, node)) places = withAcceptor(places, index + 1);
    }
    return places;
  }
}

/** That members may change, and how. */
export interface Changes {
  readonly alphaSlots: number;
  /** How many node numbers ballots are shared out among. */
  readonly identities: number;
  /** Those of the first members that get no message as long as the others do. */
  readonly auxiliaries?: readonly number[];
}

interface Period {
  readonly from: number;
  readonly electorate: Electorate;
}

export class Electorates {
  readonly #changes: Changes | undefined;
  readonly #alphaSlots: number;
  readonly #chosen: (slot: number) => Value | undefined;
  readonly #first: Electorate;
  /** All there ever were, in order. */
  readonly #periods: Period[];
  /** What was chosen up to here has been looked at. */
  #walked = 0;

  /**
   * @param quorums of the first members, nodes 1 to as many as it has
   * @param changes undefined where members never change
   * @param chosen what is chosen in a slot; undefined when nothing is
   */
  constructor(quorums: QuorumSystem, changes: Changes | undefined, chosen: (slot: number) => Value | undefined) {
    const members = Array.from({ length: quorums.acceptors }, (_, index) => index + 1);
    this.#first = new Electorate(membershipOf(members, quorums, { auxiliaries: changes?.auxiliaries ?? [] }));
    this.#periods = [{ from: 1, electorate: this.#first }];
    this.#changes = changes;
    this.#alphaSlots = changes?.alphaSlots ?? Infinity;
    this.#chosen = chosen;
  }

  get mayChange(): boolean {
    return this.#changes !== undefined;
  }

  /** The proposer that owns a ballot, where that hangs on who may ever be a member. */
  ownerOf(ballot: Ballot): number | undefined {
    return this.#changes && ballotOwner(ballot, this.#changes.identities);
  }

  /** Who chooses a slot; undefined as long as a slot alpha before it, or an earlier one, is not chosen. */
  at(slot: number): Electorate | undefined {
    while (this.#walked < slot - this.#alphaSlots) {
      const value = this.#chosen(this.#walked + 1);
      if (value === undefined) return undefined;
      this.#walked += 1;
      this.#take(this.#walked, value);
    }
    return this.#periods.findLast(({ from }) => slot >= from)?.electorate ?? this.#first;
  }

  /** The newest members that anything chosen up to here makes, in force or to follow. */
  latest(chosenThrough: number): Membership {
    this.at(chosenThrough + this.#alphaSlots);
    return (this.#periods.at(-1)?.electorate ?? this.#first).membership;
  }

  /** The first slot that those govern. */
  latestFrom(chosenThrough: number): number {
    this.at(chosenThrough + this.#alphaSlots);
    return this.#periods.at(-1)?.from ?? 1;
  }

  /** A change that is chosen before the one before it is in force is void, and one that follows on no known one. */
  #take(slot: number, value: Value): void {
    if (!isMembershipValue(value)) return;
    const before = this.#periods.at(-1);
    const membership = decodeMembership(value);
    if (before === undefined || membership === undefined) return;
    const follows = membership.number === before.electorate.membership.number + 1;
    if (!follows || slot < before.from) return;
    this.#periods.push({ from: slot + this.#alphaSlots, electorate: new Electorate(membership) });
  }
}
