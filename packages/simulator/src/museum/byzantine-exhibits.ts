/**
 * How exhibits put a bug into Byzantine Paxos.
 */
import { byzantine } from "@synod/protocol";
import { newByzantineProtocol, type ByzantineParts } from "../protocols/byzantine.ts";
import { simulationOf, type Simulation } from "../simulate.ts";
import { PatchedRole, type Patch } from "./patched-role.ts";

export type ByzantinePatch = Patch<byzantine.Message, byzantine.Entry, byzantine.Delivery>;

/** Byzantine Paxos with some parts replaced. */
export function byzantineWith(parts: Partial<ByzantineParts>): Simulation {
  return simulationOf(newByzantineProtocol(parts));
}

export function byzantineWithAcceptor(
  patch: (configuration: byzantine.Configuration, node: number) => ByzantinePatch,
): Simulation {
  return byzantineWith({
    acceptor: (configuration, node) =>
      new PatchedRole(new byzantine.Acceptor(configuration, node), () => patch(configuration, node)),
  });
}
