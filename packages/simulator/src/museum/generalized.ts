/**
 * Exhibits: histories of commands that are grown, cut or chosen wrongly (*Generalized Consensus and Paxos*, 2005).
 */
import { addressOf, generalized, nodeOf, type Envelope } from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import {
  generalizedWith,
  generalizedWithAcceptor,
  generalizedWithLearner,
  generalizedWithProposer,
} from "./generalized-exhibits.ts";
import { PatchedRole, rewrite } from "./patched-role.ts";

const paper = "L. Lamport, Generalized Consensus and Paxos, 2005";
const options = { nodes: 4, faults: ["partition", "loss", "delay"] };

/** The first collision makes the next ballot a classic one. */
const impatient: generalized.FallBack = { windowCommands: 32, mostCollisions: 0, classicTicks: 50 };

/** The kind of an entry is the byte after its size: see `entries.ts` of @synod/machines. */
const isRead = (command: Uint8Array): boolean => command[4] === 2;

const readsCommute: Exhibit = {
  name: "reads-commute",
  title: "Two commands that interfere, a write and a read of the same key, are taken to commute",
  story:
    "Whoever says which commands commute says what the replicas may do in different orders. A read changes nothing, and " +
    "so it seems to commute with everything: the states stay equal whatever its place. Its answer does not. A client is " +
    "told a value that was overwritten before it asked, by a learner that has put the read first.",
  source: `${paper}, on command histories: commands interfere also when the order matters to an output`,
  simulation: generalizedWith({
    interference: (interferes) => (one, other) => !isRead(one) && !isRead(other) && interferes(one, other),
  }),
  options,
};

const learnedFromOne: Exhibit = {
  name: "history-without-quorum",
  title: "A learner takes the least upper bound of what it hears, without a quorum's greatest lower bound",
  story:
    "A learner hears histories that grow, and all that it has heard are compatible: it may seem to have learned their " +
    "least upper bound. What is chosen is only what a whole quorum has, the greatest lower bound of its histories; the " +
    "rest may come in another order, or never. This learner counts each vote for all acceptors.",
  source: `${paper}, the learner's action`,
  simulation: generalizedWithLearner((_status, { nodes }) => ({
    step(from, message, step) {
      step(from, message);
      if (message.kind !== "Accepted") return;
      for (const node of nodes) if (node !== nodeOf(from)) step(addressOf("acceptor", node), message);
    },
  })),
  options,
};

type Report = generalized.InstanceReport;

/** Of two reports of an instance the one that seems to say more. */
function longer(one: Report, other: Report): Report {
  const more = other.ballot > one.ballot || (other.ballot === one.ballot && other.history.length > one.history.length);
  return more ? other : one;
}

const longestIsSafe: Exhibit = {
  name: "longest-history-is-safe",
  title: "A leader begins its ballot with the longest history that it was told of",
  story:
    "In Raft the longest log of the last term holds all that is committed, and to take it is the rule. Acceptors of a fast " +
    "ballot have grown their histories side by side: the longest one may have two commands the other way round than the " +
    "quorum that has chosen them. Safe is what ProvedSafe says, which looks at what each quorum can have in common.",
  source: `${paper}, ProvedSafe; D. Ongaro, Consensus: Bridging Theory and Practice, 2014, §3.6`,
  simulation: generalizedWithProposer((_status, { quorums }) => {
    let promises: { readonly from: number; readonly message: generalized.Promised }[] = [];
    return {
      step(from, message, step) {
        if (message.kind !== "Promised") return step(from, message);
        promises = promises.filter((held) => held.message.ballot === message.ballot && held.from !== from);
        promises.push({ from, message });
        if (promises.length < quorums.phase1) return;
        const longest = new Map<number, Report>();
        for (const report of promises.flatMap((held) => held.message.accepted)) {
          longest.set(report.slot, longer(longest.get(report.slot) ?? report, report));
        }
        for (const held of promises) step(held.from, { ...held.message, accepted: [...longest.values()] });
      },
    };
  }),
  options,
};

const historyReplaced: Exhibit = {
  name: "history-replaced",
  title: "An acceptor puts a new command in the place of those that it added before",
  story:
    "In Paxos an acceptor has one value, and a new one replaces it. A vote in a fast ballot is a history that only ever " +
    "grows: what it was before may be chosen already. This acceptor starts again, each time, from what the ballot began " +
    "with.",
  source: `${paper}, phase 2b of a fast ballot: the new c-struct extends the one that was accepted`,
  simulation: generalizedWithAcceptor(() => {
    let begun: generalized.Accept | undefined;
    const replacing = <Item extends generalized.Message>(message: Item): Item =>
      message.kind === "Accepted" && message.ballot === begun?.ballot && message.commands.length > 0
        ? { ...message, from: begun.history.length }
        : message;
    return {
      step(from, message, step) {
        if (message.kind === "Accept") begun = message;
        step(from, message);
      },
      output(out) {
        rewrite(out.persist, replacing);
        rewrite(out.sendAfterPersist, ({ to, message }) => ({ to, message: replacing(message) }));
      },
    };
  }),
  options,
};

