/**
 * Quorum systems, as values that are checked.
 *
 * Paxos needs each phase 1 quorum to meet each phase 2 quorum, and nothing else (Howard, Malkhi and Spiegelman,
 * *Flexible Paxos* 2016, §3). Majorities are the usual choice. Acceptors are counted, by their place in the
 * configuration, in a bit mask: at most 30 of them. Where nodes are never exchanged, a node's number is its place.
 */

/** A set of acceptors: bit i-1 stands for the acceptor in place i. */
export type AcceptorSet = number;

export const maxAcceptors = 30;

export interface QuorumSystem {
  /** The number of acceptors. */
  readonly acceptors: number;
  /** How many acceptors, or how much weight, make a phase 1 quorum. */
  readonly phase1: number;
  /** How many acceptors, or how much weight, make a phase 2 quorum. */
  readonly phase2: number;
  /** The weight of the acceptor in each place; each counts 1 when there are none. */
  readonly weights?: readonly number[];
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

/** The greatest weight of one acceptor. */
export const maxWeight = 1000;

/**
 * Acceptors that count differently: a set is a quorum of a phase when its weight reaches what the phase asks for. Refused
 * when two quorums can be disjoint, which the sums of all sets decide: `phase1 + phase2` above the whole weight is enough,
 * and not always needed.
 *
 * @param weights of the acceptor in each place, whole numbers from 1
 */
export function weighted(weights: readonly number[], phase1: number, phase2: number): QuorumSystem {
  const acceptors = weights.length;
  if (acceptors < 1 || acceptors > maxAcceptors) {
    throw new QuorumError(`expected 1 to ${maxAcceptors} acceptors, got ${acceptors}`);
  }
  for (const weight of weights) {
    if (!Number.isInteger(weight) || weight < 1 || weight > maxWeight) {
      throw new QuorumError(`expected weights of 1 to ${maxWeight}, got ${weight}`);
    }
  }
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  for (const size of [phase1, phase2]) {
    if (!Number.isInteger(size) || size < 1 || size > whole) {
      throw new QuorumError(`expected a quorum to weigh 1 to ${whole}, got ${size}`);
    }
  }
  const first = setOfWeight(weights, phase1, whole - phase2);
  if (first !== undefined) {
    const places = weights.map((_, index) => index + 1);
    const show = (set: readonly number[]): string => set.join(", ");
    throw new QuorumError(
      `quorums do not intersect: phase 1 {${show(places.filter((place) => hasAcceptor(first, place)))}} and phase 2 ` +
        `{${show(places.filter((place) => !hasAcceptor(first, place)))}} of ${acceptors} acceptors share no member`,
    );
  }
  return { acceptors, phase1, phase2, weights };
}

/** A set whose weight is from `least` to `most`, by the sums that sets of the first acceptors can have. */
function setOfWeight(weights: readonly number[], least: number, most: number): AcceptorSet | undefined {
  const sets = new Map<number, AcceptorSet>([[0, noAcceptors]]);
  for (const [index, weight] of weights.entries()) {
    for (const [sum, set] of [...sets]) {
      const heavier = sum + weight;
      if (heavier <= most && !sets.has(heavier)) sets.set(heavier, withAcceptor(set, index + 1));
    }
  }
  for (const [sum, set] of sets) if (sum >= least && sum <= most) return set;
  return undefined;
}

/** How many acceptors may be lost, whichever they are, so that the rest still has a quorum of each phase. */
export function mayBeLost({ acceptors, phase1, phase2, weights }: QuorumSystem): number {
  const needed = Math.max(phase1, phase2);
  if (weights === undefined) return acceptors - needed;
  let left = weights.reduce((sum, weight) => sum + weight, 0);
  let lost = 0;
  for (const weight of [...weights].sort((one, other) => other - one)) {
    left -= weight;
    if (left < needed) break;
    lost += 1;
  }
  return lost;
}

export const noAcceptors: AcceptorSet = 0;

/** `set` with the acceptor in `place`: adding it again changes nothing, so that no acceptor counts twice. */
export function withAcceptor(set: AcceptorSet, place: number): AcceptorSet {
  return set | (1 << (place - 1));
}

export function hasAcceptor(set: AcceptorSet, place: number): boolean {
  return (set & (1 << (place - 1))) !== 0;
}

export function countAcceptors(set: AcceptorSet): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

export function isPhase1Quorum(system: QuorumSystem, set: AcceptorSet): boolean {
  return weightOf(system, set) >= system.phase1;
}

export function isPhase2Quorum(system: QuorumSystem, set: AcceptorSet): boolean {
  return weightOf(system, set) >= system.phase2;
}

function weightOf({ weights }: QuorumSystem, set: AcceptorSet): number {
  if (weights === undefined) return countAcceptors(set);
  let sum = 0;
  for (const [index, weight] of weights.entries()) if (hasAcceptor(set, index + 1)) sum += weight;
  return sum;
}
