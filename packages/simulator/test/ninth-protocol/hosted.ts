/**
 * The protocol in threads.
 */
import type { HostedProtocol } from "@synod/actors";
import type { Backing } from "@synod/driver";
import { addressOf, leaderAccess, noSuchRole, timing } from "@synod/protocol";
import { Acceptor } from "./acceptor.ts";
import { Learner } from "./learner.ts";
import { asEntry, layout, type Delivery, type Entry, type Message } from "./messages.ts";
import { Proposer } from "./proposer.ts";
import { rolesOf } from "./simulated.ts";

interface Settings {
  readonly acceptors: number;
}

const { retryTicks } = timing;

export const hostedUnanimous: HostedProtocol<Message, Entry, Delivery, Settings> = {
  name: "unanimous",
  layout,
  asEntry,
  slotOf: () => 0,
  // Decisions, and no state machine: its requests are its own, and so would its client be.
  service: "decrees",
  usualNodes: 3,
  forgetful: ["learner"],
  settingsOf({ nodes, quorums, learning }) {
    if (quorums !== undefined) throw new RangeError("quorums: all acceptors are the only one");
    if (learning !== undefined) throw new RangeError("learning: each learner is told of each vote");
    return { acceptors: nodes };
  },
  quorumsOf: ({ acceptors }) => ({ all: acceptors }),
  rolesOf: (_settings, node) => rolesOf(node),
  accessOf: () => leaderAccess([1]),
  newPart(role, { acceptors }) {
    switch (role) {
      case "proposer":
        return { role: new Proposer({ acceptors, retryTicks }) };
      case "acceptor": {
        const learners = Array.from({ length: acceptors }, (_, index) => addressOf("learner", index + 1));
        return { role: new Acceptor({ proposer: addressOf("proposer", 1), learners }) };
      }
      case "learner":
        return { role: new Learner({ acceptors, retryTicks }), backing: () => nothingBehind };
      default:
        return noSuchRole(role);
    }
  },
};

/** What a learner has learned it can learn again. */
const nothingBehind: Backing<Message, Entry, Delivery> = {
  recover: () => 0,
  deliver: () => undefined,
  status: () => ({}),
  close: () => undefined,
};
