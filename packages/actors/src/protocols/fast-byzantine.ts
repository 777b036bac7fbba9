/**
 * Fast Byzantine Paxos in threads: suspicions and reports are signed with keys of the nodes' own.
 */
import { fastByzantine, noSuchRole, QuorumError } from "@synod/protocol";
import { sha256 } from "@synod/signatures";
import type { Asked, HostedProtocol, Part } from "./hosted.ts";
import { sealingOf, snapshotSlots } from "./liars.ts";
import { replicationOf } from "./replica.ts";

const roles = ["proposer", "acceptor", "learner"] as const;

/** Sizes that may be asked for. */
const sizes = ["faults", "fastFaults", "learn"];

type HostedPart = Part<fastByzantine.Message, fastByzantine.Entry, fastByzantine.Delivery>;

export const hostedFastByzantine: HostedProtocol<
  fastByzantine.Message,
  fastByzantine.Entry,
  fastByzantine.Delivery,
  fastByzantine.Configuration
> = {
  name: "fast-byzantine",
  layout: fastByzantine.layout,
  asEntry: fastByzantine.asEntry,
  slotOf: fastByzantine.slotOf,
  service: "store",
  usualNodes: 6,
  signs: true,
  // Learners keep what is chosen in logs of their own.
  forgetful: [],
  settingsOf({ nodes, quorums = {} }: Asked) {
    const stranger = Object.keys(quorums).find((name) => !sizes.includes(name));
    if (stranger !== undefined) throw new QuorumError(`expected sizes of ${sizes.join(", ")}, got ${stranger}`);
    const faults = fastByzantine.mostFaults(nodes);
    return fastByzantine.configurationOf(nodes, {
      quorums: fastByzantine.quorumsOf({ acceptors: nodes, faults, ...quorums }),
    });
  },
  quorumsOf: ({ quorums: { faults, fastFaults, learn } }) => ({ faults, fastFaults, learn }),
  rolesOf: () => roles,
  accessOf: fastByzantine.accessOf,
  newPart(role, configuration, ground): HostedPart {
    const sealing = sealingOf(fastByzantine.seals, ground);
    switch (role) {
      case "proposer":
        return { role: new fastByzantine.Proposer(configuration, ground.node, sha256), sealing };
      case "acceptor":
        return { role: new fastByzantine.Acceptor(configuration, ground.node, sha256), sealing };
      case "learner": {
        const learner = new fastByzantine.Learner(configuration, ground.node, sha256);
        return { role: learner, backing: replicationOf(learner, ground, { snapshotSlots }), sealing };
      }
      default:
        return noSuchRole(role);
    }
  },
};
