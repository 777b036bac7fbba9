/**
 * Who takes part in Cheap Paxos: mains, which keep the state, and auxiliaries, which vote when a main does not.
 *
 * "F + 1 main processors that actually execute the system and F auxiliary processors that are used only to handle the
 * failure of a main processor" (Lamport and Massa, *Cheap Paxos* 2004). So all mains must be a quorum by themselves, and
 * every two quorums must meet. Majorities do that as long as there are more mains than auxiliaries; when mains have been
 * removed, each one that is left weighs more, so that together they still outweigh the auxiliaries. Whatever the weights,
 * the auxiliaries alone are never a quorum: every quorum has a main in it, which knows what it voted for.
 */
import { isPhase1Quorum, isPhase2Quorum, majority, maxAcceptors, QuorumError, weighted } from "../quorum.ts";
import { changed, type Change } from "../reconfiguration/change.ts";
import { membershipOf, membersAmong, type Membership } from "../reconfiguration/membership.ts";
import type { QuorumSystem } from "../quorum.ts";
import type { ChangeRefusal } from "../reconfiguration/messages.ts";

/**
 * The quorums of mains and auxiliaries, in the order of `members`: more than half of the weight. An auxiliary weighs 1.
 *
 * @throws QuorumError without a main
 */
export function cheapQuorums(members: readonly number[], auxiliaries: readonly number[]): QuorumSystem {
  const mains = members.length - auxiliaries.length;
  if (mains < 1) throw new QuorumError(`expected a main among the members ${members.join(", ")}`);
  if (mains > auxiliaries.length) return majority(members.length);
  const weight = Math.floor(auxiliaries.length / mains) + 1;
  const weights = members.map((node) => (auxiliaries.includes(node) ? 1 : weight));
  const half = Math.floor((mains * weight + auxiliaries.length) / 2) + 1;
  return weighted(weights, half, half);
}

/** @throws QuorumError when the mains alone cannot choose: then an auxiliary would be needed all the time */
export function requireMainsChoose(membership: Membership): void {
  const { mains, quorums } = membership;
  const set = membersAmong(membership, mains);
  if (isPhase1Quorum(quorums, set) && isPhase2Quorum(quorums, set)) return;
  throw new QuorumError(`the mains ${mains.join(", ")} are no quorum: an auxiliary would take part in every decision`);
}

/** The membership without a main that is silent, which may come back; undefined when it is the last one. */
export function withoutMain(before: Membership, node: number): Membership | undefined {
  const { mains, members, absent } = before;
  if (mains.length === 1) return undefined;
  const left = members.filter((each) => each !== node);
  return following(before, { members: left, absent: ascending([...absent, node]) });
}

/**
 * The membership with a main that was absent and is back. It has its disk, so that it has forgotten no promise and no
 * vote, and may go by its number again; a node that lost its disk does not start under it.
 */
export function withMain(before: Membership, node: number): Membership {
  const { mains, auxiliaries } = before;
  return following(before, {
    members: [...ascending([...mains, node]), ...auxiliaries],
    absent: absentBut(before, node),
  });
}

/**
 * The membership after a change that an administrator wants, or why there is none. Who joins is a main; who is replaced or
 * removed is one, in or absent, and does not come back.
 */
export function cheapChange(before: Membership, change: Change, identities: number): Membership | ChangeRefusal {
  const { members, mains, auxiliaries, absent, highest } = before;
  const { add, remove } = change;
  if (auxiliaries.includes(remove)) return "it is an auxiliary, and those are the same for good";
  // Who is absent has a place kept for it.
  const isFull = members.length + absent.length >= maxAcceptors;
  if (absent.includes(add) && remove === 0) return withMain(before, add);
  if (absent.includes(remove)) {
    const others = { ...before, absent: absentBut(before, remove) };
    if (add === 0) return following(others, others);
    const joined = changed(before, { add, remove: 0 }, identities);
    return typeof joined === "string"
      ? joined
      : following(others, { ...others, members: joined.members }, joined.highest);
  }
  if (add !== 0 && remove === 0 && isFull) return "there would be more members than there may be";
  if (mains.length === 1 && add === 0 && mains.includes(remove)) return "nobody would be left";
  const next = changed(before, change, identities);
  if (typeof next === "string") return next;
  return following(before, { members: next.members, absent }, Math.max(highest, next.highest));
}

function absentBut({ absent }: Membership, node: number): readonly number[] {
  return absent.filter((each) => each !== node);
}

function ascending(nodes: readonly number[]): readonly number[] {
  return nodes.toSorted((one, other) => one - other);
}

function following(
  { number, highest, auxiliaries }: Membership,
  { members, absent }: Pick<Membership, "members" | "absent">,
  highestEver = highest,
): Membership {
  const quorums = cheapQuorums(members, auxiliaries);
  return membershipOf(members, quorums, { number: number + 1, auxiliaries, absent, highest: highestEver });
}
