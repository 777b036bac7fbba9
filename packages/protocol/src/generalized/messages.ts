/**
 * The messages of Generalized Paxos, and their flow. `x4` is four recipients; a learner is beside its acceptor on a node.
 *
 *     becoming leader        proposer -> acceptors x4 : Probe             is the leader silent for you too?
 *                            acceptor -> proposer     : ProbeReply
 *                            proposer -> acceptors x4 : Prepare           for all instances
 *                            acceptor -> proposer     : Promised | Rejected
 *                            leader   -> acceptors x4 : Accept            a safe history: the ballot begins
 *                            leader   -> learners x4  : Accept            the same, so that no vote repeats it
 *
 *     commands commute       client   -> acceptors x4 : Request
 *                            acceptor -> learners x4  : Accepted          what it has added to its history
 *                            acceptor -> leader       : Accepted
 *                            learner  -> client       : Response
 *
 *     commands collide       leader   -> acceptors x4 : Prepare           the next ballot
 *                            acceptor -> leader       : Promised
 *                            leader   -> acceptors x4 : Accept            both commands, in an order that is safe
 *                            acceptor -> learners x4  : Accepted
 *
 *     they collide often     the same, and the Accept says that the ballot is classic
 *                            acceptor -> leader       : Request           handed on: it orders them
 *                            leader   -> acceptors x4 : Append
 *                            acceptor -> learners x4  : Accepted
 *
 *     an instance is full    leader   -> acceptors x4 : Append            what each lacks, and a checkpoint
 *                            acceptor -> learners x4  : Accepted
 *                            acceptor -> leader       : Accepted
 *                            leader   -> acceptors x4 : Accept            the next instance, with the empty history
 *
 *     a message was lost     learner  -> acceptors x4 : Inquire           the leader asks so, too
 *                            acceptor -> learner      : Accepted
 *                            learner  -> leader       : Inquire           which hears a quorum, if the learner does not
 *                            leader   -> learner      : Learned
 *
 *     a learner behind       as in `replication/messages.ts`: whole instances, from logs; or a snapshot
 */
import type { Ballot } from "../ballot.ts";
import { layouts } from "../layout.ts";
import { catchUpLayout, type CatchUpMessage, type Slot } from "../replication/messages.ts";
import { serviceLayout, type ServiceMessage } from "../service.ts";
import type { Value } from "../value.ts";

export type { CatchUp, Chosen, FetchSnapshot, Slot, SnapshotPart, Trim } from "../replication/messages.ts";
export type { NoQuorum, Overloaded, Redirect, Request, Response } from "../service.ts";

/** Commands in an order; a history is one of the orders that are the same to it. An empty one is a checkpoint. */
export type Commands = readonly { readonly command: Value }[];

/**
 * Phase 1a, for every instance. Also an entry: of a proposer, the ballot that it is about to use; of an acceptor, its
 * promise.
 */
export interface Prepare {
  readonly kind: "Prepare";
  readonly ballot: Ballot;
  /** The first slot to report from: 0, or the `next` of an answer that was not all. */
  readonly from: Slot;
}

/** What an acceptor has accepted in an instance. */
export interface InstanceReport {
  /** The first slot of the instance, which names it. */
  readonly slot: Slot;
  readonly ballot: Ballot;
  readonly history: Commands;
}

/** Phase 1b: the promise never to accept anything in a ballot below this one. */
export interface Promised {
  readonly kind: "Promised";
  readonly ballot: Ballot;
  /** The `from` of the Prepare that this answers. */
  readonly from: Slot;
  /** The instances up to this slot are known to be closed by the acceptor; it reports none of them. */
  readonly chosenThrough: Slot;
  /** What it has accepted in the instances after it, from `from` on, up to `next`. */
  readonly accepted: readonly InstanceReport[];
  /** Where to ask again for the rest, or 0 when this is all. */
  readonly next: Slot;
}

/** Phase 2a: the history that a ballot begins with in an instance. Its bytes are the acceptor's log entry. */
export interface Accept {
  readonly kind: "Accept";
  readonly ballot: Ballot;
  /** The first slot of the instance. */
  readonly slot: Slot;
  /** All instances up to this slot are closed, says the leader of `ballot`. */
  readonly commitPoint: Slot;
  /** Acceptors add what the leader tells them to, and nothing that clients send. */
  readonly isClassic: boolean;
  readonly history: Commands;
}

/**
 * Phase 2a of a classic ballot: commands behind those that the leader has proposed in it before. In a fast one, what an
 * acceptor lacks of an instance that is to be closed, and the checkpoint: to be added behind exactly what it has told.
 */
