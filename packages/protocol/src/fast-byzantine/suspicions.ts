/**
 * Which leaders are suspected, by whom, and so which ballot it is: the election of FaB Paxos, by signed suspicions.
 *
 * A suspicion is of all ballots up to one. 2f+1 of them end a ballot, of which f+1 are honest; f+1 are enough for an
 * honest proposer to join, since one of them is. So all honest ones come to the same ballot, and f liars to none.
 */
import { noBallot, type Ballot } from "../ballot.ts";
import type { Quorums } from "./quorums.ts";
import type { Suspicion } from "./messages.ts";

export class Suspicions {
  readonly #quorums: Quorums;
  /** By node: its highest suspicion. */
  readonly #highest = new Map<number, Suspicion>();

  constructor(quorums: Quorums) {
    this.#quorums = quorums;
  }

  /** The ballot after those that enough suspect. */
  get current(): Ballot {
    return this.#suspectedBy(this.#quorums.elect) + 1;
  }

  /** The highest ballot that an honest proposer suspects, for sure; 0 for none. */
  get honest(): Ballot {
    return this.#suspectedBy(this.#quorums.trust);
  }

  take(suspicion: Suspicion): void {
    const { node, ballot } = suspicion;
    if (ballot > (this.#highest.get(node)?.ballot ?? noBallot)) this.#highest.set(node, suspicion);
  }

  /** The suspicions that end the ballot before this one. */
  proof(ballot: Ballot): readonly Suspicion[] {
    const before = [...this.#highest.values()].filter((suspicion) => suspicion.ballot >= ballot - 1);
    return before.sort((one, other) => one.node - other.node).slice(0, this.#quorums.elect);
  }

  #suspectedBy(count: number): Ballot {
    const ballots = [...this.#highest.values()].map(({ ballot }) => ballot);
    return ballots.sort((one, other) => other - one)[count - 1] ?? noBallot;
  }
}

/** Whether the ballot before this one was ended by as many as it takes; the first ballot needs nobody. */
export function isElected(quorums: Quorums, ballot: Ballot, suspicions: readonly Suspicion[]): boolean {
  if (ballot === 1) return true;
  const nodes = new Set(suspicions.filter((each) => each.ballot >= ballot - 1).map(({ node }) => node));
  return nodes.size >= quorums.elect;
}
