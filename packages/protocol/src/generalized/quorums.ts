/**
 * Quorums of Generalized Paxos. All ballots are fast, and so any two quorums of a ballot must meet in each quorum that
 * answers a Prepare: else its answers would not say which of the two has chosen something (*Generalized Consensus and
 * Paxos*, Lamport 2005, the quorum assumption).
 */
import { flexible, QuorumError, type QuorumSystem } from "../quorum.ts";

/** Beyond it there are too many quorums to look at each. */
const most = 10;

/**
 * Any `phase1` acceptors answer a Prepare, any `phase2` choose.
 *
 * @throws QuorumError with two quorums of phase 2 that have no common acceptor with one of phase 1
 */
export function fastQuorums(acceptors: number, phase1: number, phase2: number): QuorumSystem {
  if (acceptors > most) throw new QuorumError(`expected 1 to ${most} acceptors, got ${acceptors}`);
  const quorums = flexible(acceptors, phase1, phase2);
  if (phase1 + 2 * phase2 > 2 * acceptors) return quorums;
  const nodes = Array.from({ length: acceptors }, (_, index) => index + 1);
  const asked = nodes.slice(0, phase1);
  const others = nodes.slice(phase1);
  // Both may have all that are not asked; of those that are, each its own part.
  const part = Math.max(0, phase2 - others.length);
  const one = [...asked.slice(0, part), ...others.slice(0, phase2)];
  const two = [...asked.slice(part, 2 * part), ...others.slice(0, phase2)];
  throw new QuorumError(
    `quorums do not intersect: phase 2 {${one.join(", ")}} and {${two.join(", ")}} share no member with ` +
      `phase 1 {${asked.join(", ")}}; phase 1 + twice the phase 2 size must exceed ${2 * acceptors}`,
  );
}

/** Of 3f + 1 acceptors the usual 2f + 1 for both phases; of any number as few as can be. */
export function leastQuorums(acceptors: number): QuorumSystem {
  const size = Math.floor((2 * acceptors) / 3) + 1;
  return fastQuorums(acceptors, size, size);
}
