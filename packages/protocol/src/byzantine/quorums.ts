/**
 * Byzantine quorum systems, as values that are checked.
 *
 * An acceptor that lies may be in two quorums and tell each something else. So any two quorums must share an honest
 * one: more than `faults` members (Lamport, *Byzantizing Paxos by Refinement* 2011). And there must be a quorum when
 * all liars are silent. Both can be had with 3f + 1 acceptors or more, and with no fewer.
 */
import { maxAcceptors, QuorumError } from "../quorum.ts";

export interface ByzantineQuorums {
  /** The number of acceptors. */
  readonly acceptors: number;
  /** How many of them may lie. */
  readonly faults: number;
  /** How many make a quorum. */
  readonly quorum: number;
}

/** The most liars that `acceptors` bear, and the smallest quorums for so many: 2f + 1 of 3f + 1. */
export function byzantineQuorums(acceptors: number, faults = Math.floor((acceptors - 1) / 3)): ByzantineQuorums {
  return checkedQuorums(acceptors, faults, Math.ceil((acceptors + faults + 1) / 2));
}

/**
 * Any `quorum` of `acceptors`, of which `faults` may lie.
 *
 * @throws QuorumError when two such sets can meet in liars alone, or liars can keep every quorum from answering
 */
export function checkedQuorums(acceptors: number, faults: number, quorum: number): ByzantineQuorums {
  if (!Number.isInteger(acceptors) || acceptors < 1 || acceptors > maxAcceptors) {
    throw new QuorumError(`expected 1 to ${maxAcceptors} acceptors, got ${acceptors}`);
  }
  if (!Number.isInteger(faults) || faults < 0) throw new QuorumError(`expected 0 liars or more, got ${faults}`);
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > acceptors) {
    throw new QuorumError(`expected a quorum of 1 to ${acceptors} acceptors, got ${quorum}`);
  }
  const shared = 2 * quorum - acceptors;
  if (shared <= faults) {
    const first = range(1, quorum);
    const second = range(acceptors - quorum + 1, acceptors);
    const both = first.filter((node) => second.includes(node));
    throw new QuorumError(
      `quorums do not share an honest acceptor: ${show(first)} and ${show(second)} of ${acceptors} share ` +
        `${both.length === 0 ? "nobody" : show(both)}, and ${faults} may lie; ` +
        `two quorums must share ${faults + 1} or more`,
    );
  }
  if (quorum > acceptors - faults) {
    throw new QuorumError(
      `no quorum without liars: ${faults} of ${acceptors} may be silent, and a quorum takes ${quorum}; ` +
        `${faults} liars take at least ${3 * faults + 1} acceptors`,
    );
  }
  return { acceptors, faults, quorum };
}

/** How many must say the same before one of them is surely honest. */
export function believedBy({ faults }: ByzantineQuorums): number {
  return faults + 1;
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function show(nodes: readonly number[]): string {
  return `{${nodes.join(", ")}}`;
}
