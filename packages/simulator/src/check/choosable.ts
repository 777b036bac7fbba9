/**
 * What P2c is there for, where a ballot may have several values (*Fast Paxos* §2, condition CP): when a value is proposed
 * in a ballot, no other has been chosen below it, nor can be any more. Whoever sees the disks of all acceptors can tell.
 */
import {
  hasAcceptor,
  isPhase1Quorum,
  noAcceptors,
  sameValue,
  withAcceptor,
  type AcceptorSet,
  type Ballot,
  type QuorumSystem,
  type Value,
} from "@synod/protocol";
import type { AcceptorRecord } from "./acceptor-record.ts";
import type { BallotRules } from "./ballot-rules.ts";
import type { Vote } from "./p2c.ts";

/** One slot, as all acceptors' disks hold it. */
export interface SlotView {
  readonly slot: number;
  readonly votes: ReadonlyMap<Ballot, readonly Vote[]>;
  readonly recordOf: (acceptor: number) => AcceptorRecord;
}

/**
 * A value that is chosen, or may be yet, in a ballot below another; undefined when there is none but `except`.
 *
 * @param except the value that may be, as it is the one proposed; none when anything may be voted for
 */
export function choosableBelow(
  quorums: QuorumSystem,
  rules: BallotRules,
  view: SlotView,
  ballot: Ballot,
  except: Value | undefined,
): { readonly ballot: Ballot; readonly value: Value } | undefined {
  for (const [below, votes] of view.votes) {
    if (below >= ballot) continue;
    const undecided = acceptorsThat(quorums, (acceptor) => mayStillVote(view, acceptor, below));
    for (const { value, acceptors } of votes) {
      if (except !== undefined && sameValue(value, except)) continue;
      if (rules.isChosenBy(below, acceptors | undecided)) return { ballot: below, value };
    }
  }
  return undefined;
}

/** Whether a phase 1 quorum votes no more, in this slot, in the terms before that of a ballot. */
export function hasPhase1Quorum(quorums: QuorumSystem, rules: BallotRules, view: SlotView, ballot: Ballot): boolean {
  const least = rules.promiseOf(ballot);
  const done = acceptorsThat(quorums, (acceptor) => {
    const record = view.recordOf(acceptor);
    return record.durableBallot >= least || record.highestVote(view.slot, Infinity) >= least;
  });
  return isPhase1Quorum(quorums, done);
}

/** Whether an acceptor has not voted in a ballot or above, and has promised nothing above. */
function mayStillVote({ slot, recordOf }: SlotView, acceptor: number, ballot: Ballot): boolean {
  const record = recordOf(acceptor);
  return record.durableBallot <= ballot && record.highestVote(slot, Infinity) < ballot;
}

function acceptorsThat(quorums: QuorumSystem, holds: (acceptor: number) => boolean): AcceptorSet {
  let set = noAcceptors;
  for (let acceptor = 1; acceptor <= quorums.acceptors; acceptor++) {
    if (holds(acceptor)) set = withAcceptor(set, acceptor);
  }
  return set;
}

/** The values that an acceptor has voted for in a ballot: more than one is a breach of any Paxos. */
export function votesOf(votes: readonly Vote[] | undefined, acceptor: number): readonly Value[] {
  return (votes ?? []).flatMap(({ value, acceptors }) => (hasAcceptor(acceptors, acceptor) ? [value] : []));
}
