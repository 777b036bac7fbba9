/**
 * Exhibits: learners that learn what is not chosen, or tell it wrongly (*Paxos Made Simple* §2.3).
 */
import { addressOf, type Ballot, type ChosenDelivery, type multi } from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import { multiWithLearner } from "./multi-exhibits.ts";
import { rewrite } from "./patched-role.ts";

const options = { nodes: 3, faults: ["partition", "loss", "node-crash"] };

const minorityLearned: Exhibit = {
  name: "minority-learned",
  title: "A learner takes the first vote that it hears of for the decision",
  story:
    "Jepsen found MongoDB 2.6 to show reads of writes that no majority held, and that were rolled back after they had " +
    "been read. A value that one acceptor has accepted is a proposal. The learner that " +
    "applies it answers its client for something that may never happen.",
  source: "K. Kingsbury, Call me maybe: MongoDB stale reads, 2015; Paxos Made Simple §2.3",
  simulation: multiWithLearner((_status, { nodes }) => ({
    step(from, message, step) {
      step(from, message);
      if (message.kind !== "Accepted" && message.kind !== "AcceptedValue") return;
      const { ballot, slot } = message;
      for (const node of nodes) step(addressOf("acceptor", node), { kind: "Accepted", ballot, slot });
    },
  })),
  options,
};

const votesAcrossBallots: Exhibit = {
  name: "votes-across-ballots",
  title: "A learner counts the votes for a slot, whatever their ballots",
  story:
    "One acceptor has voted for A in ballot 1, another for B in ballot 2: two votes of three, and nothing is chosen. A " +
    "learner that keeps a set of voters per slot, without the ballot, delivers what came last. A Rust Raft counts " +
    "`votes += 1` without a look at the term in the same way.",
  source: "eatonphil/raft-rs issue 3; Paxos Made Simple §2.3",
  simulation: multiWithLearner(() => ({
    step(from, message, step) {
      const vote = message.kind === "Accepted" || message.kind === "AcceptedValue";
      step(from, vote ? { ...message, ballot: 1 } : message);
    },
  })),
  options,
};

const unverifiedCommit: Exhibit = {
  name: "unverified-commit",
  title: "A learner takes a leader's commit point for whatever value it holds in that slot",
  story:
    "The commit point of a leader speaks of the leader's own log. Copycat's followers applied it to an entry of an older " +
    "term that they still held, and Microsoft's CCF to a suffix that the request had not verified; Raft's rule is the " +
    "lesser of the commit index and the last entry that this very message has matched. A value counts only if the " +
    "own acceptor took it in the ballot of the leader that speaks.",
  source: "atomix/copycat issue 265; microsoft/CCF pull request 8172",
  simulation: multiWithLearner((status, { nodes }) => {
    const held = new Map<multi.Slot, Ballot>();
    return {
      step(from, message, step) {
        if (message.kind === "AcceptedValue") held.set(message.slot, message.ballot);
        step(from, message);
        if (message.kind !== "Heartbeat") return;
        for (let slot = Number(status()["delivered"]) + 1; slot <= message.commitPoint; slot++) {
          const ballot = held.get(slot);
          if (ballot === undefined) return;
          for (const node of nodes) step(addressOf("acceptor", node), { kind: "Accepted", ballot, slot });
        }
      },
    };
  }),
  options,
};

const outOfOrder: Exhibit = {
  name: "delivered-out-of-order",
  title: "A learner hands several values on in the wrong order",
  story:
    "cubefs let a new leader recover what was committed while an older apply was still running, and entries with greater " +
    "indexes overtook smaller ones. That slots are decided in any order is the point of Multi-Paxos, and that they are " +
    "applied in one order is the point of a replicated state machine. Here values that are learned together come last " +
    "first.",
  source: "cubefs/cubefs pull request 4060; Paxos Made Simple §3",
  simulation: multiWithLearner(() => ({
    output: (out) => {
      out.deliver.reverse();
    },
  })),
  options,
};

const deliveredTwice: Exhibit = {
  name: "delivered-twice",
  title: "A learner hands on again what it has learned a second time",
  story:
    "After a restart qdrant applied its committed entries once more: the library below returned all of them, which its " +
    "users had not expected. A learner hears of a slot many times, from votes, from commit points, from logs. To " +
    "deliver it each time is to run commands twice, unless what stands behind it counts slots as well.",
  source: "qdrant/qdrant pull request 715; Paxos Made Simple §3",
  simulation: multiWithLearner(() => {
    let last: ChosenDelivery | undefined;
    return {
      step(from, message, step, out) {
        // A slot that it has delivered just now is told again, by the log.
        if (message.kind === "Chosen" && last !== undefined && message.from <= last.slot) out.deliver.push(last);
        step(from, message);
      },
      output(out) {
        for (const delivery of out.deliver) if (delivery.kind === "chosen") last = delivery;
      },
    };
  }),
  options,
};

const gapSkipped: Exhibit = {
  name: "gap-skipped",
  title: "A learner passes over the slots of a log that it could not get",
  story:
    "ZooKeeper 2418: a leader brought a follower up to date from its transaction log and then from memory, and did not " +
    "see that the first ended before the second began; the follower went on without what lay between. Here an acceptor's " +
    "answer that was lost on the way is not asked for again: the learner takes the next answer for the continuation.",
  source: "ZOOKEEPER-2418, apache/zookeeper pull request 972",
  simulation: multiWithLearner((status) => ({
    output(out) {
      rewrite(out.send, ({ to, message }) => {
        if (message.kind !== "CatchUp") return { to, message };
        return { to, message: { ...message, from: message.from + 1 } };
      });
    },
    step(from, message, step) {
      if (message.kind !== "Chosen" || message.values.length === 0) return step(from, message);
      step(from, { ...message, from: Number(status()["delivered"]) + 1 });
    },
  })),
  options,
};

export const learnerExhibits: readonly Exhibit[] = [
  minorityLearned,
  votesAcrossBallots,
  unverifiedCommit,
  outOfOrder,
  deliveredTwice,
  gapSkipped,
];
