/**
 * Exhibits: reads that write no log, and are answered from the past.
 */
import { addressOf, type Address, type Ballot, type multi } from "@synod/protocol";
import type { Exhibit } from "./exhibit.ts";
import { multiWithAcceptor, multiWithLearner, multiWithProposer } from "./multi-exhibits.ts";
import { rewrite } from "./patched-role.ts";

const options = { nodes: 3, faults: ["partition", "loss"] };

const staleRead: Exhibit = {
  name: "stale-read",
  title: "A leader answers reads at once: it leads, as far as it knows",
  story:
    "Jepsen found etcd and Consul to answer reads from a leader that had been deposed and had not heard of it: etcd 0.4 " +
    "so by default, Consul in the window of its lease. A leader cannot know by itself that it is one. It must hear, " +
    "after the read has come, from a quorum that has promised nothing higher, or send the read through the log.",
  source: "K. Kingsbury, Call me maybe: etcd and Consul, 2014; hashicorp/consul issue 54",
  simulation: multiWithProposer((status, { nodes }) => ({
    step(from, message, step, out) {
      const { state, commitPoint } = status();
      if (message.kind === "Read" && state === "leading") {
        const { learner, query } = message;
        const read: multi.ReadAt = { kind: "ReadAt", slot: Number(commitPoint), client: from, query };
        out.send.push({ to: addressOf("learner", learner), message: read });
        return;
      }
      step(from, message);
      // Nor does it miss the others, as long as its own acceptor is there.
      if (message.kind === "HeartbeatAck") stay(message, nodes, step);
    },
  })),
  options: { nodes: 3, faults: ["one-way"] },
};

/** Lets a leader believe that all acceptors are there, without confirming any read. */
function stay(
  ack: multi.HeartbeatAck,
  nodes: readonly number[],
  step: (from: Address, message: multi.Message) => void,
): void {
  for (const node of nodes) step(addressOf("acceptor", node), { ...ack, round: 0 });
}

const readBeforeRecovery: Exhibit = {
  name: "read-before-recovery",
  title: "A new leader answers reads at its commit point, before it has finished what it took over",
  story:
    "A new leader is told by a quorum that it leads, and reads at its commit point: but it does not know yet how much its " +
    "predecessor had chosen. etcd's ReadIndex did so until 2017, TiKV and Redis-Raft had to learn it after it. A leader " +
    "must first finish, in its own ballot, all that phase 1 brought; Raft has a no-op for it.",
  source: "etcd-io/etcd issue 7331; tikv/tikv pull request 6340; RedisLabs/redisraft pull request 22",
  simulation: multiWithProposer((status) => ({
    output(out) {
      rewrite(out.send, ({ to, message }) => {
        if (message.kind !== "ReadAt") return { to, message };
        return { to, message: { ...message, slot: Number(status()["commitPoint"]) } };
      });
    },
  })),
  options: { nodes: 3, faults: ["node-crash", "loss"] },
};

const readNotAwaited: Exhibit = {
  name: "read-not-awaited",
  title: "A learner answers a confirmed read from the state that it has",
  story:
    "The slot of a read says how new the state must be that answers it. A learner that does not wait for it answers from " +
    "where it happens to be: a reader that has just written does not find its write. hraftd lets any node answer like " +
    "this, and says so; ZooKeeper asks for a sync first.",
  source: "otoolep/hraftd issue 22; Ongaro 2014 (dissertation), §6.4",
  simulation: multiWithLearner(() => ({
    step: (from, message, step) => step(from, message.kind === "ReadAt" ? { ...message, slot: 0 } : message),
  })),
  options,
};

const deposedConfirmed: Exhibit = {
  name: "deposed-confirmed",
  title: "An acceptor acknowledges the heartbeat of any leader, also of one that it must not obey",
  story:
    "The round of heartbeats before a read is a question: have you promised anything higher? An acceptor that only says " +
    "that it is there answers another one. d-engine sent its reads out before the round was answered at all; here the " +
    "round is held and means nothing, and a deposed leader is confirmed by its successor's own voters.",
  source: "deventlab/d-engine issue 381; Ongaro 2014 (dissertation), §6.4",
  simulation: multiWithAcceptor((status) => {
    let asked: Ballot = 0;
    return {
      step(from, message, step) {
        if (message.kind !== "Heartbeat") return step(from, message);
        asked = message.ballot;
        step(from, { ...message, ballot: Math.max(asked, Number(status()["ballot"])) });
      },
      output(out) {
        rewrite(out.send, ({ to, message }) => {
          return { to, message: message.kind === "HeartbeatAck" ? { ...message, ballot: asked } : message };
        });
      },
    };
  }),
  options,
};

const confirmedForEver: Exhibit = {
  name: "confirmed-for-ever",
  title: "A leader confirms a read with answers to heartbeats that it sent before",
  story:
    "That a quorum followed a moment ago says nothing about now. The dissertation asks for a round of heartbeats that " +
    "begins after the read has come, and rounds are numbered for this. raft-rs answered reads of a leader in a minority " +
    "because of what it had heard earlier: a lease without an end. Here an acceptor that has acknowledged the leader " +
    "once counts for every later read.",
  source: "Ongaro 2014 (dissertation), §6.4; tikv/raft-rs issue 140",
  simulation: multiWithProposer((status, { nodes }) => {
    let sent = 0;
    let led: Ballot = 0;
    let followers = new Map<Address, multi.HeartbeatAck>();
    return {
      step(from, message, step) {
        step(from, message);
        const ballot = Number(status()["ballot"]);
        if (ballot !== led) [led, followers] = [ballot, new Map<Address, multi.HeartbeatAck>()];
        if (message.kind === "HeartbeatAck" && message.ballot === ballot) {
          followers.set(from, message);
          stay(message, nodes, step);
        }
        if (message.kind !== "Read" || status()["state"] !== "leading") return;
        for (const [follower, ack] of followers) step(follower, { ...ack, round: sent + 1 });
      },
      output(out) {
        for (const { message } of out.send) if (message.kind === "Heartbeat") sent = message.round;
      },
    };
  }),
  // What an impatient client has given up is in nobody's way at the leader that was left.
  options: { nodes: 5, faults: ["constrained-election", "quorum-loss", "impatience"] },
};

export const readExhibits: readonly Exhibit[] = [
  staleRead,
  readBeforeRecovery,
  readNotAwaited,
  deposedConfirmed,
  confirmedForEver,
];
