/**
 * How a learner of a log gets what it missed, in every protocol that chooses a value for each slot: a protocol adds its
 * own messages to these.
 *
 *     from a log          learner  -> acceptor     : CatchUp           its own acceptor first
 *                         acceptor -> learner      : Chosen
 *                         learner  -> own acceptor : Chosen            what its log lacked
 *
 *     from a snapshot     learner  -> learner      : FetchSnapshot     when the log no longer goes back so far
 *                         learner  -> learner      : SnapshotPart
 *                         learner  -> acceptors    : Trim              my snapshot holds all up to here
 */
import type { LayoutsOf } from "../layout.ts";
import type { Value } from "../value.ts";

/** The number of an instance of consensus, from 1. */
export type Slot = number;

/** A learner, or an acceptor, asks an acceptor for what is known to be chosen; an acceptor its own learner as well. */
export interface CatchUp {
  readonly kind: "CatchUp";
  /** The first slot that it lacks. */
  readonly from: Slot;
}

/** Chosen values from an acceptor's log; a learner hands them on to its own acceptor, whose log lacked them. */
export interface Chosen {
  readonly kind: "Chosen";
  /** The slot of the first value; the others follow without a gap. */
  readonly from: Slot;
  readonly values: readonly { readonly value: Value }[];
  /** The log holds nothing up to this slot any more. */
  readonly trimmedThrough: Slot;
}

/** A learner's snapshot is durable: the log up to `slot` is not needed any more. Also an entry of the acceptor's log. */
export interface Trim {
  readonly kind: "Trim";
  readonly slot: Slot;
}

/** A learner asks another for a part of its snapshot. */
export interface FetchSnapshot {
  readonly kind: "FetchSnapshot";
  /** The slot of the snapshot being fetched, or 0 for the newest. */
  readonly slot: Slot;
  /** The first byte asked for. */
  readonly offset: number;
}

export interface SnapshotPart {
  readonly kind: "SnapshotPart";
  /** The last slot that the snapshot holds, or 0 when there is none. */
  readonly slot: Slot;
  readonly offset: number;
  /** Bytes of the whole snapshot. */
  readonly sizeBytes: number;
  readonly bytes: Uint8Array;
}

export type CatchUpMessage = CatchUp | Chosen | Trim | FetchSnapshot | SnapshotPart;

/** Rows of a protocol's layout. */
export const catchUpLayout: LayoutsOf<CatchUpMessage> = {
  CatchUp: { from: "integer" },
  Chosen: { from: "integer", values: { list: [["value", "bytes"]] }, trimmedThrough: "integer" },
  Trim: { slot: "integer" },
  FetchSnapshot: { slot: "integer", offset: "integer" },
  SnapshotPart: { slot: "integer", offset: "integer", sizeBytes: "integer", bytes: "bytes" },
};
