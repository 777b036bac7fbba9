/**
 * Exhibits: acceptors that forget. "An acceptor must remember" is the one thing that Paxos asks of stable storage
 * (*Paxos Made Simple* §2.5).
 */
import type { Exhibit } from "./exhibit.ts";
import { multiWithAcceptor } from "./multi-exhibits.ts";
import { rewrite } from "./patched-role.ts";

const options = { nodes: 3, faults: ["node-crash"] };

const promiseNotPersisted: Exhibit = {
  name: "promise-not-persisted",
  title: "An acceptor answers a Prepare without writing its promise down",
  story:
    "raft-java raised its term and cast its vote for itself in startVote and wrote neither; a node that restarted then " +
    "came back with term 0, as if it had promised nothing. Until a restart all goes well, and so no test of a happy " +
    "path sees it. After one, the acceptor helps an older ballot to a quorum that a newer leader believes it has " +
    "barred, and two values are chosen.",
  source: "wenweihu86/raft-java issue 57; Paxos Made Simple §2.5",
  simulation: multiWithAcceptor(() => ({
    output: (out) => rewrite(out.persist, (entry) => (entry.kind === "Prepare" ? undefined : entry)),
  })),
  options,
};

const voteNotPersisted: Exhibit = {
  name: "vote-not-persisted",
  title: "An acceptor tells of a vote that it has not written down",
  story:
    "NATS JetStream acknowledges a write when a majority of its Raft group has it in the page cache, and syncs it " +
    "later: a power failure loses what clients were told was stored. The proof of Paxos counts on every voter of a " +
    "chosen value to report it to the next leader. One that forgets makes room for another value.",
  source: "nats-io/nats-server issue 7564; Paxos Made Simple §2.5",
  simulation: multiWithAcceptor(() => ({
    output: (out) => rewrite(out.persist, (entry) => (entry.kind === "Accept" ? undefined : entry)),
  })),
  options,
};

const replyBeforeSync: Exhibit = {
  name: "reply-before-sync",
  title: "An acceptor writes promises and votes down, but answers before the sync is done",
  story:
    "In ZooKeeper a follower acknowledged NEWLEADER while another thread was still writing the transactions that the " +
    "acknowledgement stood for: the order of two threads decided whether a crash lost what was committed. All is on " +
    "disk a few milliseconds later, and so only a power failure within them tells.",
  source: "ZOOKEEPER-4646 and ZOOKEEPER-3911; apache/zookeeper pull request 1993",
  simulation: multiWithAcceptor(() => ({
    output: (out) => {
      out.send.push(...out.sendAfterPersist.splice(0));
    },
  })),
  options,
};

const voteInMemory: Exhibit = {
  name: "vote-in-memory",
  title: "An acceptor keeps promises and votes in memory only",
  story:
    "liferaft, a Raft for Node, begins each life with `this.term = 0` and `votes.for = null`: only commands " +
    "may go to disk. A process that restarts can vote a second time in a term in which it has voted, and two leaders " +
    "of one term are elected. A node that restarts without its memory is not the same acceptor any more: it must not " +
    "vote under the old name.",
  source: "unshiftio/liferaft index.js, constructor of Node; Ongaro and Ousterhout 2014, figure 2: persistent state",
  simulation: multiWithAcceptor(() => ({
    output: (out) => {
      out.persist.length = 0;
    },
  })),
  options,
};

const promiseNotReadBack: Exhibit = {
  name: "promise-not-read-back",
  title: "An acceptor writes its promises down, and at a restart takes back its votes only",
  story:
    "Writing is half of remembering. Raft libraries leave the other half to their users: with the C library of Redis " +
    "the application itself has to restore log, snapshot, and then term and vote, in that order. Here the part that is " +
    "easily forgotten is: the votes come back, the promise does not, unless a later vote stands for it. What the disk " +
    "holds is right, and so only what the acceptor does shows the bug.",
  source: "RedisLabs/raft pull request 118: the order of restoring",
  simulation: multiWithAcceptor(() => ({ restores: (entry) => entry.kind !== "Prepare" })),
  options: { nodes: 3, faults: ["several-crash"] },
};

export const durabilityExhibits: readonly Exhibit[] = [
  promiseNotPersisted,
  voteNotPersisted,
  replyBeforeSync,
  voteInMemory,
  promiseNotReadBack,
];
