/**
 * Single-decree Paxos in threads: named decrees, each an instance of its own.
 */
import { basic, flexible, leaderAccess, majority, timing, type QuorumSystem } from "@synod/protocol";
import type { Backing } from "@synod/driver";
import type { HostedProtocol } from "./hosted.ts";

interface Settings {
  readonly nodes: readonly number[];
  readonly quorums: QuorumSystem;
}

const roles = ["proposer", "acceptor", "learner"] as const;

export const hostedBasic: HostedProtocol<basic.NamedMessage, basic.NamedEntry, basic.NamedDelivery, Settings> = {
  name: "basic",
  layout: basic.namedLayout,
  asEntry: basic.asNamedEntry,
  slotOf: () => 0,
  service: "decrees",
  usualNodes: 3,
  forgetful: ["learner"],
  settingsOf({ nodes: count, quorums, learning }) {
    if (learning === "distinguished") throw new RangeError("learning: of basic each learner is told of each vote");
    const { phase1, phase2 } = { ...majority(count), ...quorums };
    const nodes = Array.from({ length: count }, (_, index) => index + 1);
    return { nodes, quorums: flexible(count, phase1, phase2) };
  },
  quorumsOf: ({ quorums: { phase1, phase2 } }) => ({ phase1, phase2 }),
  rolesOf: () => roles,
  accessOf: ({ nodes }) => leaderAccess(nodes),
  newPart(role, { quorums }, { node, random }) {
    const { retryTicks } = timing;
    return {
      role: new basic.NamedRole({ role, node, quorums, retryTicks, random }),
      // What a learner has learned it tells by itself, and can learn again.
      ...(role === "learner" ? { backing: () => nothingBehind } : {}),
    };
  },
};

const nothingBehind: Backing<basic.NamedMessage, basic.NamedEntry, basic.NamedDelivery> = {
  recover: () => 0,
  deliver: () => undefined,
  status: () => ({}),
  close: () => undefined,
};
