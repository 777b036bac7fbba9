/**
 * Cheap Paxos in threads: Multi-Paxos with a proposer of its own. More than half of the nodes are mains, the last ones
 * auxiliaries, which have an acceptor alone.
 */
import { cheap, flexible, leaderAccess } from "@synod/protocol";
import { leavingBacking } from "@synod/driver";
import type { Asked, HostedProtocol } from "./hosted.ts";
import { identities } from "./identities.ts";
import { hostedMulti } from "./multi.ts";

const mainRoles = ["proposer", "acceptor", "learner"] as const;
const auxiliaryRoles = ["acceptor"] as const;

export const hostedCheap: HostedProtocol<cheap.Message, cheap.Entry, cheap.Delivery, cheap.Configuration> = {
  ...hostedMulti,
  name: "cheap",
  leases: false,
  settingsOf({ nodes, quorums, learning = "distinguished" }: Asked) {
    const auxiliaries = Math.floor((nodes - 1) / 2);
    const mains = nodes - auxiliaries;
    const usual = cheap.configurationOf(mains, auxiliaries, { learning, identities });
    if (quorums === undefined) return usual;
    const { phase1, phase2 } = { ...usual.quorums, ...quorums };
    return cheap.configurationOf(mains, auxiliaries, {
      learning,
      identities,
      quorums: flexible(nodes, phase1, phase2),
    });
  },
  rolesOf: ({ auxiliaries }, node) => (auxiliaries.includes(node) ? auxiliaryRoles : mainRoles),
  joiners: { roles: mainRoles, highestNode: identities },
  accessOf: ({ nodes, auxiliaries }) => leaderAccess(nodes.filter((node) => !auxiliaries.includes(node))),
  newPart(role, configuration, ground) {
    if (role !== "proposer") return hostedMulti.newPart(role, configuration, ground);
    return {
      role: new cheap.Proposer(configuration, ground.node, ground.random),
      backing: () => leavingBacking(ground.removed),
    };
  },
};
