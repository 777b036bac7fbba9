/**
 * Cheap Paxos in threads: more than half of the nodes are mains, the last ones auxiliaries, which have an acceptor alone.
 */
import { cheap, flexible, leaderAccess, multi, noSuchRole } from "@synod/protocol";
import { leavingBacking } from "@synod/driver";
import type { Asked, HostedProtocol } from "./hosted.ts";
import { identities } from "./identities.ts";
import { replicationOf } from "./replica.ts";

const mainRoles = ["proposer", "acceptor", "learner"] as const;
const auxiliaryRoles = ["acceptor"] as const;

export const hostedCheap: HostedProtocol<cheap.Message, cheap.Entry, cheap.Delivery, cheap.Configuration> = {
  name: "cheap",
  layout: cheap.layout,
  asEntry: cheap.asEntry,
  slotOf: cheap.slotOf,
  service: "store",
  usualNodes: 3,
  forgetful: ["learner"],
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
  quorumsOf: ({ quorums: { phase1, phase2 } }) => ({ phase1, phase2 }),
  rolesOf: ({ auxiliaries }, node) => (auxiliaries.includes(node) ? auxiliaryRoles : mainRoles),
  joiners: { roles: mainRoles, highestNode: identities },
  accessOf: ({ nodes, auxiliaries }) => leaderAccess(nodes.filter((node) => !auxiliaries.includes(node))),
  newPart(role, configuration, ground) {
    switch (role) {
      case "proposer":
        return {
          role: new cheap.Proposer(configuration, ground.node, ground.random),
          backing: () => leavingBacking(ground.removed),
        };
      case "acceptor":
        return { role: new cheap.Acceptor(configuration, ground.node) };
      case "learner": {
        const learner = new cheap.Learner(configuration, ground.node);
        return {
          role: learner,
          backing: replicationOf(learner, ground, { memberships: multi.firstMemberships(configuration) }),
        };
      }
      default:
        return noSuchRole(role);
    }
  },
};
