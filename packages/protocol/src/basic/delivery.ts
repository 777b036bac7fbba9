/**
 * What a learner of single-decree Paxos makes known to its host.
 */
import type { Ballot } from "../ballot.ts";
import type { Output as RoleOutput } from "../output.ts";
import type { Value } from "../value.ts";
import type { Entry, Message } from "./messages.ts";

/** The decree. Delivered once in the life of a learner. */
export interface Delivery {
  readonly kind: "chosen";
  /** A ballot in which a phase 2 quorum accepted the value. */
  readonly ballot: Ballot;
  readonly value: Value;
}

/** The output of every role of single-decree Paxos. */
export type Output = RoleOutput<Message, Entry, Delivery>;
