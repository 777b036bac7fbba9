/**
 * What a learner of Multi-Paxos makes known to its host, which owns the state machine and its snapshots.
 */
import type { Address } from "../address.ts";
import type { Value } from "../value.ts";
import type { Output as RoleOutput } from "../output.ts";
import type { Entry, Message, Slot } from "./messages.ts";

/** The value of the next slot: apply it. Slots come in order, each once; an empty value is a no-op. */
export interface ChosenDelivery {
  readonly kind: "chosen";
  readonly slot: Slot;
  readonly value: Value;
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

export type Delivery = ChosenDelivery | ReadDelivery | ServeDelivery | PartDelivery;

/** The output of every role of Multi-Paxos. */
export type Output = RoleOutput<Message, Entry, Delivery>;
