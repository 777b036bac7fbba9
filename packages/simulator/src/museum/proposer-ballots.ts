/**
 * Exhibits: proposers that are careless with their numbers.
 */
import { addressOf, multi, nextBallot, type Address, type Ballot, unchanged } from "@synod/protocol";
import { basicWithProposer } from "./basic-exhibits.ts";
import type { Exhibit } from "./exhibit.ts";
import { multiWith, multiWithProposer } from "./multi-exhibits.ts";
import { PatchedRole, rewrite } from "./patched-role.ts";

const options = { nodes: 3, faults: ["partition", "loss", "node-crash"] };

const ballotReused: Exhibit = {
  name: "ballot-reused",
  title: "A proposer begins each life with its first ballot",
  story:
    "A proposer must never propose twice with one number, and so it remembers the highest that it has tried (§2.5). A " +
    "reader of phxpaxos, whose proposer records nothing, found the run that goes wrong: it restarts, prepares ballot 1 " +
    "again, and late promises of its former life make its quorum. There the acceptor of the same node saves it, which " +
    "tells the proposer where to begin. Nothing does where acceptors are elsewhere.",
  source: "Tencent/phxpaxos issue 145; Paxos Made Simple §2.5",
  simulation: multiWithProposer(() => ({
    restores: () => false,
    // It takes no number from what acceptors say either.
    step(from, message, step) {
      step(from, message.kind === "ProbeReply" ? { ...message, promised: 0 } : message);
    },
  })),
  options,
};

const sameIdentity: Exhibit = {
  name: "same-identity",
  title: "All proposers believe that they are node 1, and draw their ballots from one set",
  story:
    "Two servers that are given one identity look like one to everybody. A Puppet module wrote myid 1 on each ZooKeeper " +
    "server; an assertion of LogCabin that nobody could explain came of two nodes with the same id. Ballots are unique " +
    "because the proposers' sets are disjoint; with one set, a promise to one proposer is a promise to the other, and " +
    "two values are proposed under one number.",
  source: "logcabin/logcabin issue 195; deric/puppet-zookeeper issue 127; Paxos Made Simple §2.5",
  simulation: multiWith({
    proposer: (configuration, node, random, clock) =>
      new PatchedRole(new multi.Proposer(configuration, 1, random, { clock }), () => ({
        // Or it would hear its own heartbeats, and follow itself.
        output: (out) => rewrite(out.send, (each) => (each.to === addressOf("proposer", node) ? undefined : each)),
      })),
  }),
  options,
};

const ballotRaisedInPlace: Exhibit = {
  name: "ballot-raised-in-place",
  title: "A leader that is refused goes on under a higher ballot, without a new phase 1",
  story:
    "A refusal names the ballot that stands in the way. It is only a step from there to taking a higher one and sending " +
    "the proposal again: it is accepted, and the duel is won. But the acceptors' promises were for the old ballot, and " +
    "what another leader has had chosen in between is not asked for.",
  source: "Paxos Made Simple §2.2: phase 2 follows answers to a Prepare of the same number",
  simulation: multiWithProposer((status, { nodes }, node) => {
    let led: Ballot = 0;
    let raised: Ballot = 0;
    return {
      step(from, message, step) {
        const leading = status()["state"] === "leading";
        if (leading && message.kind === "Rejected" && (message.ballot === led || message.ballot === raised)) {
          raised = nextBallot(Math.max(message.promised, raised), node, nodes.length);
          return;
        }
        const answer = message.kind === "Accepted" || message.kind === "HeartbeatAck";
        if (answer && raised > 0 && message.ballot === raised) step(from, { ...message, ballot: led });
        else step(from, message);
      },
      output(out) {
        rewrite(out.send, ({ to, message }) => {
          if (message.kind !== "Accept" && message.kind !== "Heartbeat") return { to, message };
          if (message.ballot !== led) [led, raised] = [message.ballot, 0];
          return { to, message: raised > led ? { ...message, ballot: raised } : message };
        });
      },
    };
  }),
  options,
};

const refusalCounted: Exhibit = {
  name: "refusal-counted",
  title: "A proposer counts answers to its Prepare, and a refusal is an answer",
  story:
    "The call has come back, so count it: whether the answer was yes is in a field that nobody looks at. An acceptor " +
    "that has promised more refuses for a reason. It may have voted for what a later leader proposed, and a proposer " +
    "that takes its refusal for a promise with nothing to report leads without a quorum.",
  source: "Paxos Made Simple §2.2, phase 1(b)",
  simulation: multiWithProposer((status) => {
    const asked = new Map<Address, multi.Slot>();
    return {
      step(from, message, step) {
        if (message.kind !== "Rejected" || status()["state"] !== "preparing") return step(from, message);
        const promise = { ballot: message.ballot, from: asked.get(from) ?? 0, chosenThrough: 0, accepted: [], next: 0 };
        step(from, { kind: "Promised", ...promise, memberships: unchanged });
      },
      output(out) {
        for (const { to, message } of [...out.send, ...out.sendAfterPersist]) {
          if (message.kind === "Prepare") asked.set(to, message.from);
        }
      },
    };
  }),
  options,
};

const stalePromiseCounted: Exhibit = {
  name: "stale-promise-counted",
  title: "A proposer counts the late answers to an older Prepare for its new one",
  story:
    "MyPaxos does not compare the ballot of a PrepareResponse with the one that it is preparing now. The answer to " +
    "ballot 1 comes late, when ballot 3 is being prepared, and helps that to a quorum: but its sender has promised " +
    "nothing about ballot 3, and reports what it had accepted before ballot 2 had a value chosen.",
  source: "luohaha/MyPaxos issue 18; Paxos Made Simple §2.2, phase 2(a): responses to its Prepare numbered n",
  simulation: basicWithProposer((status) => ({
    step(from, message, step) {
      step(from, message.kind === "Promised" ? { ...message, ballot: Number(status()["ballot"]) } : message);
    },
  })),
  options: { nodes: 3, faults: ["delay", "reordering"] },
};

export const ballotExhibits: readonly Exhibit[] = [
  ballotReused,
  sameIdentity,
  ballotRaisedInPlace,
  refusalCounted,
  stalePromiseCounted,
];
