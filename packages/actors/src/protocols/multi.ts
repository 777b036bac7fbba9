/**
 * Multi-Paxos in threads.
 */
import { flexible, leaderAccess, majority, multi, noSuchRole } from "@synod/protocol";
import { leavingBacking } from "@synod/driver";
import type { Asked, HostedProtocol } from "./hosted.ts";
import { identities } from "./identities.ts";
import { replicationOf } from "./replica.ts";

const roles = ["proposer", "acceptor", "learner"] as const;

export const hostedMulti: HostedProtocol<multi.Message, multi.Entry, multi.Delivery, multi.Configuration> = {
  name: "multi",
  layout: multi.layout,
  asEntry: multi.asEntry,
  slotOf: multi.slotOf,
  service: "store",
  usualNodes: 3,
  forgetful: ["learner"],
  leases: true,
  settingsOf({ nodes, quorums, learning = "distinguished", reads = "confirmed" }: Asked) {
    const { phase1, phase2 } = { ...majority(nodes), ...quorums };
    const lease = reads === "leased" ? multi.usualLease : undefined;
    return multi.configurationOf(nodes, { quorums: flexible(nodes, phase1, phase2), learning, lease, identities });
  },
  quorumsOf: ({ quorums: { phase1, phase2 } }) => ({ phase1, phase2 }),
  rolesOf: () => roles,
  joiners: { roles, highestNode: identities },
  accessOf: ({ nodes }) => leaderAccess(nodes),
  newPart(role, configuration, ground) {
    switch (role) {
      case "proposer":
        return {
          role: new multi.Proposer(configuration, ground.node, ground.random, { clock: ground.clock }),
          backing: () => leavingBacking(ground.removed),
        };
      case "acceptor":
        return { role: new multi.Acceptor(configuration, ground.node, ground.clock) };
      case "learner": {
        const learner = new multi.Learner(configuration, ground.node);
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
