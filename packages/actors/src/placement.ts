/**
 * Placement: which roles share a thread. The same code runs either way.
 */
import { addressOf, nodeOf, roleOf, type Address, type NodeRole } from "@synod/protocol";
import type { Endpoint } from "@synod/transports";

/** A thread per role, or a thread per node with its roles collapsed. */
export type Placement = "role" | "node";

/** One worker thread, and the roles that live in it. */
export interface ThreadPlan {
  /** The endpoint of the thread: the address of its role, or one for all that its node has. */
  readonly endpoint: Endpoint;
  readonly node: number;
  readonly roles: readonly NodeRole[];
}

export function planThreads(
  nodes: readonly { readonly node: number; readonly roles: readonly NodeRole[] }[],
  placement: Placement,
): readonly ThreadPlan[] {
  return nodes.flatMap(({ node, roles }): readonly ThreadPlan[] =>
    placement === "node"
      ? [{ endpoint: nodeEndpoint(node), node, roles }]
      : roles.map((role) => ({ endpoint: addressOf(role, node), node, roles: [role] })),
  );
}

/** Where the collapsed roles of a node live, whichever it has. */
function nodeEndpoint(node: number): Endpoint {
  return addressOf("proposer", node);
}

/** The endpoint where an address lives; a client is an endpoint of its own. */
export function endpointOf(address: Address, placement: Placement): Endpoint {
  if (placement === "role" || roleOf(address) === "client") return address;
  return nodeEndpoint(nodeOf(address));
}
