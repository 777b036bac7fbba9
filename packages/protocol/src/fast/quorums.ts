/**
 * The quorums of Fast Paxos, as a value that is checked.
 *
 * Beside the classic rule, that each phase 1 quorum meets each phase 2 quorum, a phase 1 quorum must meet any two fast
 * quorums in one acceptor (*Fast Paxos* §3): else two values of one fast ballot could both look as if they had been
 * chosen. Sizes: phase 1 + 2 * fast > 2 * acceptors.
 */
import { flexible, QuorumError, type QuorumSystem } from "../quorum.ts";

export interface FastQuorums extends QuorumSystem {
  /** How many acceptors make a quorum of a fast ballot. */
  readonly fast: number;
}

/** Majorities in classic ballots, and the smallest fast quorums that go with them: 3 and 3 of 4, 3 and 4 of 5. */
export function fastMajority(acceptors: number): FastQuorums {
  const classic = Math.floor(acceptors / 2) + 1;
  return fastQuorums(acceptors, classic, classic, Math.floor((2 * acceptors - classic) / 2) + 1);
}

/**
 * Any `phase1` acceptors for phase 1, any `phase2` for phase 2 of a classic ballot, any `fast` for that of a fast one.
 *
 * @throws QuorumError that names the quorums which share no acceptor
 */
export function fastQuorums(acceptors: number, phase1: number, phase2: number, fast: number): FastQuorums {
  const classic = flexible(acceptors, phase1, phase2);
  if (!Number.isInteger(fast) || fast < 1 || fast > acceptors) {
    throw new QuorumError(`expected a fast quorum of 1 to ${acceptors} acceptors, got ${fast}`);
  }
  if (phase1 + 2 * fast <= 2 * acceptors) {
    const one = allBut(acceptors, 0, acceptors - fast);
    const other = allBut(acceptors, acceptors - fast, acceptors - fast);
    const first = allBut(acceptors, phase1, acceptors - phase1);
    throw new QuorumError(
      `quorums do not intersect: fast {${one.join(", ")}}, fast {${other.join(", ")}} and phase 1 ` +
        `{${first.join(", ")}} of ${acceptors} acceptors share no member; phase 1 + 2 * fast sizes must exceed ` +
        `${2 * acceptors}`,
    );
  }
  return { ...classic, fast };
}

/** The acceptors without `count` of them that follow the first `start`, round and round. */
function allBut(acceptors: number, start: number, count: number): readonly number[] {
  const nodes = Array.from({ length: acceptors }, (_, index) => index + 1);
  const left = new Set(Array.from({ length: count }, (_, index) => ((start + index) % acceptors) + 1));
  return nodes.filter((node) => !left.has(node));
}
