/**
 * Votes, counted until all are there: what the proposer and each learner do. The same acceptor counts once.
 */
import {
  addressOf,
  countAcceptors,
  hasAcceptor,
  noAcceptors,
  nodeOf,
  withAcceptor,
  type AcceptorSet,
  type Address,
} from "@synod/protocol";

export class Votes {
  readonly #acceptors: readonly Address[];
  #voters: AcceptorSet = noAcceptors;

  /** @param acceptors how many there are, on nodes 1 to this */
  constructor(acceptors: number) {
    this.#acceptors = Array.from({ length: acceptors }, (_, index) => addressOf("acceptor", index + 1));
  }

  add(from: Address): void {
    if (this.#acceptors.includes(from)) this.#voters = withAcceptor(this.#voters, nodeOf(from));
  }

  get areAll(): boolean {
    return countAcceptors(this.#voters) === this.#acceptors.length;
  }

  /** Those that have not voted. */
  get missing(): readonly Address[] {
    return this.#acceptors.filter((acceptor) => !hasAcceptor(this.#voters, nodeOf(acceptor)));
  }
}
