/**
 * Exhibits: what goes wrong when somebody is believed who may lie.
 */
import { addressOf, byzantine, commandsOf } from "@synod/protocol";
import { quickDigest } from "../world/digest.ts";
import { byzantineWith, byzantineWithAcceptor } from "./byzantine-exhibits.ts";
import type { Exhibit } from "./exhibit.ts";

const pbft = "Castro and Liskov, Practical Byzantine Fault Tolerance, 1999";
const bpcon = "Lamport, Byzantizing Paxos by Refinement, 2011";

const seals = byzantine.newSeals(quickDigest);

const unsignedVerify: Exhibit = {
  name: "byzantine-unsigned-verify",
  title: "What acceptors verify is not signed, so that anybody can show certificates",
  story:
    "Links tell truly who speaks, so why sign what only the neighbour reads? Because it is shown to others later: a vote " +
    "must prove to the next leader that a quorum had verified its value. Without signatures in the certificate one liar " +
    "makes up votes of a higher ballot, and the next leader is bound to put another value into a slot that is chosen.",
  source: `${bpcon}; ${pbft}, §4.4`,
  simulation: byzantineWith({
    seals: {
      ...seals,
      statements(message, from) {
        const stripped: byzantine.Message =
          message.kind === "Promised"
            ? { ...message, votes: message.votes.map((vote) => ({ ...vote, certificate: [] })) }
            : message.kind === "NewView"
              ? {
                  ...message,
                  promises: message.promises.map((promise) => ({
                    ...promise,
                    votes: promise.votes.map((vote) => ({ ...vote, certificate: [] })),
                  })),
                }
              : message;
        return seals.statements(stripped, from);
      },
    },
  }),
  options: { nodes: 4, liars: 1, faults: ["forgery", "partition", "loss"] },
};

const viewWithoutProof: Exhibit = {
  name: "byzantine-view-without-proof",
  title: "A new leader is believed about what may have been chosen before it",
  story:
    "In Paxos a leader that has asked a quorum knows which values it must propose, and proposes them. Here it may know " +
    "and not care. Unless each acceptor computes from the signed promises of a quorum what is safe, a lying leader puts " +
    "what it likes into slots whose values have been learned.",
  source: `${bpcon}, phase 1c; ${pbft}, §4.4: NEW-VIEW and the set O`,
  simulation: byzantineWithAcceptor(() => ({
    step(from, message, step) {
      if (message.kind !== "NewView") return step(from, message);
      step(from, { ...message, promises: message.promises.map((promise) => ({ ...promise, votes: [] })) });
    },
  })),
  options: { nodes: 4, liars: 1, faults: ["equivocation", "partition", "loss"] },
};

const quorumOfTwoF: Exhibit = {
  name: "byzantine-small-quorum",
  title: "Quorums of 2f of 3f + 1",
  story:
    "A majority is enough when nobody lies, since two of them share a member. A liar in both may tell each something " +
    "else: two quorums must share more members than can lie, and of 3f + 1 acceptors that takes 2f + 1. With one fewer, " +
    "a leader that tells two halves two things has both of them learned.",
  source: `${bpcon}; ${pbft}, §4`,
  simulation: byzantineWith({
    configuration: (configuration) => {
      const { quorums } = configuration;
      return { ...configuration, quorums: { ...quorums, quorum: 2 * quorums.faults } };
    },
  }),
  options: { nodes: 4, liars: 1, faults: ["equivocation"] },
};

const oneAnswer: Exhibit = {
  name: "byzantine-one-answer",
  title: "A client believes the first answer",
  story:
    "All that the replicas do to agree is in vain when the client listens to a liar. Of f + 1 equal answers one is from " +
    "somebody honest; of one there is no telling.",
  source: `${pbft}, §4.1`,
  simulation: byzantineWith({ access: (access) => ({ ...access, answers: 1 }) }),
  options: { nodes: 4, liars: 1, faults: ["lie-corruption"] },
};

const tooManyLiars: Exhibit = {
  name: "byzantine-too-many-liars",
  title: "f + 1 nodes lie, one more than 3f + 1 nodes bear",
  story:
    "No bug, but what the protocol does not promise: with one liar more than 3f + 1 acceptors bear, two quorums may share " +
    "nobody honest, and honest learners learn different values. It is here to show that the checkers would see it.",
  source: `${pbft}, §3: at most ⌊(n − 1)/3⌋`,
  simulation: byzantineWith({ liars: (count) => count + 1 }),
  options: { nodes: 4, liars: 1, faults: ["equivocation"] },
};

