/**
 * What protocols have in common whose nodes may lie.
 */
import type { Seals } from "@synod/protocol";
import type { Ground, Part } from "./hosted.ts";

/** Slots between snapshots, which are the same on all nodes: one is believed when several nodes have it. */
export const snapshotSlots = 4096;

/** How a role of a node signs what it says, and verifies what it hears. */
export function sealingOf<Message>(
  seals: Seals<Message>,
  { node, signatures }: Ground,
): NonNullable<Part<Message, Message, unknown>["sealing"]> {
  if (signatures === undefined) throw new Error(`node ${node} has no keys`);
  return { seals, signatures };
}
