/**
 * Who takes part in choosing a slot, as a value. *Paxos Made Simple* §3 makes "the current set of servers part of the
 * state": it is chosen in the log like a command, and alone in its slot.
 *
 * A node's number is never used again. A member that lost its disk has forgotten its promises: it comes back under a
 * new number, in the place of the old one.
 */
import { addressOf, maxNode, type Address } from "../address.ts";
import {
  maxAcceptors,
  noAcceptors,
  QuorumError,
  withAcceptor,
  type AcceptorSet,
  type QuorumSystem,
} from "../quorum.ts";

export interface Membership {
  /** How many changes came before it. */
  readonly number: number;
  /** Node numbers, in the order in which the quorum system counts them. */
  readonly members: readonly number[];
  /** The members that get no message as long as the others do (Lamport and Massa, *Cheap Paxos* 2004); often none. */
  readonly auxiliaries: readonly number[];
  /**
   * Mains that the leader has taken out because they were silent: each may come back under its own number, with its disk.
   * Mostly none, and in Multi-Paxos never any: who is taken out by an administrator is out for good.
   */
  readonly absent: readonly number[];
  /** The members that are not auxiliaries, who have a proposer and a learner as well. */
  readonly mains: readonly number[];
  readonly quorums: QuorumSystem;
  /** The highest number that a member ever had. */
  readonly highest: number;
  /** The addresses of the members' acceptors, in the same order. */
  readonly acceptors: readonly Address[];
  /** Those of the mains. */
  readonly mainAcceptors: readonly Address[];
}

/** What of a membership is not usual. */
export interface MembershipParts {
  readonly number?: number;
  readonly auxiliaries?: readonly number[];
  readonly absent?: readonly number[];
  readonly highest?: number;
}

/** @throws QuorumError when members and quorum system do not fit together */
export function membershipOf(
  members: readonly number[],
  quorums: QuorumSystem,
  { number = 0, auxiliaries = [], absent = [], highest = 0 }: MembershipParts = {},
): Membership {
  if (members.length !== quorums.acceptors || members.length > maxAcceptors) {
    throw new QuorumError(`expected ${quorums.acceptors} members, got ${members.length}`);
  }
  for (const [index, node] of members.entries()) {
    if (!Number.isInteger(node) || node < 1 || node > maxNode || members.indexOf(node) !== index) {
      throw new QuorumError(`expected different node numbers from 1, got ${members.join(", ")}`);
    }
  }
  if (!auxiliaries.every((node) => members.includes(node))) {
    throw new QuorumError(`expected auxiliaries to be members, got ${auxiliaries.join(", ")}`);
  }
  for (const [index, node] of absent.entries()) {
    const isKnown = Number.isInteger(node) && node >= 1 && node <= maxNode;
    if (!isKnown || members.includes(node) || absent.indexOf(node) !== index) {
      throw new QuorumError(`expected who is absent to be no member, got ${absent.join(", ")}`);
    }
  }
  const acceptors = members.map((node) => addressOf("acceptor", node));
  const isMain = (node: number): boolean => !auxiliaries.includes(node);
  return {
    number,
    members,
    auxiliaries,
    absent,
    mains: members.filter(isMain),
    quorums,
    highest: Math.max(highest, ...members, ...absent),
    acceptors,
    mainAcceptors: acceptors.filter((_, index) => isMain(members[index] ?? 0)),
  };
}

/** Whether a node was a member, or its number was passed over: it will never be one again. */
export function isFormer({ members, absent, highest }: Membership, node: number): boolean {
  return !members.includes(node) && !absent.includes(node) && node <= highest;
}

/** `set` with the acceptor of `node`; unchanged when that is no member, whose vote counts nothing. */
export function withMember({ members }: Membership, set: AcceptorSet, node: number): AcceptorSet {
  const index = members.indexOf(node);
  return index === -1 ? set : withAcceptor(set, index + 1);
}

/** Those of `nodes` that are members, as the quorum system counts them. */
export function membersAmong(membership: Membership, nodes: Iterable<number>): AcceptorSet {
  let set = noAcceptors;
  for (const node of nodes) set = withMember(membership, set, node);
  return set;
}
