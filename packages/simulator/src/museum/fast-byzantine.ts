/**
 * Bugs of Fast Byzantine Paxos: rules that one liar of six is enough to break. Most are a number that is one too small.
 */
import { addressOf, fastByzantine } from "@synod/protocol";
import {
  newFastByzantineProtocol,
  type FastByzantineParts,
  type FastByzantineRole,
} from "../protocols/fast-byzantine.ts";
import { simulationOf, type Simulation } from "../simulate.ts";
import { quickDigest } from "../world/digest.ts";
import type { Exhibit } from "./exhibit.ts";
import { PatchedRole } from "./patched-role.ts";

function fastByzantineWith(parts: Partial<FastByzantineParts>): Simulation {
  return simulationOf(newFastByzantineProtocol(parts));
}

/** Quorums made by hand, past the check that refuses them. */
function withQuorums(
  configuration: fastByzantine.Configuration,
  change: (quorums: fastByzantine.Quorums) => Partial<fastByzantine.Quorums>,
): fastByzantine.Configuration {
  return { ...configuration, quorums: { ...configuration.quorums, ...change(configuration.quorums) } };
}

/** An acceptor that takes what is proposed for what clients have asked for. */
function believing(acceptor: fastByzantine.Acceptor, node: number): FastByzantineRole {
  return new PatchedRole(acceptor, () => ({
    step(from, message, step) {
      if (message.kind === "Accept") step(addressOf("proposer", node), { kind: "Known", commands: message.value });
      step(from, message);
    },
  }));
}

const smallQuorum: Exhibit = {
  name: "fast-byzantine-small-quorum",
  title: "A learner learns from 4f of 5f + 1 acceptors",
  story:
    "Two thirds of the acceptors are plenty for a quorum of Byzantine Paxos, where a certificate of votes is shown later. " +
    "Here nobody shows one: the next leader sees n - f reports, of which f may be missing from those that voted and f may " +
    "lie. With 4 votes of 6, two of five reports are left for the value, and the other three may say something else.",
  source: "Martin and Alvisi, Fast Byzantine Consensus 2006: a learner's quorum is ceil((a + 3f + 1) / 2)",
  simulation: fastByzantineWith({
    configuration: (configuration) => withQuorums(configuration, ({ learn }) => ({ learn: learn - 1 })),
  }),
  options: { nodes: 6, liars: 1, faults: ["equivocation", "forgery"] },
};

const oneReport: Exhibit = {
  name: "fast-byzantine-any-report",
  title: "A report counts as what may have been learned, however few say so",
  story:
    "Where no value is in the majority of the reports, none was learned, and the slot is free. To finish what somebody has " +
    "reported seems a harmless courtesy to a leader that was cut off. But a liar reports what it likes: what it made up for a slot " +
    "that nobody voted in is chosen, though no client asked for it; and where an honest vote stands against it, neither may be " +
    "finished, and the log stays where it is.",
  source: "Martin and Alvisi, Fast Byzantine Consensus 2006: what a progress certificate vouches for",
  simulation: fastByzantineWith({
    configuration: (configuration) => withQuorums(configuration, () => ({ vouch: 1 })),
  }),
  options: { nodes: 6, liars: 1, faults: ["forgery", "equivocation", "partition", "flapping"] },
};

const uncheckedCertificate: Exhibit = {
  name: "fast-byzantine-unchecked-certificate",
  title: "Acceptors believe what a new leader makes of its certificate",
  story:
    "The leader has collected the reports, so it knows best what may be proposed: the acceptors only look whether there are " +
    "enough signatures. In a protocol whose leaders are honest that is so. A leader that lies shows true reports, by which a " +
    "value was learned, and proposes another one to some; the acceptors must judge the reports themselves.",
  source: "Martin and Alvisi, Fast Byzantine Consensus 2006: acceptors accept only what the certificate vouches for",
  simulation: fastByzantineWith({
    acceptor: (configuration, node) =>
      believing(
        new fastByzantine.Acceptor(
          withQuorums(configuration, () => ({ vouch: Infinity })),
          node,
          quickDigest,
        ),
        node,
      ),
  }),
  options: { nodes: 6, liars: 1, faults: ["equivocation", "partition"] },
};

