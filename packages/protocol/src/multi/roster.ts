/**
 * Whom a leader calls on. In Multi-Paxos all members, always; Cheap Paxos leaves some alone as long as the others answer,
 * and changes by itself who takes part when one does not.
 */
import type { Address } from "../address.ts";
import { changed, type Change } from "../reconfiguration/change.ts";
import type { Membership } from "../reconfiguration/membership.ts";
import type { Memberships } from "../reconfiguration/memberships.ts";
import type { ChangeRefusal } from "../reconfiguration/messages.ts";
import type { Slot } from "../replication/messages.ts";
import type { LastingKnowledge } from "./lasting-knowledge.ts";

/** A change that a leader makes unasked, and the membership after it. */
export interface WantedChange {
  readonly change: Change;
  readonly next: Membership;
}

/** What some acceptors need not remember any more. */
export interface Relief {
  readonly acceptors: readonly Address[];
  /** All slots up to this one. */
  readonly slot: Slot;
  /** The history of memberships as `slot` leaves it. */
  readonly memberships: Memberships;
}

/** Of one leader, as long as it leads. */
export interface Roster {
  /** The acceptors of a membership that are asked for votes and promises now. */
  called(membership: Membership): readonly Address[];
  /** Nodes that are no members, and are told what is chosen because they may come back. */
  followers(membership: Membership): readonly number[];
  /** An acceptor has answered. */
  hears(node: number): void;
  /** It has said up to where it knows what is chosen: it may forget that when it restarts. */
  knows(node: number, chosenThrough: Slot): void;
  /** A tick has passed. True when others are called on than before. */
  tick(memberships: Memberships, commitPoint: Slot): boolean;
  /** The change that the newest members need, which are in force; undefined for none. */
  wanted(membership: Membership, commitPoint: Slot): WantedChange | undefined;
  /** The membership after a change that an administrator wants, or why there is none. */
  changed(membership: Membership, change: Change): Membership | ChangeRefusal;
  /** The slot up to which all mains must know for good what is chosen before there is a relief; 0 when none is due. */
  readonly awaits: Slot;
  /** What is to be told to whom now; undefined, mostly, for nothing. */
  relief(memberships: Memberships, commitPoint: Slot, lasting: LastingKnowledge): Relief | undefined;
}

/**
 * Makes the roster of a new leader.
 *
 * @param membership that in force
 * @param answered the nodes that have promised
 */
export type NewRoster = (membership: Membership, answered: ReadonlySet<number>) => Roster;

/** All members, and no change that nobody asked for. */
export function everyMember(identities: number): Roster {
  return {
    called: ({ acceptors }) => acceptors,
    followers: () => [],
    hears: () => undefined,
    knows: () => undefined,
    tick: () => false,
    wanted: () => undefined,
    changed: (membership, change) => changed(membership, change, identities),
    awaits: 0,
    relief: () => undefined,
  };
}
