/**
 * Quorum systems, as values that are checked.
 *
 * Paxos needs each phase 1 quorum to meet each phase 2 quorum, and nothing else (Howard, Malkhi and Spiegelman,
 * *Flexible Paxos* 2016, §3). Majorities are the usual choice. Acceptors are counted, by node number, in a bit mask:
 * at most 30 of them.
 */

/** A set of acceptors: bit i-1 stands for the acceptor of node i. */
export type AcceptorSet = number;

export const maxAcceptors = 30;

export interface QuorumSystem {
  /** The number of acceptors. */
  readonly acceptors: number;
  /** How many acceptors make a phase 1 quorum. */
  readonly phase1: number;
  /** How many acceptors make a phase 2 quorum. */
  readonly phase2: number;
}

/** A configuration whose quorums do not meet, with two that miss each other. */
export class QuorumError extends Error {
  override readonly name = "QuorumError";
}

/** Any majority, in both phases. */
export function majority(acceptors: number): QuorumSystem {
  const size = Math.floor(acceptors / 2) + 1;
  return flexible(acceptors, size, size);
}

/** Any `phase1` acceptors for phase 1 and any `phase2` for phase 2; refused when two such sets can be disjoint. */
export function flexible(acceptors: number, phase1: number, phase2: number): QuorumSystem {
  if (!Number.isInteger(acceptors) || acceptors < 1 || acceptors > maxAcceptors) {
    throw new QuorumError(`expected 1 to ${maxAcceptors} acceptors, got ${acceptors}`);
  }
  for (const size of [phase1, phase2]) {
    if (!Number.isInteger(size) || size < 1 || size > acceptors) {
      throw new QuorumError(`expected a quorum of 1 to ${acceptors} acceptors, got ${size}`);
    }
  }
  if (phase1 + phase2 <= acceptors) {
    const first = Array.from({ length: phase1 }, (_, i) => i + 1);
    const second = Array.from({ length: phase2 }, (_, i) => phase1 + i + 1);
    throw new QuorumError(
      `quorums do not intersect: phase 1 {${first.join(", ")}} and phase 2 {${second.join(", ")}} of ${acceptors} ` +
        `acceptors share no member; phase 1 + phase 2 sizes must exceed ${acceptors}`,
    );
  }
  return { acceptors, phase1, phase2 };
}

export const noAcceptors: AcceptorSet = 0;

/** `set` with the acceptor of `node`: adding it again changes nothing, so that no acceptor counts twice. */
export function withAcceptor(set: AcceptorSet, node: number): AcceptorSet {
  return set | (1 << (node - 1));
}

export function hasAcceptor(set: AcceptorSet, node: number): boolean {
  return (set & (1 << (node - 1))) !== 0;
}

export function countAcceptors(set: AcceptorSet): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

export function isPhase1Quorum(system: QuorumSystem, set: AcceptorSet): boolean {
  return countAcceptors(set) >= system.phase1;
}

export function isPhase2Quorum(system: QuorumSystem, set: AcceptorSet): boolean {
  return countAcceptors(set) >= system.phase2;
}
