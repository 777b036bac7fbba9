/**
 * Exhibits: acceptors that misread what a promise is about.
 */
import { addressOf, type Address, type Ballot, type multi } from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import { multiWithAcceptor } from "./multi-exhibits.ts";
import { rewrite } from "./patched-role.ts";

/** Takes a proposal that the real acceptor would refuse: on disk, and then the votes. */
function acceptAnyway(from: Address, accept: multi.Accept, node: number, out: multi.Output): void {
  const { ballot, slot, commitPoint, value } = accept;
  out.persist.push(accept);
  out.sendAfterPersist.push(
    { to: from, message: { kind: "Accepted", ballot, slot } },
    { to: addressOf("learner", node), message: { kind: "AcceptedValue", ballot, slot, commitPoint, value } },
  );
}

function promisedBallot(status: () => Readonly<Record<string, unknown>>): Ballot {
  return Number(status()["ballot"]);
}

const promiseBroken: Exhibit = {
  name: "promise-broken",
  title: "An acceptor compares ballots at a Prepare, and accepts whatever comes",
  story:
    "P1a in a line: an acceptor accepts a proposal if and only if it has not answered a Prepare with a greater number. " +
    "It is the easiest line to forget, since leaders seldom overlap. The old leader, cut off for a while and not yet " +
    "aware of its successor, gets its quorum after all, for a slot in which the new one has been told that nothing was " +
    "accepted.",
  source: "Paxos Made Simple §2.2, P1a",
  simulation: multiWithAcceptor((status, _configuration, node) => ({
    step(from, message, step, out) {
      if (message.kind === "Accept" && message.ballot < promisedBallot(status)) acceptAnyway(from, message, node, out);
      else step(from, message);
    },
  })),
  options: { nodes: 3, faults: ["partition", "loss"] },
};

const voteIsNoPromise: Exhibit = {
  name: "vote-is-no-promise",
  title: "An acceptor that votes in a ballot does not raise its promise to it",
  story:
    "The text of Paxos Made Simple lets an acceptor compare with the Prepares that it has answered, and a leader sends " +
    "its proposal to others than those who answered its Prepare. Taken to the letter both at once, an acceptor that " +
    "has voted in ballot 3 without having seen its Prepare still accepts in ballot 2, and a chosen value is voted " +
    "away. Readers have stumbled over it for years, and checked implementations for it, Cassandra's among them. To " +
    "accept a ballot is to promise it.",
  source:
    "M. Brooker, The Bug in Paxos Made Simple, 2021; stackoverflow.com/questions/29880949; apache/cassandra pull request 1327",
  simulation: multiWithAcceptor((status, _configuration, node) => {
    let prepared: Ballot = 0;
    return {
      step(from, message, step, out) {
        if (message.kind === "Prepare") prepared = Math.max(prepared, message.ballot);
        const below = message.kind === "Accept" && message.ballot < promisedBallot(status);
        if (below && message.ballot >= prepared) acceptAnyway(from, message, node, out);
        else step(from, message);
      },
      restores(entry) {
        if (entry.kind === "Prepare") prepared = Math.max(prepared, entry.ballot);
        return true;
      },
    };
  }),
  options: { nodes: 5, faults: ["pause", "clog", "loss"] },
};

const equalBallotRefused: Exhibit = {
  name: "equal-ballot-refused",
  title: "An acceptor refuses a proposal of the very ballot that it has promised",
  story:
    "Is it `>` or `>=`? Readers of phxpaxos have asked why its acceptor takes an equal number. Whoever has promised " +
    "ballot n must accept in ballot n: that is what the promise was asked for. With `>` phase 1 succeeds, phase 2 never " +
    "does, and nothing is ever chosen. Nothing wrong is chosen either: only a check of progress finds it.",
  source: "Tencent/phxpaxos issue 34; Paxos Made Simple §2.2, P1a",
  simulation: multiWithAcceptor((status) => ({
    step(from, message, step, out) {
      const promised = promisedBallot(status);
      if (message.kind === "Accept" && message.ballot === promised) {
        out.send.push({ to: from, message: { kind: "Rejected", ballot: message.ballot, promised } });
      } else step(from, message);
    },
  })),
  options: { nodes: 3, faults: ["loss"] },
};

const prepareForOneSlot: Exhibit = {
  name: "prepare-for-one-slot",
  title: "An acceptor answers for the first slot, and the leader takes the answer for all slots",
  story:
    "The Prepare of Multi-Paxos is for infinitely many instances at once, and so its answer must report each in which " +
    "something was accepted (§3). Here code for a single decree is asked the wider question: it reports the slot that " +
    "the Prepare names, and leaves the rest out. The leader takes silence for `nothing accepted` and puts values of " +
    "its own into slots that are chosen.",
  source: "Paxos Made Simple §3: phase 1 for infinitely many instances",
  simulation: multiWithAcceptor(() => ({
    output(out) {
      rewrite(out.sendAfterPersist, ({ to, message }) => {
        if (message.kind !== "Promised") return { to, message };
        const accepted = message.accepted.filter(({ slot }) => slot === message.from);
        return { to, message: { ...message, accepted, next: 0 } };
      });
    },
  })),
  options: { nodes: 3, faults: ["partition", "loss", "node-crash"] },
};

const acceptedTakenForChosen: Exhibit = {
  name: "accepted-taken-for-chosen",
  title: "An acceptor answers a learner that is behind with all that it has accepted",
  story:
    "What one acceptor has accepted is a vote, not a decision. Jepsen found early builds of Redis-Raft to show " +
    "reads of writes that were aborted, and to lose updates in a split brain. An acceptor that hands out the tail of its " +
    "log, chosen or not, teaches a learner values that may never be chosen; a later leader puts another value there, " +
    "and the replicas part.",
  source: "Jepsen, Redis-Raft 1b3fbf6, 2020; Paxos Made Simple §2.3",
  simulation: multiWithAcceptor(() => {
    const accepted = new Map<multi.Slot, multi.Accept>();
    return {
      output(out) {
        for (const entry of out.persist) if (entry.kind === "Accept") accepted.set(entry.slot, entry);
        rewrite(out.send, ({ to, message }) => {
          if (message.kind !== "Chosen") return { to, message };
          const values = [...message.values];
          for (let next = accepted.get(message.from + values.length); next !== undefined;) {
            values.push({ value: next.value });
            next = accepted.get(message.from + values.length);
          }
          return { to, message: { ...message, values } };
        });
      },
    };
  }),
  options: { nodes: 3, faults: ["partition", "loss", "node-crash"] },
};

export const promiseExhibits: readonly Exhibit[] = [
  promiseBroken,
  voteIsNoPromise,
  equalBallotRefused,
  prepareForOneSlot,
  acceptedTakenForChosen,
];
