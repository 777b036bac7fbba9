/**
 * Who takes part in Cheap Paxos, and how: Multi-Paxos with auxiliaries.
 */
import { membershipOf } from "../reconfiguration/membership.ts";
import { configurationOf, type Configuration } from "../multi/configuration.ts";
import { cheapQuorums, requireMainsChoose } from "./membership.ts";

export type { Configuration };

/**
 * Nodes 1 to `mains` are the mains, and `auxiliaries` nodes follow; the usual times and limits, and quorums of more than
 * half of the weight, unless they are given.
 *
 * @throws QuorumError when two quorums miss each other, or the mains are none
 */
export function cheapConfigurationOf(
  mains: number,
  auxiliaries: number,
  changes: Partial<Omit<Configuration, "nodes" | "auxiliaries">> = {},
): Configuration {
  const nodes = Array.from({ length: mains + auxiliaries }, (_, index) => index + 1);
  const idle = nodes.slice(mains);
  const quorums = changes.quorums ?? cheapQuorums(nodes, idle);
  requireMainsChoose(membershipOf(nodes, quorums, { auxiliaries: idle }));
  return { ...configurationOf(nodes.length, changes), auxiliaries: idle, quorums };
}
