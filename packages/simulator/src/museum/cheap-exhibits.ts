/**
 * Exhibits: mistakes in Cheap Paxos. What is saved is saved by knowing exactly when the auxiliaries are not needed.
 */
import { addressOf, cheap, multi, nodeOf, roleOf, unchanged, type Address, type RoleStatus } from "@synod/protocol";
import { newCheapProtocol, type CheapParts } from "../protocols/cheap.ts";
import { simulationOf, type Simulation } from "../simulate.ts";
import type { Exhibit } from "./exhibit.ts";
import type { MultiPatch } from "./multi-exhibits.ts";
import { PatchedRole, rewrite } from "./patched-role.ts";

const paper = "Lamport and Massa, Cheap Paxos 2004";

function cheapWith(parts: Partial<CheapParts>): Simulation {
  return simulationOf(newCheapProtocol(parts));
}

type NewCheapPatch = (status: () => RoleStatus, configuration: cheap.Configuration) => MultiPatch;

function cheapWithProposer(patch: NewCheapPatch): Simulation {
  return cheapWith({
    proposer: (configuration, node, random) =>
      new PatchedRole(new cheap.Proposer(configuration, node, random), (status) => patch(status, configuration)),
  });
}

/** Auxiliaries with a bug; the acceptors of the mains are right. */
function cheapWithAuxiliary(patch: NewCheapPatch): Simulation {
  return cheapWith({
    acceptor(configuration, node) {
      const role = new cheap.Acceptor(configuration, node);
      if (!configuration.auxiliaries.includes(node)) return role;
      return new PatchedRole(role, (status) => patch(status, configuration));
    },
  });
}

const deadMainsVotes: Exhibit = {
  name: "dead-mains-votes",
  title: "A main that voted for the slot before is taken to vote for this one, too",
  story:
    "All mains vote, slot after slot, and so a leader takes a main's vote for granted once it has had one in its ballot. " +
    "When the main is dead, the leader has its own vote and the dead main's earlier ones, which makes a quorum without the " +
    "auxiliary. The slot is called chosen that one disk holds. A vote is for one slot, and whoever did not cast it has to be " +
    "replaced by an auxiliary that did.",
  source: `${paper}: the auxiliaries take part in what is pending when a main fails`,
  simulation: cheapWithProposer((status, { auxiliaries }) => {
    const seen = new Map<number, Set<Address>>();
    return {
      step(from, message, step) {
        step(from, message);
        if (message.kind !== "Accepted" || message.ballot !== status()["ballot"]) return;
        const voters = seen.get(message.ballot) ?? new Set();
        seen.set(message.ballot, voters);
        for (const voter of voters) step(voter, message);
        if (!auxiliaries.includes(nodeOf(from))) voters.add(from);
      },
    };
  }),
};

const inForceAtOnce: Exhibit = {
  name: "cheap-change-at-once",
  title: "A main is removed from the next slot on, not from alpha slots later",
  story:
    "The membership without the dead main is chosen in slot s, and the leader has done with the auxiliary at once: from " +
    "s + 1 on it counts by the new quorums. But slot s + 1 belongs to the old members. Whoever prepares it asks those, among " +
    "them the removed main and the auxiliary, who are a quorum and have seen nothing, and proposes something else.",
  source: `${paper}; Lamport, Malkhi and Zhou, Reconfiguring a State Machine 2010; Paxos Made Simple §3`,
  simulation: cheapWith({
    proposer: (configuration, node, random) => new cheap.Proposer({ ...configuration, alphaSlots: 1 }, node, random),
  }),
};

