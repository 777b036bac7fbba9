/**
 * Placement: which roles share a thread. The same code runs either way.
 */
import { addressOf, nodeOf, roleOf, type Address } from "@synod/protocol";
import type { Endpoint } from "@synod/transports";

/** A thread per role, or a thread per node with its roles collapsed. */
export type Placement = "role" | "node";

/** The roles that a node has, in the order in which they are shown. */
export const nodeRoles = ["proposer", "acceptor", "learner"] as const;
export type NodeRole = (typeof nodeRoles)[number];

/** One worker thread, and the roles that live in it. */
export interface ThreadPlan {
  /** The endpoint of the thread: the address of its first role. */
  readonly endpoint: Endpoint;
  readonly node: number;
  readonly roles: readonly NodeRole[];
}

export function planThreads(nodes: readonly number[], placement: Placement): readonly ThreadPlan[] {
  return nodes.flatMap((node): readonly ThreadPlan[] =>
    placement === "node"
      ? [{ endpoint: addressOf("proposer", node), node, roles: nodeRoles }]
      : nodeRoles.map((role) => ({ endpoint: addressOf(role, node), node, roles: [role] })),
  );
}

/** The endpoint where an address lives; a client is an endpoint of its own. */
export function endpointOf(address: Address, placement: Placement): Endpoint {
  if (placement === "role" || roleOf(address) === "client") return address;
  return addressOf("proposer", nodeOf(address));
}
