/**
 * The messages of Fast Paxos for a log, and their flow. `x4` is four recipients; a learner is beside its acceptor.
 *
 *     becoming leader        proposer -> acceptors x4 : Probe, Prepare    as the leader of any log
 *                            acceptor -> proposer     : ProbeReply, Promised | Rejected
 *                            leader   -> acceptors x4 : Accept            what may have been chosen, slot by slot
 *                            leader   -> acceptors x4 : Any               in all slots from there on: what clients ask
 *
 *     fast                   client   -> acceptors x4 : Request           each takes its next free slot
 *                            acceptor -> leader       : Accepted          a vote
 *                            acceptor -> learners x4  : Accepted
 *                            learner  -> client       : Response
 *                            learner  -> own acceptor : Learned           this is chosen
 *
 *     coordinated recovery   leader   -> acceptors x4 : Accept            next ballot, when no value can get a quorum
 *                            acceptor -> leader, learners : Accepted
 *
 *     uncoordinated          acceptor -> acceptors x3 : Accepted          each computes the next value, and votes for it
 *                            acceptor -> leader, learners : Accepted      in the next ballot
 *
 *     a lost request         client   -> leader       : Request           late, beside the acceptors
 *                            leader   -> acceptors x4 : Request           to whom it did not come
 *                            leader   -> acceptor     : Accept            what the others voted for in a slot
 *
 *     classic                client   -> acceptors x4 : Request
 *                            acceptor -> leader       : Request           handed on: it orders them
 *                            leader   -> acceptors x4 : Accept
 *                            acceptor -> leader, learners : Accepted
 *                            learner  -> client       : Response
 *
 *     a learner behind       as in every log: see `replication/messages.ts`
 */
import type { Ballot } from "../ballot.ts";
import { layouts } from "../layout.ts";
import { electionLayout, type ElectionMessage, type Prepare, type Probe, type ProbeReply } from "../leader/messages.ts";
import type { Promised, Rejected, SlotProposal } from "../leader/messages.ts";
import { catchUpLayout, type CatchUp, type CatchUpMessage, type Chosen } from "../replication/messages.ts";
import type { FetchSnapshot, Slot, SnapshotPart, Trim } from "../replication/messages.ts";
import { serviceLayout, type Request, type ServiceMessage } from "../service.ts";
import type { Value } from "../value.ts";

export type { CatchUp, Chosen, FetchSnapshot, Slot, SnapshotPart, Trim };
export type { Prepare, Probe, ProbeReply, Promised, Rejected, Request, SlotProposal };

/** Phase 2a of a fast ballot (*Fast Paxos* §3), for all slots from `from` on: vote for what clients ask. */
export interface Any {
  readonly kind: "Any";
  readonly ballot: Ballot;
  readonly from: Slot;
}

/**
 * Phase 2a with a value. In a fast ballot it is what others have voted for, or a no-op: an acceptor that has voted in
 * that slot and ballot keeps its vote.
 */
export interface Accept {
  readonly kind: "Accept";
  readonly ballot: Ballot;
  readonly slot: Slot;
  /** All slots up to this one are chosen, says the leader of `ballot`. */
  readonly commitPoint: Slot;
  readonly value: Value;
}

/** Phase 2b: a vote. The bytes of this message are the acceptor's log entry. */
export interface Accepted {
  readonly kind: "Accepted";
  readonly ballot: Ballot;
  readonly slot: Slot;
  /** All slots up to this one are known to be chosen by the acceptor. */
  readonly chosenThrough: Slot;
  readonly value: Value;
}

/** A learner tells its own acceptor what is chosen. */
export interface Learned {
  readonly kind: "Learned";
  /** The slot of the first value; the others follow without a gap. */
  readonly from: Slot;
  readonly values: readonly LearnedValue[];
}

export interface LearnedValue {
  /** The acceptor itself has voted for it: the value is left out. */
  readonly isHeld: boolean;
  readonly value: Value;
}

/** A leader is alive. To acceptors, proposers and learners. */
export interface Heartbeat {
  readonly kind: "Heartbeat";
  /** The ballot that it prepared. */
  readonly ballot: Ballot;
  /** All slots up to this one are chosen. */
  readonly commitPoint: Slot;
}

/** The acceptor is there; also its answer to an Accept for a slot that it knows to be chosen. */
export interface HeartbeatAck {
  readonly kind: "HeartbeatAck";
  readonly ballot: Ballot;
  /** All slots up to this one are known to be chosen by the acceptor. */
  readonly chosenThrough: Slot;
  /** It has the leader's Any: it votes for what clients ask. */
  readonly isOpen: boolean;
}

export type Message =
  ServiceMessage | ElectionMessage | Any | Accept | Accepted | Learned | Heartbeat | HeartbeatAck | CatchUpMessage;

/** What goes to stable storage: a promise as a Prepare, as in Multi-Paxos; a vote as it leaves; a repair; a trim. */
export type Entry = Prepare | Accepted | Chosen | Trim;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  ...serviceLayout,
  ...electionLayout,
  Any: { ballot: "integer", from: "integer" },
  Accept: { ballot: "integer", slot: "integer", commitPoint: "integer", value: "bytes" },
  Accepted: { ballot: "integer", slot: "integer", chosenThrough: "integer", value: "bytes" },
  Learned: {
    from: "integer",
    values: {
      list: [
        ["isHeld", "flag"],
        ["value", "bytes"],
      ],
    },
  },
  Heartbeat: { ballot: "integer", commitPoint: "integer" },
  HeartbeatAck: { ballot: "integer", chosenThrough: "integer", isOpen: "flag" },
  ...catchUpLayout,
});
