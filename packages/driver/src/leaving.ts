/**
 * What stands behind a role that makes nothing known but that its node takes part no more.
 */
import type { ReplicaDelivery } from "@synod/protocol";
import type { Backing } from "./role-actor.ts";

/** @param leaves stops the node, which is no member from a slot on */
export function leavingBacking<Message, Entry>(
  leaves: (fromSlot: number) => void,
): Backing<Message, Entry, ReplicaDelivery> {
  return {
    recover: () => 0,
    deliver(delivery) {
      if (delivery.kind === "removed") leaves(delivery.from);
    },
    status: () => ({}),
    close: () => undefined,
  };
}
