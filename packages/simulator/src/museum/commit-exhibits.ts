/**
 * Exhibits: mistakes in Paxos Commit, and one in two-phase commit (Gray and Lamport, *Consensus on Transaction Commit*
 * 2006).
 */
import { commit } from "@synod/protocol";
import { newPaxosCommitProtocol, type PaxosCommitParts } from "../protocols/paxos-commit.ts";
import { newTwoPhaseProtocol } from "../protocols/two-phase.ts";
import { simulationOf, type Simulation } from "../simulate.ts";
import type { Exhibit } from "./exhibit.ts";
import { PatchedRole, rewrite, type NewPatch } from "./patched-role.ts";

type Message = commit.paxosCommit.Message;
type CommitPatch = NewPatch<Message, commit.paxosCommit.Entry, never>;

function commitWith(parts: Partial<PaxosCommitParts>): Simulation {
  return simulationOf(newPaxosCommitProtocol(parts));
}

function withParticipant(patch: CommitPatch): Simulation {
  return commitWith({
    participant: (configuration, node) =>
      new PatchedRole(new commit.paxosCommit.Participant(configuration, node), patch),
  });
}

function withLeader(patch: CommitPatch): Simulation {
  return commitWith({
    leader: (configuration, node) =>
      new PatchedRole(new commit.paxosCommit.Leader(configuration, node, () => node), patch),
  });
}

const heuristicAbort: Exhibit = {
  name: "heuristic-abort",
  title: "A participant that has voted for a transaction aborts it when it hears nothing for too long",
  story:
    "X/Open's XA lets a resource manager that waits too long complete a prepared branch by itself, which it calls a " +
    "heuristic decision, and then report that it did so: the locks are free, and the transaction may have committed " +
    "elsewhere. It is two-phase commit's block traded for its atomicity. A vote is a promise: the first proposal of an " +
    "instance of Paxos, which an acceptor may have accepted already.",
  source: "X/Open, Distributed Transaction Processing: The XA Specification 1991, heuristic decisions",
  simulation: commitWith({
    participant(configuration, node) {
      const participant = new commit.paxosCommit.Participant(configuration, node);
      return new PatchedRole<Message, commit.paxosCommit.Entry, never>(participant, () => ({
        output(out) {
          for (const { to, message } of out.send.splice(0)) {
            if (message.kind !== "Inquire") out.send.push({ to, message });
            else participant.step(to, { kind: "Decision", transaction: message.transaction, committed: false }, out);
          }
        },
      }));
    },
  }),
  options: { nodes: 3, faults: ["node-kill", "partition"] },
};

const voteBeforeSync: Exhibit = {
  name: "commit-vote-before-sync",
  title: "A participant sends its vote while what it voted for is not yet on its disk",
  story:
    'A participant is "prepared" when it can commit whatever happens to it. One that has told so, and comes back from a ' +
    "power failure without the writes, is asked to commit what it does not have. The disk is the vote.",
  source: "Gray and Lamport 2006, §3: a prepared participant has what it takes to commit on stable storage",
  simulation: withParticipant(() => ({
    output: (out) => {
      out.send.push(...out.sendAfterPersist.splice(0));
    },
  })),
  options: { nodes: 3, faults: ["node-crash"] },
};

const halfTransaction: Exhibit = {
  name: "half-a-transaction",
  title: "A participant votes for what it holds of a transaction, after a crash has taken the rest of it",
  story:
    "Until a participant votes, the writes of a transaction are in memory only, and a restart loses them. A Put that " +
    "comes again, or one more of the same transaction, then opens it anew; the participant holds a part and does not know " +
    "that it is one. So a coordinator tells each participant how many writes it was sent, and one that holds fewer aborts.",
  source: "Gray and Lamport 2006, §2: a participant may abort at any time before it is prepared, a crash included",
  simulation: withParticipant(() => {
    /** By transaction: the sequences of the Puts of this life. */
    const held = new Map<number, Set<number>>();
    return {
      step(from, message, step) {
        if (message.kind === "Put") {
          held.set(message.transaction, (held.get(message.transaction) ?? new Set()).add(message.sequence));
        }
        if (message.kind !== "VoteRequest") return step(from, message);
        const writes = held.get(message.transaction)?.size ?? 0;
        step(from, { ...message, participants: message.participants.map(({ node }) => ({ node, writes })) });
      },
    };
  }),
  options: { nodes: 3, faults: ["role-crash", "crowding", "loss"] },
};