const auxiliaryForgets: Exhibit = {
  name: "auxiliary-forgets-early",
  title: "An auxiliary forgets what the leader says is chosen, before the change is in force",
  story:
    "An auxiliary need not keep what the mains know. This one goes by the commit point in the leader's next Accept: what is " +
    "chosen it drops. But the dead main does not know what was chosen without it. When the leader dies and the other main " +
    "is back, the auxiliary is the only one of their quorum that voted, and reports nothing: another value is proposed. It " +
    "may forget only what all mains of the membership in force know, and must then say that those slots are chosen.",
  source: `${paper}: auxiliaries may forget once the main processors have been reconfigured`,
  simulation: cheapWithAuxiliary(() => {
    let commitPoint = 0;
    return {
      step(from, message, step) {
        if (message.kind === "Accept" || message.kind === "Heartbeat") {
          commitPoint = Math.max(commitPoint, message.commitPoint);
        }
        step(from, message);
      },
      output({ sendAfterPersist }) {
        rewrite(sendAfterPersist, (each) => {
          if (each.message.kind !== "Promised") return each;
          const accepted = each.message.accepted.filter(({ slot }) => slot > commitPoint);
          return { ...each, message: { ...each.message, accepted } };
        });
      },
    };
  }),
  options: { nodes: 5, faults: ["process"] },
};

const removedMainLeads: Exhibit = {
  name: "removed-main-goes-on",
  title: "A main that was removed comes back and takes itself for a member",
  story:
    "The members are read from the configuration that the process was started with. A main that was removed meanwhile comes " +
    "back, hears nobody, and finds the auxiliary, which is idle and hears nobody either: of the old membership the two are a " +
    "quorum. They go on in slots that the other main, a quorum by itself, has filled already. Who the members are is in the " +
    "log, and whoever has forgotten part of it says so with its promise.",
  source: `${paper}; Lamport, Malkhi and Zhou, Reconfiguring a State Machine 2010`,
  simulation: cheapWithProposer(() => ({
    step(from, message, step) {
      const tells = message.kind === "Heartbeat" || message.kind === "ProbeReply" || message.kind === "Promised";
      step(from, tells ? { ...message, memberships: unchanged } : message);
    },
  })),
};

const auxiliaryInMemory: Exhibit = {
  name: "auxiliary-in-memory",
  title: "An auxiliary keeps its promises and votes in memory: it is only needed for a moment",
  story:
    "Auxiliaries are to be cheap, and what they do is short. But for that moment one of them is half of a quorum: restarted " +
    "with an empty memory it promises a second leader what it had promised the first, and reports no vote. Cheap is what an " +
    "auxiliary computes, not what it remembers.",
  source: `${paper}; Lamport, Paxos Made Simple 2001, §2.5`,
  simulation: cheapWithAuxiliary(() => ({ restores: () => false })),
};

const neverIdle: Exhibit = {
  name: "auxiliary-never-idle",
  title: "A leader sends everything to every acceptor, and waits for the mains only",
  story:
    "Nothing is ever lost by this, and no value is wrong: the auxiliaries take part in each decision, as in Multi-Paxos. The " +
    "reviewers of the paper thought that this was meant. The point is that the others need not take part: here the checker " +
    "sees the first message that nobody needed.",
  source: "L. Lamport, My Writings, on Cheap Paxos",
  simulation: cheapWith({
    proposer: (configuration, node, random) => new multi.Proposer(configuration, node, random),
  }),
};

const trimmedByLearners: Exhibit = {
  name: "snapshot-told-to-auxiliaries",
  title: "A learner tells all acceptors of its snapshot, the auxiliaries too",
  story:
    "One message after each snapshot, which none of those who wrote it took for part of the protocol. An auxiliary that is " +
    "to wake up only when a main fails wakes up as often as the busiest main saves its state.",
  source: `${paper}: the auxiliaries are idle until another main fails`,
  simulation: cheapWith({
    acceptor(configuration, node) {
      const role = new cheap.Acceptor(configuration, node);
      return new PatchedRole(role, () => ({
        step(from, message, step, out) {
          step(from, message);
          if (message.kind !== "Trim" || roleOf(from) !== "learner" || nodeOf(from) !== node) return;
          for (const auxiliary of configuration.auxiliaries) {
            out.send.push({ to: addressOf("acceptor", auxiliary), message });
          }
        },
      }));
    },
  }),
};

export const cheapExhibits: readonly Exhibit[] = [
  deadMainsVotes,
  inForceAtOnce,
  auxiliaryForgets,
  removedMainLeads,
  auxiliaryInMemory,
  neverIdle,
  trimmedByLearners,
];
