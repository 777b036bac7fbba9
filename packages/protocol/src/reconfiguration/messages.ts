/**
 * How an administrator changes who takes part. A protocol adds these messages to its own.
 *
 *     administrator -> leader        : Reconfigure         add a node, remove one, or one for another
 *     leader        -> joiner        : Heartbeat           it catches up, as any learner that is behind
 *     leader        -> acceptors     : Accept              the new membership, alone in its slot s
 *     leader        -> acceptors     : Accept              no-ops up to s + alpha, when no clients ask for more
 *     leader        -> new acceptors : Prepare             the same ballot, from s + alpha on
 *     leader        -> administrator : Reconfigured        it is in force
 */
import type { LayoutsOf } from "../layout.ts";
import type { Slot } from "../replication/messages.ts";

/** Asks for a change; asked again when it is done already, it is answered so. */
export interface Reconfigure {
  readonly kind: "Reconfigure";
  /** The administrator's own number for this request; an answer names it. */
  readonly sequence: number;
  /** The node that joins, or 0. It runs already, and follows. */
  readonly add: number;
  /** The node that leaves, or 0. */
  readonly remove: number;
}

/** The change is in force. */
export interface Reconfigured {
  readonly kind: "Reconfigured";
  readonly sequence: number;
  /** How many changes there have been. */
  readonly number: number;
  /** The first slot that the new membership governs. */
  readonly from: Slot;
}

/** The change has not been made, and will not be. */
export interface ChangeRefused {
  readonly kind: "ChangeRefused";
  readonly sequence: number;
  /** Why, as its place in `changeRefusals`. */
  readonly reason: number;
  /** Members of the new membership that answered lately, and how many it takes: where too few do. */
  readonly reachable: number;
  readonly needed: number;
}

export type ReconfigurationMessage = Reconfigure | Reconfigured | ChangeRefused;

/** Rows of a protocol's layout. */
export const reconfigurationLayout: LayoutsOf<ReconfigurationMessage> = {
  Reconfigure: { sequence: "integer", add: "integer", remove: "integer" },
  Reconfigured: { sequence: "integer", number: "integer", from: "integer" },
  ChangeRefused: { sequence: "integer", reason: "integer", reachable: "integer", needed: "integer" },
};

/** Their order is their number in a message: add at the end, never reorder. */
export const changeRefusals = [
  "another change is under way",
  "it changes nothing",
  "no such node is a member",
  "the number of the node has been used: a node that comes back takes a new one, above all before",
  "there would be more members than there may be",
  "nobody would be left",
  "too few of the new members answer",
  "the new node has not answered",
  "the new node has not caught up in time",
  "it is an auxiliary, and those are the same for good",
] as const;

export type ChangeRefusal = (typeof changeRefusals)[number];
