/**
 * How a proposer becomes the leader of a log, in every protocol that has one: it asks whether it may disturb, then
 * prepares once for all slots. A protocol adds its own messages to these.
 *
 *     becoming leader        proposer -> acceptors    : Probe             is the leader silent for you too?
 *                            acceptor -> proposer     : ProbeReply
 *                            proposer -> acceptors    : Prepare           once, for all slots from `from` on
 *                            acceptor -> proposer     : Promised | Rejected
 */
import type { Ballot } from "../ballot.ts";
import type { LayoutsOf } from "../layout.ts";
import type { Slot } from "../replication/messages.ts";
import type { Value } from "../value.ts";

/** Phase 1a, once for every slot from `from` on (*Paxos Made Simple* §3). */
export interface Prepare {
  readonly kind: "Prepare";
  readonly ballot: Ballot;
  /** The first slot that the proposer asks about. */
  readonly from: Slot;
}

/** A proposal that an acceptor reports: the highest-numbered one it has accepted for the slot. */
export interface SlotProposal {
  readonly slot: Slot;
  readonly ballot: Ballot;
  readonly value: Value;
}

/** Phase 1b: the promise never to accept a ballot below this one. */
export interface Promised {
  readonly kind: "Promised";
  readonly ballot: Ballot;
  /** The `from` of the Prepare that this answers. */
  readonly from: Slot;
  /** All slots up to this one are known to be chosen by the acceptor; it reports none of them. */
  readonly chosenThrough: Slot;
  /** What it has accepted from `from` on, in slot order, up to `next`. */
  readonly accepted: readonly SlotProposal[];
  /** Where to ask again for the rest, or 0 when this is all. */
  readonly next: Slot;
}

/** An acceptor ignores what is below its promise, and says so. */
export interface Rejected {
  readonly kind: "Rejected";
  /** The refused ballot. */
  readonly ballot: Ballot;
  /** The ballot that it has promised. */
  readonly promised: Ballot;
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

export type ElectionMessage = Prepare | Promised | Rejected | Probe | ProbeReply;

/** Rows of a protocol's layout. */
export const electionLayout: LayoutsOf<ElectionMessage> = {
  Prepare: { ballot: "integer", from: "integer" },
  Promised: {
    ballot: "integer",
    from: "integer",
    chosenThrough: "integer",
    accepted: {
      list: [
        ["slot", "integer"],
        ["ballot", "integer"],
        ["value", "bytes"],
      ],
    },
    next: "integer",
  },
  Rejected: { ballot: "integer", promised: "integer" },
  Probe: { round: "integer" },
  ProbeReply: { round: "integer", promised: "integer", leaderSilent: "flag" },
};