const oneLearnerBelieved: Exhibit = {
  name: "fast-byzantine-one-learner-believed",
  title: "A learner that is behind believes the first one that knows more",
  story:
    "Catching up is taken for a matter of copying: whoever is ahead has learned by the rules. One that lies has not, and what it " +
    "sends is in the state of the replica for good. Of f + 1 that say the same one is honest.",
  source: "Castro and Liskov, Practical Byzantine Fault Tolerance 1999, on state transfer: f + 1 must agree",
  simulation: fastByzantineWith({
    learner: (configuration, node) =>
      new fastByzantine.Learner(
        withQuorums(configuration, () => ({ trust: 1 })),
        node,
        quickDigest,
      ),
  }),
  options: { nodes: 6, liars: 1, faults: ["forgery", "node-crash", "partition"] },
};

const inventedRequest: Exhibit = {
  name: "fast-byzantine-invented-request",
  title: "Acceptors vote for what no client has asked their own nodes for",
  story:
    "Agreement says that all learn the same; it does not say what. Clients of this protocol sign nothing, and so a leader " +
    "that lies proposes a command of its own, on which all honest acceptors agree, and every replica runs it.",
  source:
    "Castro and Liskov, Practical Byzantine Fault Tolerance 1999, on requests: a faulty client or leader makes up none",
  simulation: fastByzantineWith({
    acceptor: (configuration, node) => believing(new fastByzantine.Acceptor(configuration, node, quickDigest), node),
  }),
  options: { nodes: 6, liars: 1, faults: ["forgery"] },
};

const oneAnswer: Exhibit = {
  name: "fast-byzantine-one-answer",
  title: "A client believes the first answer",
  story:
    "The replicas agree, so any of them may answer: so it is where nodes only crash. The first answer may be that of the liar, " +
    "which has a reason to be quick. Two equal answers of six replicas hold one of an honest replica.",
  source: "Castro and Liskov, Practical Byzantine Fault Tolerance 1999, on the client: it waits for f + 1 replies",
  simulation: fastByzantineWith({ access: (access) => ({ ...access, answers: 1 }) }),
  options: { nodes: 6, liars: 1, faults: ["lie-corruption"] },
};

const namesBelieved: Exhibit = {
  name: "fast-byzantine-names-believed",
  title: "A host believes who a frame says it is from",
  story:
    "Every envelope names its sender, and a host knows besides by which path a frame came. It need not look, where nodes only " +
    "crash: the two never differ. One that lies writes another's name on its frames, and votes, or says how far it has got, as " +
    "often as there are nodes. In the common case nobody signs anything here, since links are taken to tell truly who speaks; " +
    "so that is a check that the links must make.",
  source:
    "Castro and Liskov, Practical Byzantine Fault Tolerance 1999, on the system model: nodes verify who has sent a message; " +
    "found in this project's host, which had not looked",
  simulation: simulationOf({ ...newFastByzantineProtocol(), believesNames: true }),
  options: { nodes: 6, liars: 1, faults: ["impersonation", "equivocation", "forgery"] },
};

const tooManyLiars: Exhibit = {
  name: "fast-byzantine-too-many-liars",
  title: "f + 1 nodes lie, one more than is borne",
  story:
    "No bug but a broken assumption: 5f + 1 nodes bear f that lie in any way, and no more. With two liars of six the honest " +
    "ones disagree, or believe what nobody learned, which shows that the checkers see it, and that the bound is one.",
  source: "Martin and Alvisi, Fast Byzantine Consensus 2006: 5f + 1 acceptors are needed",
  simulation: fastByzantineWith({ liars: (count) => count + 1 }),
  options: { nodes: 6, liars: 1, faults: ["equivocation", "forgery", "partition"] },
};

export const fastByzantineExhibits: readonly Exhibit[] = [
  smallQuorum,
  oneReport,
  uncheckedCertificate,
  oneLearnerBelieved,
  inventedRequest,
  oneAnswer,
  namesBelieved,
  tooManyLiars,
];
