/**
 * What a learner of Fast Paxos makes known to its host, and the output of its roles.
 */
import type { Output as RoleOutput } from "../output.ts";
import type { ReplicaDelivery } from "../replication/delivery.ts";
import type { Entry, Message } from "./messages.ts";

export type Delivery = ReplicaDelivery;

/** The output of every role of Fast Paxos. */
export type Output = RoleOutput<Message, Entry, Delivery>;
