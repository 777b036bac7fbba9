/**
 * Byzantine Paxos in threads: what the nodes say is signed with keys of their own.
 */
import { byzantine, noSuchRole, QuorumError } from "@synod/protocol";
import { sha256 } from "@synod/signatures";
import type { Asked, HostedProtocol, Part } from "./hosted.ts";
import { sealingOf, snapshotSlots } from "./liars.ts";
import { replicationOf } from "./replica.ts";

const seals = byzantine.newSeals(sha256);
const roles = ["proposer", "acceptor", "learner"] as const;

/** Plain data: the digest is each thread's own. */
type Settings = Omit<byzantine.Configuration, "digest">;
type HostedPart = Part<byzantine.Message, byzantine.Entry, byzantine.Delivery>;

export const hostedByzantine: HostedProtocol<byzantine.Message, byzantine.Entry, byzantine.Delivery, Settings> = {
  name: "byzantine",
  layout: byzantine.layout,
  asEntry: byzantine.asEntry,
  slotOf: byzantine.slotOf,
  service: "store",
  usualNodes: 4,
  signs: true,
  forgetful: ["learner"],
  settingsOf({ nodes, quorums = {} }: Asked) {
    const { quorum, ...others } = { ...byzantine.byzantineQuorums(nodes), ...quorums };
    const [stranger] = Object.keys(quorums).filter((name) => name !== "quorum" && name !== "faults");
    if (stranger !== undefined) throw new QuorumError(`expected sizes of quorum and faults, got ${stranger}`);
    const { digest: _, ...settings } = byzantine.configurationOf(nodes, sha256, {
      quorums: byzantine.checkedQuorums(nodes, others.faults, quorum),
    });
    return settings;
  },
  quorumsOf: ({ quorums: { quorum, faults } }) => ({ quorum, faults }),
  rolesOf: () => roles,
  accessOf: byzantine.accessOf,
  newPart(role, settings, ground): HostedPart {
    const configuration = { ...settings, digest: sha256 };
    const sealing = sealingOf(seals, ground);
    switch (role) {
      case "proposer":
        return { role: new byzantine.Proposer(configuration, ground.node), sealing };
      case "acceptor":
        return { role: new byzantine.Acceptor(configuration, ground.node), sealing };
      case "learner": {
        const learner = new byzantine.Learner(configuration, ground.node);
        return { role: learner, backing: replicationOf(learner, ground, { snapshotSlots }), sealing };
      }
      default:
        return noSuchRole(role);
    }
  },
};
