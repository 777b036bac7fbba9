/**
 * What is chosen, and what may have been: the rules of *Generalized Consensus and Paxos* (Lamport 2005) over the
 * histories that acceptors have accepted in a ballot. All ballots are fast: an acceptor adds to what the leader began
 * the ballot with what clients send to it.
 */
import type { Ballot } from "../ballot.ts";
import { noBallot } from "../ballot.ts";
import { CommandHistory } from "./command-history.ts";

/** What an acceptor has accepted in one instance; ballot 0 when it has accepted nothing. */
export interface AcceptedHistory {
  readonly ballot: Ballot;
  readonly history: CommandHistory;
}

/**
 * What the acceptors have chosen in a ballot: each prefix of the ⊓ of a whole quorum, and so the ⊔ of those. Undefined
 * when no quorum has accepted anything, and when the histories cannot be those of acceptors, which never contradict
 * each other in what is chosen.
 *
 * @param accepted of different acceptors, in the same ballot
 * @param quorum how many acceptors make a quorum
 */
export function chosenIn(accepted: readonly CommandHistory[], quorum: number): CommandHistory | undefined {
  return accepted.length < quorum ? undefined : CommandHistory.commonTo(accepted, quorum);
}

/** Whether some quorum may still choose all that its acceptors have accepted. Otherwise they have collided. */
export function haveCollided(accepted: readonly CommandHistory[], quorum: number, acceptors: number): boolean {
  // Who has not answered agrees with everyone.
  const needed = quorum - (acceptors - accepted.length);
  if (needed <= 1) return false;
  for (const choice of choices(accepted, needed)) {
    if (choice.every((one, index) => choice.slice(index + 1).every((other) => one.isCompatibleWith(other))))
      return false;
  }
  return true;
}

/**
 * All that a quorum has accepted, where its histories agree: a history that acceptors may go on to. What others have
 * accepted is in it, too, where that agrees and there is room for it. Undefined when no quorum has answered that agrees.
 *
 * @param roomBytes what others have accepted may not make it longer
 */
export function agreedUpon(
  accepted: readonly CommandHistory[],
  quorum: number,
  roomBytes: number,
): CommandHistory | undefined {
  for (const choice of choices(accepted, quorum)) {
    const [first, ...rest] = choice;
    if (first === undefined) return undefined;
    const isAgreed = choice.every((one, at) => choice.slice(at + 1).every((other) => one.isCompatibleWith(other)));
    if (!isAgreed) continue;
    const agreed = rest.reduce((bound, history) => bound.lub(history), first);
    return accepted.reduce((bound, other) => {
      const both = bound.isCompatibleWith(other) ? bound.lub(other) : bound;
      return both.sizeBytes <= roomBytes ? both : bound;
    }, agreed);
  }
  return undefined;
}

/**
 * ProvedSafe: a history that has as prefixes all that is chosen, or can still be, in lower ballots.
 *
 * Of the highest ballot k in which one of the acceptors has accepted something: each quorum R of which all who answered
 * have accepted in k may have chosen the ⊓ of their histories, and no more; the ⊔ of those is safe. Where there is no
 * such R nothing can have been chosen in k, and each history accepted in it is safe, as it was when k began.
 *
 * @param reported what a whole quorum has reported; each acceptor that has accepted nothing reports ballot 0
 * @param quorum how many of `acceptors` make a quorum
 * @returns undefined when the reports contradict each other, which those of acceptors never do
 */
export function provedSafe(
  reported: readonly AcceptedHistory[],
  quorum: number,
  acceptors: number,
): CommandHistory | undefined {
  const highest = Math.max(...reported.map(({ ballot }) => ballot));
  const accepted = reported.filter(({ ballot }) => ballot === highest).map(({ history }) => history);
  // The fewest of those who answered that a quorum may have; a larger intersection has chosen no more.
  const answered = quorum - (acceptors - reported.length);
  if (highest === noBallot || answered > accepted.length) return accepted[0];
  return CommandHistory.commonTo(accepted, answered);
}

/** All ways to choose `count` of some items, at least one. */
function* choices<Item>(items: readonly Item[], count: number): Generator<readonly Item[]> {
  if (count <= 0) return yield [];
  for (let at = 0; at + count <= items.length; at++) {
    const item = items[at];
    if (item === undefined) return;
    for (const rest of choices(items.slice(at + 1), count - 1)) yield [item, ...rest];
  }
}
