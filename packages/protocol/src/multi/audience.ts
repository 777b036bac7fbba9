/**
 * To whom the heartbeats of a leader go.
 */
import { addressOf, type Address } from "../address.ts";

export interface Audience {
  /** Those whose answers count, and those that may come to. */
  readonly acceptors: readonly Address[];
  /** The other proposers and all learners. */
  readonly observers: readonly Address[];
}

/**
 * @param leader its node
 * @param nodes that have all three roles
 * @param called acceptors, on those nodes or others
 */
export function audienceOf(leader: number, nodes: readonly number[], called: readonly Address[]): Audience {
  return {
    acceptors: [...new Set([...nodes.map((node) => addressOf("acceptor", node)), ...called])],
    observers: nodes.flatMap((node) =>
      node === leader ? [addressOf("learner", node)] : [addressOf("proposer", node), addressOf("learner", node)],
    ),
  };
}
