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

/** The membership without a main that is silent; undefined when it is the last one. */
export function withoutMain(before: Membership, node: number): Membership | undefined {
  if (before.mains.length === 1) return undefined;
  return following(
    before,
    before.members.filter((each) => each !== node),
    before.auxiliaries,
  );
}

/**
 * The membership with a main that was removed and is back. It has its disk, so that it has forgotten no promise and no
 * vote, and may go by its number again; a node that lost its disk does not start under it.
 */
export function withMain(before: Membership, node: number): Membership {
  const place = before.mains.filter((main) => main < node).length;
  const members = [...before.mains.slice(0, place), node, ...before.mains.slice(place), ...before.auxiliaries];
  return following(before, members, before.auxiliaries);
}

/** The membership after a change that an administrator wants, or why there is none. Who joins is a main, or takes a place. */
export function cheapChange(
  before: Membership,
  change: Change,
  identities: number,
  initialMains: readonly number[],
): Membership | ChangeRefusal {
  const { add, remove } = change;
  const isReturn = remove === 0 && initialMains.includes(add) && !before.members.includes(add);
  if (isReturn) return before.members.length >= maxAcceptors ? tooMany : withMain(before, add);
  const next = changed(before, change, identities);
  if (typeof next === "string") return next;
  if (next.mains.length === 0) return "nobody would be left";
  return following(before, next.members, next.auxiliaries, next.highest);
}

const tooMany = "there would be more members than there may be";

function following(
  { number, highest }: Membership,
  members: readonly number[],
  auxiliaries: readonly number[],
  highestEver = highest,
): Membership {
  return membershipOf(members, cheapQuorums(members, auxiliaries), {
    number: number + 1,
    auxiliaries,
    highest: highestEver,
  });
}