const minorityDecides: Exhibit = {
  name: "commit-by-minority",
  title: "A leader takes the word of one acceptor for a vote that is chosen",
  story:
    "With one acceptor Paxos Commit is two-phase commit: its word is the decision. With more of them a vote that one has " +
    "accepted is not chosen yet. A leader that commits on it and dies leaves the others to ask a majority without that " +
    "acceptor, which has never heard of the vote, and to abort.",
  source: "Gray and Lamport 2006, §4.2 and §5",
  simulation: commitWith({ quorums: (quorums) => ({ ...quorums, phase1: 1, phase2: 1 }) }),
  options: { nodes: 3 },
};

const abortWithoutPhase1: Exhibit = {
  name: "abort-without-phase-1",
  title: 'A leader that waits in vain for a vote proposes "aborted" in a new ballot, and asks nobody before',
  story:
    "A vote that a leader has not heard of may have been chosen: only its way to this leader was cut. The new ballot is " +
    "there to find out. A leader that goes straight to phase 2, since it knows what it wants to propose, overwrites what " +
    "another one has told a client.",
  source: "Gray and Lamport 2006, §4.2: the leader's higher ballot begins with phase 1",
  simulation: withLeader(() => ({
    output(out) {
      rewrite(out.sendAfterPersist, ({ to, message }) => {
        if (message.kind !== "Prepare") return { to, message };
        const { transaction, ballot, participants } = message;
        const votes = participants.map(({ node }) => ({ participant: node, prepared: false }));
        const leader = ((ballot - 2) % 3) + 1;
        return { to, message: { kind: "Accept", transaction, ballot, leader, participants, votes } as const };
      });
    },
  })),
  options: { nodes: 3, faults: ["partition", "delay"] },
};

const silenceIsConsent: Exhibit = {
  name: "silence-is-consent",
  title: 'A leader proposes "prepared" for a participant of which no acceptor has heard',
  story:
    "An instance in which nothing was accepted is free, and a leader may propose what it likes for it: that is so in " +
    "Paxos, and a leader that prefers transactions to commit may think of the wrong value. The participant may have " +
    "aborted, and nobody but itself may say that it is prepared.",
  source: "Gray and Lamport 2006, §4.2: a leader proposes Aborted in a free instance",
  simulation: withLeader(() => ({
    output(out) {
      rewrite(out.sendAfterPersist, ({ to, message }) => {
        if (message.kind !== "Accept") return { to, message };
        const votes = message.votes.map(({ participant }) => ({ participant, prepared: true }));
        return { to, message: { ...message, votes } };
      });
    },
  })),
  options: { nodes: 3, faults: ["node-kill", "partition"] },
};

const decisionBeforeSync: Exhibit = {
  name: "decision-before-sync",
  title: "The coordinator of two-phase commit tells its decision before it is on its disk",
  story:
    "In two-phase commit the coordinator alone knows what it decided. When it tells one participant, loses power, and " +
    "comes back without the record, it takes the transaction for one that it never decided, and aborts it for whoever " +
    "asks. In Paxos Commit the acceptors have the votes on their disks, and a leader has nothing to write.",
  source: "Gray and Lamport 2006, §3; Mohan, Lindsay and Obermarck, Transaction Management in R* 1986",
  simulation: simulationOf(
    newTwoPhaseProtocol({
      coordinator: (configuration, node) =>
        new PatchedRole(new commit.twoPhase.Coordinator(configuration, node), () => ({
          output: (out) => {
            out.send.push(...out.sendAfterPersist.splice(0));
          },
        })),
    }),
  ),
  options: { nodes: 3, faults: ["node-crash"] },
};

export const commitExhibits: readonly Exhibit[] = [
  heuristicAbort,
  voteBeforeSync,
  halfTransaction,
  minorityDecides,
  abortWithoutPhase1,
  silenceIsConsent,
  decisionBeforeSync,
];