const reportCut: Exhibit = {
  name: "report-of-what-it-began-with",
  title: "An acceptor reports the history that a ballot began with, and not what it has added since",
  story:
    "What the leader proposed is in the message of the leader, what clients have added came one by one. A promise that " +
    "carries only the first forgets commands that were learned and answered: the next ballot begins without them.",
  source: `${paper}, phase 1b`,
  simulation: generalizedWithAcceptor(() => {
    const begun = new Map<number, number>();
    return {
      step(from, message, step) {
        if (message.kind === "Accept") begun.set(message.slot, message.history.length);
        step(from, message);
      },
      output(out) {
        rewrite(out.sendAfterPersist, ({ to, message }): Envelope<generalized.Message> => {
          if (message.kind !== "Promised") return { to, message };
          const accepted = message.accepted.map((report) => ({
            ...report,
            history: report.history.slice(0, begun.get(report.slot) ?? 0),
          }));
          return { to, message: { ...message, accepted } };
        });
      },
    };
  }),
  options,
};

const votesUnsynced: Exhibit = {
  name: "addition-told-before-the-sync",
  title: "An acceptor tells of a command that it has added before its disk has it",
  story:
    "A fast ballot is about saving time, and a sync takes most of it. But the vote counts as soon as it is told: after a " +
    "power failure the acceptor reports less than learners have counted, and a command that was answered is gone.",
  source: `${paper}; Paxos Made Simple §2.5 on stable storage`,
  simulation: generalizedWithAcceptor(() => ({
    output(out) {
      const early = out.sendAfterPersist.filter(({ message }) => message.kind === "Accepted");
      rewrite(out.sendAfterPersist, (envelope) => (early.includes(envelope) ? undefined : envelope));
      out.send.push(...early);
    },
  })),
  options: { nodes: 4, faults: ["node-crash", "loss", "delay"] },
};

const majorityIsFast: Exhibit = {
  name: "majority-for-a-fast-ballot",
  title: "A majority chooses in a fast ballot",
  story:
    "Two majorities meet, and that is what Paxos needs. In a fast ballot two of them may each have another order of two " +
    "commands, all but for the acceptor where they meet. A third majority that misses it cannot tell which of the two " +
    "has chosen: any two quorums of a fast ballot must meet in each quorum that answers a Prepare.",
  source: `${paper}, the quorum requirement; L. Lamport, Fast Paxos, 2006, §3`,
  simulation: generalizedWith({
    configuration: (configuration) => ({ ...configuration, quorums: { acceptors: 5, phase1: 3, phase2: 3 } }),
  }),
  options: { ...options, nodes: 5 },
};

const snapshotWithin: Exhibit = {
  name: "snapshot-within-an-instance",
  title: "A replica takes a snapshot while commands that commute may have come in another order elsewhere",
  story:
    "After as many commands two replicas of a log are the same, and a snapshot may be taken anywhere. Here they are only " +
    "the same where an instance ends: a number in between does not say which commands a snapshot holds, and whoever goes " +
    "on from it runs one twice and another never.",
  source: `${paper}: learned c-structs are compatible, and need not be equal`,
  simulation: generalizedWithLearner(() => ({
    output(out) {
      rewrite(out.deliver, (delivery) => (delivery.kind === "chosen" ? { ...delivery, settled: true } : delivery));
    },
  })),
  options: { nodes: 4, faults: ["node-crash", "loss", "delay"] },
};

const orderedAnew: Exhibit = {
  name: "classic-ballot-orders-anew",
  title: "A leader that falls back to a classic ballot puts also what was accepted before into an order of its own",
  story:
    "Commands have collided once too often, and now the leader orders them: it has the set of all that acceptors hold, and " +
    "may seem free to begin with. But a classic ballot is only another way to go on. What a fast quorum has chosen before, " +
    "it has chosen in an order, and learners have answered by it.",
  source: `${paper}, ProvedSafe: what any ballot begins with, classic or fast`,
  simulation: generalizedWith({
    configuration: (configuration) => ({ ...configuration, fallBack: impatient }),
    proposer: (configuration, interference, node, random) =>
      new PatchedRole(new generalized.Proposer(configuration, interference, node, random), () => ({
        output(out) {
          rewrite(out.send, ({ to, message }) => ({
            to,
            message:
              message.kind === "Accept" && message.isClassic
                ? { ...message, history: message.history.toReversed().filter(({ command }) => command.length > 0) }
                : message,
          }));
        },
      })),
  }),
  options,
};

const endBehindMore: Exhibit = {
  name: "checkpoint-behind-whatever-there-is",
  title: "An acceptor closes an instance behind commands that the leader did not know it had",
  story:
    "A checkpoint closes an instance, and after it comes nothing: so put it behind whatever there is. But an acceptor " +
    "takes an instance that it has closed, in the ballot that the leader says has closed it, for the chosen one. What " +
    "came to it alone is in its log then, as if chosen, and out it goes to a learner that is behind.",
  source: `${paper}: a command that interferes with all others has the same ones before it wherever it is chosen`,
  simulation: generalizedWithAcceptor((status) => ({
    step(from, message, step) {
      if (message.kind !== "Append" || message.commands[0]?.command.length !== 0) return step(from, message);
      const held = Number(status()["highestSlot"]) - message.slot + 1;
      step(from, { ...message, from: Math.max(message.from, held) });
    },
  })),
  options: { nodes: 4, faults: ["crowding", "delay"] },
};

export const historyExhibits: readonly Exhibit[] = [
  readsCommute,
  learnedFromOne,
  longestIsSafe,
  historyReplaced,
  reportCut,
  votesUnsynced,
  majorityIsFast,
  snapshotWithin,
  orderedAnew,
  endBehindMore,
];
