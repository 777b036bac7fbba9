/**
 * Commit protocols in threads: transactions over participants. Every node has a participant and a coordinator; in Paxos
 * Commit an acceptor, too.
 */
import { basic, commit, leaderAccess, noSuchRole } from "@synod/protocol";
import { flexible, majority } from "@synod/protocol";
import type { Asked, HostedProtocol } from "./hosted.ts";

/** The most ticks that a leader waits after its first refusal. */
const delayTicks = 4;

type Configuration = commit.paxosCommit.Configuration;

const paxosRoles = ["proposer", "acceptor", "participant"] as const;
const coordinatorRoles = ["coordinator", "participant"] as const;

export const hostedCommit: HostedProtocol<commit.paxosCommit.Message, commit.paxosCommit.Entry, never, Configuration> =
  {
    name: "commit",
    layout: commit.paxosCommit.layout,
    asEntry: commit.paxosCommit.asEntry,
    slotOf: commit.slotOf,
    service: "transactions",
    usualNodes: 3,
    forgetful: [],
    settingsOf({ nodes, quorums, learning }) {
      refuseLearning("commit", learning);
      const { phase1, phase2 } = { ...majority(nodes), ...quorums };
      return commit.paxosCommit.configurationOf(nodes, { quorums: flexible(nodes, phase1, phase2) });
    },
    quorumsOf: ({ quorums: { phase1, phase2 } }) => ({ phase1, phase2 }),
    rolesOf: () => paxosRoles,
    accessOf: ({ nodes }) => leaderAccess(numbered(nodes)),
    newPart(role, configuration, { node, random }) {
      switch (role) {
        case "proposer":
          return { role: new commit.paxosCommit.Leader(configuration, node, basic.randomDelay(random, delayTicks)) };
        case "acceptor":
          return { role: new commit.paxosCommit.Acceptor(configuration, node) };
        case "participant":
          return { role: new commit.paxosCommit.Participant(configuration, node) };
        default:
          return noSuchRole(role);
      }
    },
  };

/** What two-phase and three-phase commit have in common: a coordinator and a participant on each node, and no quorums. */
const coordinated = {
  slotOf: commit.slotOf,
  service: "transactions",
  usualNodes: 3,
  forgetful: [],
  quorumsOf: () => ({}),
  rolesOf: () => coordinatorRoles,
  accessOf: ({ nodes }: commit.CommitConfiguration) => leaderAccess(numbered(nodes)),
} as const;

function coordinatedSettings(protocol: string, { nodes, quorums, learning }: Asked): commit.CommitConfiguration {
  refuseLearning(protocol, learning);
  if (quorums !== undefined) throw new RangeError(`quorums: ${protocol} commit has none`);
  return commit.commitConfigurationOf(nodes);
}

export const hostedTwoPhase: HostedProtocol<
  commit.twoPhase.Message,
  commit.twoPhase.Entry,
  never,
  commit.CommitConfiguration
> = {
  ...coordinated,
  name: "two-phase",
  layout: commit.twoPhase.layout,
  asEntry: commit.twoPhase.asEntry,
  settingsOf: (asked) => coordinatedSettings("two-phase", asked),
  newPart(role, configuration, { node }) {
    switch (role) {
      case "coordinator":
        return { role: new commit.twoPhase.Coordinator(configuration, node) };
      case "participant":
        return { role: new commit.twoPhase.Participant(configuration, node) };
      default:
        return noSuchRole(role);
    }
  },
};

export const hostedThreePhase: HostedProtocol<
  commit.threePhase.Message,
  commit.threePhase.Entry,
  never,
  commit.CommitConfiguration
> = {
  ...coordinated,
  name: "three-phase",
  layout: commit.threePhase.layout,
  asEntry: commit.threePhase.asEntry,
  settingsOf: (asked) => coordinatedSettings("three-phase", asked),
  newPart(role, configuration, { node }) {
    switch (role) {
      case "coordinator":
        return { role: new commit.threePhase.Coordinator(configuration, node) };
      case "participant":
        return { role: new commit.threePhase.Participant(configuration, node) };
      default:
        return noSuchRole(role);
    }
  },
};

function refuseLearning(protocol: string, learning: Asked["learning"]): void {
  if (learning !== undefined) throw new RangeError(`learning: ${protocol} has no learners`);
}

function numbered(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
