/**
 * Fast Paxos in threads.
 */
import { fast, noSuchRole } from "@synod/protocol";
import type { Asked, HostedProtocol } from "./hosted.ts";
import { replicationOf } from "./replica.ts";

const roles = ["proposer", "acceptor", "learner"] as const;

export const hostedFast: HostedProtocol<fast.Message, fast.Entry, fast.Delivery, fast.Configuration> = {
  name: "fast",
  layout: fast.layout,
  asEntry: fast.asEntry,
  slotOf: fast.slotOf,
  service: "store",
  usualNodes: 4,
  forgetful: ["learner"],
  recovers: true,
  settingsOf({ nodes, quorums, recovery = "coordinated" }: Asked) {
    const usual = fast.fastMajority(nodes);
    const { phase1, phase2, fast: size } = { ...usual, ...quorums };
    return fast.configurationOf(nodes, { quorums: fast.fastQuorums(nodes, phase1, phase2, size), recovery });
  },
  quorumsOf: ({ quorums: { phase1, phase2, fast: size } }) => ({ phase1, phase2, fast: size }),
  rolesOf: () => roles,
  accessOf: fast.accessOf,
  newPart(role, configuration, ground) {
    switch (role) {
      case "proposer":
        return { role: new fast.Proposer(configuration, ground.node, ground.random) };
      case "acceptor":
        return { role: new fast.Acceptor(configuration, ground.node) };
      case "learner": {
        const learner = new fast.Learner(configuration, ground.node);
        return { role: learner, backing: replicationOf(learner, ground) };
      }
      default:
        return noSuchRole(role);
    }
  },
};