export interface Append {
  readonly kind: "Append";
  readonly ballot: Ballot;
  /** The first slot of the instance. */
  readonly slot: Slot;
  /** How many commands of the acceptor's history come before these. */
  readonly from: number;
  readonly commands: Commands;
}

/**
 * Phase 2b: a vote, for a history that grows: what comes in it after what was told before. Also an entry of the acceptor:
 * what it has added.
 */
export interface Accepted {
  readonly kind: "Accepted";
  readonly ballot: Ballot;
  /** The first slot of the instance. */
  readonly slot: Slot;
  /** How many commands of the history come before these; those that the ballot began with are the first. */
  readonly from: number;
  readonly commands: Commands;
}

/** What have you accepted in this instance? To an acceptor; to the leader: what is chosen in it? */
export interface Inquire {
  readonly kind: "Inquire";
  /** The first slot of the instance. */
  readonly slot: Slot;
  /** The ballot whose votes are known. */
  readonly ballot: Ballot;
  /** How many commands of its history in that ballot it has told already. */
  readonly from: number;
}

/** A leader tells a learner what is chosen in an instance, as far as it knows. */
export interface Learned {
  readonly kind: "Learned";
  /** The first slot of the instance. */
  readonly slot: Slot;
  readonly history: Commands;
}

/** An acceptor ignores what is below its promise, and says so. */
export interface Rejected {
  readonly kind: "Rejected";
  /** The refused ballot. */
  readonly ballot: Ballot;
  /** The ballot that it has promised. */
  readonly promised: Ballot;
}

/** A leader is alive. To acceptors, proposers and learners. */
export interface Heartbeat {
  readonly kind: "Heartbeat";
  readonly ballot: Ballot;
  /** All instances up to this slot are closed. */
  readonly commitPoint: Slot;
  /** So many commands of the instance after it are chosen, as far as the leader knows. */
  readonly chosen: number;
}

/** The acceptor has promised nothing above the heartbeat's ballot. */
export interface HeartbeatAck {
  readonly kind: "HeartbeatAck";
  readonly ballot: Ballot;
  /** The instances up to this slot are known to be closed by the acceptor. */
  readonly chosenThrough: Slot;
  /** The first slot of the instance in which it adds commands, or 0. */
  readonly slot: Slot;
  /** How many commands it has accepted in it. */
  readonly accepted: number;
}

/** A proposer that hears no leader asks whether it is the only one, so that it disturbs no leader that works. */
export interface Probe {
  readonly kind: "Probe";
  /** Numbers the probes of a proposer. */
  readonly round: number;
}

export interface ProbeReply {
  readonly kind: "ProbeReply";
  readonly round: number;
  /** The highest ballot promised. */
  readonly promised: Ballot;
  /** True when the acceptor has heard no leader for an election time. */
  readonly leaderSilent: boolean;
}

export type Message =
  | ServiceMessage
  | Prepare
  | Promised
  | Accept
  | Append
  | Accepted
  | Inquire
  | Learned
  | Rejected
  | Heartbeat
  | HeartbeatAck
  | Probe
  | ProbeReply
  | CatchUpMessage;

/** What goes to stable storage. Of an acceptor: a promise, the history that a ballot begins with, what was added to it. */
export type Entry = Prepare | Accept | Accepted | Extract<CatchUpMessage, { readonly kind: "Chosen" | "Trim" }>;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  ...serviceLayout,
  Prepare: { ballot: "integer", from: "integer" },
  Promised: {
    ballot: "integer",
    from: "integer",
    chosenThrough: "integer",
    accepted: {
      list: [
        ["slot", "integer"],
        ["ballot", "integer"],
        ["history", { list: [["command", "bytes"]] }],
      ],
    },
    next: "integer",
  },
  Accept: {
    ballot: "integer",
    slot: "integer",
    commitPoint: "integer",
    isClassic: "flag",
    history: { list: [["command", "bytes"]] },
  },
  Append: { ballot: "integer", slot: "integer", from: "integer", commands: { list: [["command", "bytes"]] } },
  Accepted: { ballot: "integer", slot: "integer", from: "integer", commands: { list: [["command", "bytes"]] } },
  Inquire: { slot: "integer", ballot: "integer", from: "integer" },
  Learned: { slot: "integer", history: { list: [["command", "bytes"]] } },
  Rejected: { ballot: "integer", promised: "integer" },
  Heartbeat: { ballot: "integer", commitPoint: "integer", chosen: "integer" },
  HeartbeatAck: { ballot: "integer", chosenThrough: "integer", slot: "integer", accepted: "integer" },
  Probe: { round: "integer" },
  ProbeReply: { round: "integer", promised: "integer", leaderSilent: "flag" },
  ...catchUpLayout,
});
