/**
 * Exhibits: changes of who takes part. Each slot must be chosen by members that everybody agrees on; who they are may be
 * taken too early, asked too late, or forgotten.
 */
import { Memberships, multi, unchanged, type Address } from "@synod/protocol";
import { Replication } from "@synod/driver";
import type { MultiReplicationOptions } from "../protocols/multi.ts";
import type { Exhibit } from "./exhibit.ts";
import { multiWith, multiWithAcceptor, multiWithProposer } from "./multi-exhibits.ts";
import { rewrite } from "./patched-role.ts";

const options = { faults: ["members", "node-crash", "partition", "loss"] };

const membersUsedAtOnce: Exhibit = {
  name: "members-used-at-once",
  title: "A change of the members is in force in the slot after it, while the window is open",
  story:
    "A leader proposes in many slots at once. When what is chosen in one of them says who chooses the next, slots that are " +
    "under way already were proposed to others: two leaders, one of which has seen the change, have quorums for the same " +
    "slot that need not meet. So a change is in force alpha slots later, and no leader is further ahead than that.",
  source: "Paxos Made Simple §3; Lamport, Malkhi and Zhou, Reconfiguring a State Machine (2010)",
  simulation: multiWith({ configuration: (configuration) => ({ ...configuration, alphaSlots: 1 }) }),
  options,
};

const windowBeyondAlpha: Exhibit = {
  name: "window-beyond-alpha",
  title: "A leader proposes further ahead than a change of the members takes to be in force",
  story:
    "The window is a number for speed, and somebody makes it larger. Alpha is a promise between all nodes: who chooses slot " +
    "i is settled when all up to i - alpha is chosen. A leader that proposes beyond that asks the members of now, and a " +
    "change that is being chosen makes them the wrong ones.",
  source: "Paxos Made Simple §3: a leader may get α commands ahead, and not more",
  simulation: multiWith({
    proposer: (configuration, node, random, clock) =>
      new multi.Proposer({ ...configuration, limits: wider(configuration) }, node, random, { clock }),
  }),
  options,
};

const phaseOneOfOldMembers: Exhibit = {
  name: "phase-1-of-old-members",
  title: "A leader goes on with new members that have not promised its ballot",
  story:
    "Phase 1 is run once for all slots, of the members that there are then. Those who come later have promised nothing, and " +
    "may have accepted what an earlier leader, which saw the change, proposed to them in the very slots that this one comes " +
    "to next. Of what they have accepted it must hear before it proposes there.",
  source: "Paxos Made Simple §2.2 and §3: phase 1 is of the servers that execute the instance",
  simulation: multiWithProposer((status) => {
    const asked: { readonly acceptor: Address; readonly ballot: number; readonly from: number }[] = [];
    return {
      step(from, message, step) {
        // Everybody who is asked while it leads is taken to have promised, with nothing to report.
        for (const { acceptor, ballot, from: first } of asked.splice(0)) {
          const promise = { ballot, from: first, chosenThrough: 0, accepted: [], next: 0, memberships: unchanged };
          step(acceptor, { kind: "Promised", ...promise });
        }
        step(from, message);
      },
      output(out) {
        if (status()["state"] !== "leading") return;
        rewrite(out.send, (envelope) => {
          const { to, message } = envelope;
          if (message.kind !== "Prepare") return envelope;
          asked.push({ acceptor: to, ballot: message.ballot, from: message.from });
          return undefined;
        });
      },
    };
  }),
  options,
};

const snapshotWithoutMembers: Exhibit = {
  name: "snapshot-without-members",
  title: "A snapshot holds the state and the sessions, and not who the members are",
  story:
    "Who takes part was said in the log, and the log is gone. A learner that comes back from such a snapshot takes the first " +
    "members for those of now and counts their votes, and its acceptor tells leaders of them. In Raft the latest " +
    "configuration is part of the snapshot for this reason.",
  source: "Ongaro, Consensus: Bridging Theory and Practice (2014), §5.1: a snapshot includes the latest configuration",
  simulation: multiWith({ replication: (given) => new Replication({ ...given, learner: forgetful(given.learner) }) }),
  options: { faults: ["members", "node-crash"] },
};

