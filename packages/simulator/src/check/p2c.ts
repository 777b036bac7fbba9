/**
 * P2c of *Paxos Made Simple* §2.2, as a question to whoever sees all acceptors: "For any v and n, if a proposal with
 * value v and number n is issued, then there is a set S consisting of a majority of acceptors such that either (a) no
 * acceptor in S has accepted any proposal numbered less than n, or (b) v is the value of the highest-numbered proposal
 * among all proposals numbered less than n accepted by the acceptors in S." Any phase 1 quorum does for S.
 */
import { noAcceptors, sameValue, type AcceptorSet, type Ballot, type Value } from "@synod/protocol";

/** A value that was accepted in one ballot, and by whom. */
export interface Vote {
  readonly value: Value;
  acceptors: AcceptorSet;
}

/**
 * Whether there is a phase 1 quorum, among the acceptors that have promised a ballot, that lets it propose a value.
 * Instead of each set, it tries the largest one for each highest ballot that a set can have: it holds all acceptors
 * that have accepted nothing in between.
 *
 * @param isQuorum whether acceptors are a phase 1 quorum of the slot
 * @param votes of one slot, by ballot: one each where every ballot has one value
 * @returns undefined when there is one; otherwise what is missing
 */
export function mayPropose(
  isQuorum: (acceptors: AcceptorSet) => boolean,
  votes: ReadonlyMap<Ballot, readonly Vote[]>,
  promised: AcceptorSet,
  ballot: Ballot,
  value: Value,
): undefined | "no quorum" | "other value" {
  if (!isQuorum(promised)) return "no quorum";
  const below = [...votes].filter(([number]) => number < ballot).sort(([one], [other]) => other - one);
  let set = promised;
  for (const vote of below.flatMap(([, each]) => each)) {
    if ((vote.acceptors & set) === noAcceptors) continue;
    if (sameValue(vote.value, value)) return undefined;
    // Without those who accepted this one, the highest is a lower one.
    set &= ~vote.acceptors;
    if (!isQuorum(set)) return "other value";
  }
  return undefined;
}