const verifyBeforeSync: Exhibit = {
  name: "byzantine-verify-before-sync",
  title: "An acceptor tells what it verifies before that is on stable storage",
  story:
    "What an acceptor verifies is no vote yet, so it seems to need no sync. But an acceptor that forgets what it verified " +
    "verifies another value after its restart, and is a liar without having meant it: with one who means it, two " +
    "certificates of one slot and ballot can be had.",
  source: `${bpcon}; Paxos Made Simple §2.5 on stable storage`,
  simulation: byzantineWithAcceptor(() => ({
    output(out) {
      const early = out.sendAfterPersist.filter(({ message }) => message.kind === "Verify");
      const late = out.sendAfterPersist.filter(({ message }) => message.kind !== "Verify");
      out.send.push(...early);
      out.sendAfterPersist.splice(0, out.sendAfterPersist.length, ...late);
    },
  })),
  options: { nodes: 4, liars: 1, faults: ["node-crash", "equivocation"] },
};

const leaderBelieved: Exhibit = {
  name: "byzantine-invented-request",
  title: "Acceptors take the leader's word that a client asked",
  story:
    "Agreement alone does not keep a lying leader from proposing what nobody asked for: all then agree on it. Either " +
    "clients sign their requests, or each acceptor verifies only what its own node, or one honest node at least, has had " +
    "from the client.",
  source: `${pbft}, §4.2: a request is authenticated; ${bpcon}: only a proposed value is chosen`,
  simulation: byzantineWithAcceptor((_configuration, node) => ({
    step(from, message, step) {
      if (message.kind === "Accept") {
        for (const command of commandsOf(message.value) ?? []) {
          step(addressOf("proposer", node), { kind: "Vouched", digest: quickDigest(command) });
        }
      }
      step(from, message);
    },
  })),
  options: { nodes: 4, liars: 1, faults: ["forgery"] },
};

const oneLogBelieved: Exhibit = {
  name: "byzantine-one-log-believed",
  title: "A learner that is behind believes the first log or snapshot that it is shown",
  story:
    "Catching up is the side door: whoever may not change what is chosen may still tell a late learner that something else " +
    "was. What f + 1 tell alike is true; what one tells is not worth having.",
  source: `${pbft}, §4.3: a checkpoint is proved by what a quorum says of it`,
  simulation: byzantineWith({
    learner: (configuration, node) => {
      const { quorums } = configuration;
      return new byzantine.Learner({ ...configuration, quorums: { ...quorums, faults: 0 } }, node);
    },
  }),
  options: { nodes: 4, liars: 1, faults: ["forgery", "node-crash", "partition"] },
};

const voteToldAsChosen: Exhibit = {
  name: "byzantine-vote-told-as-chosen",
  title: "An acceptor tells a learner that is behind what it voted for as what was chosen",
  story:
    "An acceptor's log has its votes, and sooner or later they are chosen: why wait until that is known? Because its last vote " +
    "may be of a ballot that was lost. One honest log that tells such a vote, and one liar that says the same, are f + 1, " +
    "and a learner believes them. It is enough to take a snapshot of the own learner for word that all votes before it " +
    "were chosen: where the learner caught up, the snapshot holds something else.",
  source: `found by the checker of what acceptors say was chosen; ${pbft}, §4.3: a checkpoint is proved by what a quorum says`,
  simulation: byzantineWithAcceptor(() => {
    const votes = new Map<number, byzantine.AcceptedValue>();
    return {
      output(out) {
        for (const { message } of out.sendAfterPersist) {
          if (message.kind === "AcceptedValue") votes.set(message.slot, message);
        }
      },
      step(from, message, step, out) {
        step(from, message);
        const vote = message.kind === "CatchUp" ? votes.get(message.from) : undefined;
        if (vote === undefined) return;
        const { slot, value } = vote;
        out.send.push({ to: from, message: { kind: "Chosen", from: slot, values: [{ value }], trimmedThrough: 0 } });
      },
    };
  }),
  options: { nodes: 4, liars: 1, faults: ["loss", "partition"] },
};

export const byzantineExhibits: readonly Exhibit[] = [
  unsignedVerify,
  viewWithoutProof,
  quorumOfTwoF,
  verifyBeforeSync,
  leaderBelieved,
  oneLogBelieved,
  voteToldAsChosen,
  oneAnswer,
  tooManyLiars,
];