const trimWithoutMembers: Exhibit = {
  name: "trim-without-members",
  title: "An acceptor drops the log that said who takes part, and tells leaders of the first members",
  story:
    "What an acceptor knows to be chosen it does not report to a new leader, which need not finish it. With a change of the " +
    "members in what is dropped, the leader must be told of that all the same, or it asks those of long ago.",
  source: "Paxos Made Simple §3: the configuration is part of the state, and so of what stands for the log",
  simulation: multiWithAcceptor(() => ({
    step: (from, message, step) =>
      step(from, message.kind === "Trim" ? { ...message, memberships: unchanged } : message),
  })),
  options: { faults: ["members", "node-crash", "node-kill"] },
};

const joinerCountedTooEarly: Exhibit = {
  name: "joiner-counted-too-early",
  title: "A new leader goes by the newest members in the slots before them as well: who joined is counted there",
  story:
    "A node came for another one, and a leader is elected while slots are open that the members before it choose. Those who " +
    "join have nothing there, and say so truly. Whoever counts that answer in a quorum has asked one node too few: with two " +
    "of three and a new one that knows nothing, what the third of old helped to choose is not seen, and something else is " +
    "chosen in its place. Until alpha is over a newcomer has no say, however much it has been sent by then.",
  source:
    "Paxos Made Simple §3; Liskov and Cowling, Viewstamped Replication Revisited (2012), §7: who is new in a group takes no " +
    "part before it is up to date",
  simulation: multiWithProposer((_status, configuration) => ({
    step: (from, message, step) =>
      step(
        from,
        message.kind === "Promised" ? { ...message, memberships: newestFor(configuration, message) } : message,
      ),
  })),
  options: { nodes: 3, faults: ["replace-node", "node-crash", "loss"] },
};

const volatileKnowledge: Exhibit = {
  name: "knowledge-not-recorded",
  title: "Acceptors keep in memory alone what they know to be chosen, and a node that was voted out goes by their word",
  story:
    "Raft's commit index is volatile, and nothing is lost by that: the next leader finds out anew, from a quorum that is " +
    "still there. Here one is not. Acceptors say that they know all that the old members chose, so the one that was voted out " +
    "goes. Then they restart. They have the votes, and do not know any more that those were enough, nor who the members are: " +
    "they ask the old quorum, for ever. A step that cannot be taken back must rest on what is on a disk: a promise is " +
    "recorded with the first slot that is not known to be chosen, before anybody hears of it.",
  source:
    "Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (2014), Figure 2: commitIndex is volatile; " +
    "Lamport, Malkhi and Zhou, Reconfiguring a State Machine (2010)",
  simulation: multiWithAcceptor(() => ({ output: (out) => rewrite(out.persist, withoutKnowledge) })),
  options: { nodes: 2, faults: ["remove-node", "node-crash"] },
};

/** As it is recorded by whoever takes what is chosen for something to be found out anew. */
function withoutKnowledge(entry: multi.Entry): multi.Entry {
  if (entry.kind === "Prepare") return { ...entry, from: 1 };
  return entry.kind === "Accept" ? { ...entry, commitPoint: 0 } : entry;
}

/** The history that a promise tells, as if the newest members had been there from the beginning. */
function newestFor(configuration: multi.Configuration, { memberships }: multi.Promised): Uint8Array {
  const told = multi.firstMemberships(configuration).from(memberships);
  return told === undefined ? memberships : Memberships.first(told.latest.membership, configuration.alphaSlots).bytes;
}

/** Far more slots than a change takes to be in force. */
function wider({ limits, alphaSlots }: multi.Configuration): multi.Bounds {
  return { ...limits, windowSlots: alphaSlots + 16, windowBytes: 2 ** 20 };
}

/** It never hears of the members in a snapshot. */
function forgetful(learner: MultiReplicationOptions["learner"]): MultiReplicationOptions["learner"] {
  return {
    installed: (slot, out) => learner.installed(slot, out, unchanged),
    refused: () => learner.refused(),
    snapshotted: (slot, out) => learner.snapshotted(slot, out, unchanged),
  };
}

export const reconfigurationExhibits: readonly Exhibit[] = [
  membersUsedAtOnce,
  windowBeyondAlpha,
  phaseOneOfOldMembers,
  snapshotWithoutMembers,
  trimWithoutMembers,
  joinerCountedTooEarly,
  volatileKnowledge,
];
