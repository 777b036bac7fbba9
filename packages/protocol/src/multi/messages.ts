/**
 * The messages of Multi-Paxos, and their flow. `x3` is three recipients; a learner is beside its acceptor on a node.
 *
 *     becoming leader        proposer -> acceptors x3 : Probe             is the leader silent for you too?
 *                            acceptor -> proposer     : ProbeReply
 *                            proposer -> acceptors x3 : Prepare           once, for all slots from `from` on
 *                            acceptor -> proposer     : Promised | Rejected
 *
 *     steady state           client   -> leader       : Request
 *                            leader   -> acceptors x3 : Accept            one slot, one batch; commit point on board
 *                            acceptor -> leader       : Accepted          a vote: no value
 *                            acceptor -> learners     : Accepted          a vote, to the distinguished learner or to all
 *                            acceptor -> own learner  : AcceptedValue     a vote, and the value, once
 *                            learner  -> client       : Response
 *
 *     reads                  client   -> leader       : Read
 *                            leader   -> acceptors x3 : Heartbeat         am I still the leader?
 *                            acceptor -> leader       : HeartbeatAck
 *                            leader   -> learner      : ReadAt            once a phase 2 quorum said yes
 *                            learner  -> client       : Response
 *
 *     a learner behind       learner  -> acceptor     : CatchUp           from the log
 *                            acceptor -> learner      : Chosen
 *                            learner  -> own acceptor : Chosen            what its log lacked
 *                            acceptor -> acceptor     : CatchUp           likewise, when only its log is behind
 *                            acceptor -> own learner  : CatchUp           answered by a Trim, if its snapshot holds that
 *                            learner  -> learner      : FetchSnapshot     when the log no longer goes back so far
 *                            learner  -> learner      : SnapshotPart
 *                            learner  -> acceptors    : Trim              my snapshot holds all up to here
 */
import type { Ballot } from "../ballot.ts";
import type { Value } from "../value.ts";
import { layouts } from "../layout.ts";
import { electionLayout, type Prepare, type Probe, type ProbeReply as Reply } from "../leader/messages.ts";
import type { Promised as Promise1b, Rejected, SlotProposal } from "../leader/messages.ts";
import { reconfigurationLayout, type ChangeRefused, type Reconfigure } from "../reconfiguration/messages.ts";
import type { Reconfigured } from "../reconfiguration/messages.ts";
import { catchUpLayout, type CatchUp, type Chosen, type FetchSnapshot } from "../replication/messages.ts";
import type { Slot, SnapshotPart, Trim as SlotTrim } from "../replication/messages.ts";
import { serviceLayout, type NoQuorum, type Overloaded, type Read, type Redirect } from "../service.ts";
import type { Request, Response } from "../service.ts";

export type { Prepare, Probe, Rejected, SlotProposal };
export type { CatchUp, Chosen, FetchSnapshot, Slot, SnapshotPart };
export type { ChangeRefused, Reconfigure, Reconfigured };
export type { NoQuorum, Overloaded, Read, Redirect, Request, Response };

/** Phase 1b, with who chooses the slots that it tells of. */
export interface Promised extends Promise1b {
  /** The history of memberships as `chosenThrough` leaves it: `Memberships.bytes`. */
  readonly memberships: Uint8Array;
}

/** Phase 2a: the bytes of this message are the acceptor's log entry. */
export interface Accept {
  readonly kind: "Accept";
  readonly ballot: Ballot;
  readonly slot: Slot;
  /** All slots up to this one are chosen, says the leader of `ballot`. */
  readonly commitPoint: Slot;
  readonly value: Value;
}

/** Phase 2b: a vote. */
export interface Accepted {
  readonly kind: "Accepted";
  readonly ballot: Ballot;
  readonly slot: Slot;
}

/** Phase 2b to the learner on the acceptor's own node: the vote with the value. */
export interface AcceptedValue {
  readonly kind: "AcceptedValue";
  readonly ballot: Ballot;
  readonly slot: Slot;
  /** The commit point of the Accept. */
  readonly commitPoint: Slot;
  readonly value: Value;
}

/** A leader is alive. To acceptors, proposers and learners. */
export interface Heartbeat {
  readonly kind: "Heartbeat";
  readonly ballot: Ballot;
  /** All slots up to this one are chosen. */
  readonly commitPoint: Slot;
  /** Numbers the heartbeats of a ballot, so that a read knows which answers came after it. */
  readonly round: number;
  /** The history of memberships as `commitPoint` leaves it: `Memberships.bytes`. */
  readonly memberships: Uint8Array;
}

/** The acceptor has promised nothing above the heartbeat's ballot. */
export interface HeartbeatAck {
  readonly kind: "HeartbeatAck";
  readonly ballot: Ballot;
  readonly round: number;
  /** All slots up to this one are known to be chosen by the acceptor. */
  readonly chosenThrough: Slot;
}

/** The answer to a Probe, from which a proposer that was away learns who is asked now. */
export interface ProbeReply extends Reply {
  /** All slots up to this one are known to be chosen by the acceptor. */
  readonly chosenThrough: Slot;
  /** The history of memberships as `chosenThrough` leaves it: `Memberships.bytes`. */
  readonly memberships: Uint8Array;
}

/** A learner's snapshot is durable, as in the other protocols; the log that goes held the history of memberships. */
export interface Trim extends SlotTrim {
  /** That history as `slot` leaves it: `Memberships.bytes`. */
  readonly memberships: Uint8Array;
}

/** A confirmed read: to be answered from a state that has applied `slot`. */
export interface ReadAt {
  readonly kind: "ReadAt";
  readonly slot: Slot;
  /** The address of the client. */
  readonly client: number;
  readonly query: Uint8Array;
}

export type Message =
  | Request
  | Response
  | Redirect
  | Overloaded
  | NoQuorum
  | Prepare
  | Promised
  | Accept
  | Accepted
  | AcceptedValue
  | Rejected
  | Heartbeat
  | HeartbeatAck
  | Probe
  | ProbeReply
  | Read
  | ReadAt
  | CatchUp
  | Chosen
  | Trim
  | FetchSnapshot
  | SnapshotPart
  | Reconfigure
  | Reconfigured
  | ChangeRefused;

/**
 * What goes to stable storage: a promise as a Prepare, whose `from` is the first slot that the acceptor does not know
 * to be chosen; a vote as the Accept; a repair; a trim.
 */
export type Entry = Prepare | Accept | Chosen | Trim;

const { Read: read, ...service } = serviceLayout;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  ...service,
  Prepare: electionLayout.Prepare,
  Promised: { ...electionLayout.Promised, memberships: "bytes" },
  Accept: { ballot: "integer", slot: "integer", commitPoint: "integer", value: "bytes" },
  Accepted: { ballot: "integer", slot: "integer" },
  AcceptedValue: { ballot: "integer", slot: "integer", commitPoint: "integer", value: "bytes" },
  Rejected: electionLayout.Rejected,
  Heartbeat: { ballot: "integer", commitPoint: "integer", round: "integer", memberships: "bytes" },
  HeartbeatAck: { ballot: "integer", round: "integer", chosenThrough: "integer" },
  Probe: electionLayout.Probe,
  ProbeReply: { ...electionLayout.ProbeReply, chosenThrough: "integer", memberships: "bytes" },
  Read: read,
  ReadAt: { slot: "integer", client: "integer", query: "bytes" },
  ...catchUpLayout,
  Trim: { slot: "integer", memberships: "bytes" },
  ...reconfigurationLayout,
});
