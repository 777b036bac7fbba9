/**
 * One change of who takes part: a node more, a node fewer, or one for another.
 */
import { flexible, majority, maxAcceptors, weighted, type QuorumSystem } from "../quorum.ts";
import { membershipOf, type Membership } from "./membership.ts";
import type { ChangeRefusal } from "./messages.ts";

export interface Change {
  /** The node that joins, or 0. */
  readonly add: number;
  /** The node that leaves, or 0. */
  readonly remove: number;
}

/** Whether a membership is as a change wants it: the change was made, or was asked for in vain. */
export function isMade({ members, absent }: Membership, { add, remove }: Change): boolean {
  const isOut = !members.includes(remove) && !absent.includes(remove);
  return (add !== 0 || remove !== 0) && (add === 0 || members.includes(add)) && isOut;
}

/** The membership after a change, or why there is none. Who comes for another takes its place, and its weight. */
export function changed(before: Membership, { add, remove }: Change, identities: number): Membership | ChangeRefusal {
  const { members, auxiliaries, quorums, highest, number } = before;
  if (add === 0 && remove === 0) return "it changes nothing";
  if (remove !== 0 && !members.includes(remove)) return "no such node is a member";
  if (add !== 0 && (add <= highest || add > identities)) {
    return "the number of the node has been used: a node that comes back takes a new one, above all before";
  }
  const parts = { number: number + 1, highest: Math.max(highest, add) };
  if (add !== 0 && remove !== 0) {
    const exchange = (node: number): number => (node === remove ? add : node);
    return membershipOf(members.map(exchange), quorums, { ...parts, auxiliaries: auxiliaries.map(exchange) });
  }
  if (add !== 0) {
    if (members.length >= maxAcceptors) return "there would be more members than there may be";
    const weights = quorums.weights && [...quorums.weights, 1];
    return membershipOf([...members, add], resized(quorums, members.length + 1, weights), { ...parts, auxiliaries });
  }
  if (members.length === 1) return "nobody would be left";
  const place = members.indexOf(remove);
  const stays = <Item>(items: readonly Item[]): Item[] => items.filter((_, index) => index !== place);
  const resizedQuorums = resized(quorums, members.length - 1, quorums.weights && stays(quorums.weights));
  const left = auxiliaries.filter((node) => node !== remove);
  return membershipOf(stays(members), resizedQuorums, { ...parts, auxiliaries: left });
}

/** The same kind of quorum system for another number of members. */
function resized(before: QuorumSystem, acceptors: number, weights: readonly number[] | undefined): QuorumSystem {
  if (weights !== undefined) {
    const half = Math.floor(weights.reduce((sum, weight) => sum + weight, 0) / 2) + 1;
    return weighted(weights, half, half);
  }
  const usual = majority(before.acceptors);
  if (before.phase1 === usual.phase1 && before.phase2 === usual.phase2) return majority(acceptors);
  const phase2 = Math.min(before.phase2, acceptors);
  return flexible(acceptors, Math.max(acceptors - phase2 + 1, Math.min(before.phase1, acceptors)), phase2);
}
