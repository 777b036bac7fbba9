/**
 * Generalized Paxos in threads.
 */
import { generalized, noSuchRole } from "@synod/protocol";
import { newInterference } from "@synod/machines";
import type { Asked, Ground, HostedProtocol } from "./hosted.ts";
import { replicationOf } from "./replica.ts";

const roles = ["proposer", "acceptor", "learner"] as const;

export const hostedGeneralized: HostedProtocol<
  generalized.Message,
  generalized.Entry,
  generalized.Delivery,
  generalized.Configuration
> = {
  name: "generalized",
  layout: generalized.layout,
  asEntry: generalized.asEntry,
  slotOf: generalized.slotOf,
  service: "store",
  usualNodes: 4,
  forgetful: ["learner"],
  settingsOf({ nodes, quorums }: Asked) {
    const { phase1, phase2 } = { ...generalized.leastQuorums(nodes), ...quorums };
    return generalized.configurationOf(nodes, { quorums: generalized.fastQuorums(nodes, phase1, phase2) });
  },
  quorumsOf: ({ quorums: { phase1, phase2 } }) => ({ phase1, phase2 }),
  rolesOf: () => roles,
  accessOf: ({ nodes }) => generalized.accessOf(nodes),
  newPart(role, configuration, ground) {
    switch (role) {
      case "proposer": {
        const interference = interferenceOf(ground);
        return { role: new generalized.Proposer(configuration, interference, ground.node, ground.random) };
      }
      case "acceptor":
        return { role: new generalized.Acceptor(configuration, ground.node) };
      case "learner": {
        const learner = new generalized.Learner(configuration, interferenceOf(ground), ground.node);
        return { role: learner, backing: replicationOf(learner, ground, { unordered: true }) };
      }
      default:
        return noSuchRole(role);
    }
  },
};

/** The state machine says what interferes: the one that the cluster replicates. */
function interferenceOf({ newMachine }: Ground): generalized.Interference {
  return newInterference(newMachine());
}
