/**
 * What a learner of a log makes known to its host, which owns the state machine and its snapshots; and what the host
 * tells it in return.
 */
import type { Address } from "../address.ts";
import type { Output } from "../output.ts";
import type { Value } from "../value.ts";
import type { Slot } from "./messages.ts";

/** The value of the next slot: apply it. Slots come in order, each once; an empty value is a no-op. */
export interface ChosenDelivery {
  readonly kind: "chosen";
  readonly slot: Slot;
  readonly value: Value;
  /**
   * False where other replicas may have applied the last values in another order, as one that does not matter to them:
   * no snapshot is taken before the next settled one. All are settled unless told.
   */
  readonly settled?: boolean;
}

/** Answer a read from the state as it is now. */
export interface ReadDelivery {
  readonly kind: "read";
  readonly client: Address;
  readonly query: Uint8Array;
}

/** Send a part of the newest snapshot to another learner. */
export interface ServeDelivery {
  readonly kind: "serve";
  readonly to: Address;
  /** The slot of the snapshot that it has begun to fetch, or 0. */
  readonly slot: Slot;
  readonly offset: number;
}

/** Keep a part of another learner's snapshot; install it when whole, and tell the learner by `installed`. */
export interface PartDelivery {
  readonly kind: "part";
  readonly slot: Slot;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly bytes: Uint8Array;
}

/** Make a snapshot of the state as it is now: learners that need equal ones ask all for it. */
export interface SnapshotDelivery {
  readonly kind: "snapshot";
}

/** This node is no member any more, and nobody needs it to finish anything: its host may stop it. */
export interface RemovedDelivery {
  readonly kind: "removed";
  /** The first slot that is chosen without it. */
  readonly from: Slot;
}

export type ReplicaDelivery =
  ChosenDelivery | ReadDelivery | ServeDelivery | PartDelivery | SnapshotDelivery | RemovedDelivery;

/** What a host tells a learner behind which a replica with its snapshots stands. */
export interface ReplicatedLearner<Message, Entry, Delivery> {
  /**
   * The host's state machine holds everything up to `slot`: from its own snapshot, or from another learner's.
   *
   * @param memberships the history of memberships as `slot` leaves it; empty where there is none
   */
  installed(slot: Slot, out: Output<Message, Entry, Delivery>, memberships: Uint8Array): void;
  /** What was fetched is not a whole snapshot: fetch it anew, from another learner. */
  refused(): void;
  /** The host has made a snapshot of everything up to `slot` durable: the log behind it may go. */
  snapshotted(slot: Slot, out: Output<Message, Entry, Delivery>, memberships: Uint8Array): void;
}
