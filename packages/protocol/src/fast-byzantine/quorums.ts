/**
 * The quorums of Fast Byzantine Paxos, as a value that is checked.
 *
 * Up to `faults` acceptors lie in any way. Who lost its leader must find out, from the reports of all but `faults`
 * acceptors, what may have been learned: of those that made a value known, `faults` may not be among the reporters, and
 * `faults` among them may report something else. What is left must outnumber all others that report.
 *
 *      n = 6, f = 1      1  2  3  4  5  6
 *      learned by        v  v  v  v  v  .       5 of 6: ceil((n + 3f + 1) / 2)
 *      reports of        -  ?  v  v  v  w       5 of 6: n - f; acceptor 1 is silent, 2 lies
 *                                               3 of 5 say v: no other value can be in the majority
 */
import { maxAcceptors, QuorumError } from "../quorum.ts";

export interface Quorums {
  readonly acceptors: number;
  /** How many may lie. */
  readonly faults: number;
  /** How many may fail to answer without a value taking longer to be known. */
  readonly fastFaults: number;
  /** So many equal votes of one ballot make a value known. */
  readonly learn: number;
  /** So many reports make a certificate: no more may be waited for. */
  readonly reports: number;
  /** A value in so many of the reports may have been learned: the majority of them. */
  readonly vouch: number;
  /** So many suspicions end a ballot: the honest ones among them suffice to make all honest ones suspect it. */
  readonly elect: number;
  /** Of so many, one is honest. */
  readonly trust: number;
}

export interface QuorumOptions {
  readonly acceptors: number;
  readonly faults: number;
  /** As many as `faults` unless given. */
  readonly fastFaults?: number;
  /** The smallest that is safe unless given. */
  readonly learn?: number;
}

/**
 * Refused unless n >= 3f + 2t + 1 (Martin and Alvisi, *Fast Byzantine Consensus* 2006: parameterized FaB Paxos; with
 * t = f that is 5f + 1), and unless reports tell what may have been learned.
 *
 * @throws QuorumError
 */
export function quorumsOf({ acceptors, faults, fastFaults = faults, learn }: QuorumOptions): Quorums {
  if (!Number.isInteger(acceptors) || acceptors < 1 || acceptors > maxAcceptors) {
    throw new QuorumError(`expected 1 to ${maxAcceptors} acceptors, got ${acceptors}`);
  }
  if (!Number.isInteger(faults) || faults < 0) throw new QuorumError(`expected faults from 0, got ${faults}`);
  if (!Number.isInteger(fastFaults) || fastFaults < 0 || fastFaults > faults) {
    throw new QuorumError(`expected fast faults from 0 to ${faults}, got ${fastFaults}`);
  }
  const needed = 3 * faults + 2 * fastFaults + 1;
  if (acceptors < needed) {
    throw new QuorumError(
      `${acceptors} acceptors do not bear ${faults} liars and ${fastFaults} that are silent in the common case: ` +
        `3 * ${faults} + 2 * ${fastFaults} + 1 = ${needed} do`,
    );
  }
  const size = learn ?? leastLearn(acceptors, faults);
  if (!Number.isInteger(size) || size < 1 || size > acceptors - fastFaults) {
    throw new QuorumError(`expected 1 to ${acceptors - fastFaults} acceptors to learn from, got ${size}`);
  }
  requireMajority(acceptors, faults, size);
  const reports = acceptors - faults;
  return {
    acceptors,
    faults,
    fastFaults,
    learn: size,
    reports,
    vouch: Math.floor(reports / 2) + 1,
    elect: 2 * faults + 1,
    trust: faults + 1,
  };
}

/** The greatest number of liars that so many acceptors bear with a common case that any of them may leave out. */
export function mostFaults(acceptors: number): number {
  return Math.floor((acceptors - 1) / 5);
}

/** ceil((n + 3f + 1) / 2), which is 4f + 1 of 5f + 1. */
function leastLearn(acceptors: number, faults: number): number {
  return Math.ceil((acceptors + 3 * faults + 1) / 2);
}

/** Of the reporters, the honest ones that learned from must outnumber all the others. */
function requireMajority(acceptors: number, faults: number, learn: number): void {
  const reports = acceptors - faults;
  const shared = learn - faults;
  const honest = shared - faults;
  if (2 * honest > reports) return;
  const learned = range(1, learn);
  const reporting = range(faults + 1, acceptors);
  const common = shared < 1 ? "nobody" : `only ${range(faults + 1, learn)}`;
  throw new QuorumError(
    `quorums intersect in too few to tell what was learned: {${learned}} make a value known, {${reporting}} report ` +
      `later, in both are ${common}; with ${faults} of them lying, ${Math.max(0, honest)} of ${reports} reports tell ` +
      `of it, which is no majority; of ${acceptors} acceptors ${leastLearn(acceptors, faults)} must make it known`,
  );
}

function range(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index).join(", ");
}
