/**
 * What a learner of Multi-Paxos makes known to its host, and the output of its roles.
 */
import type { Output as RoleOutput } from "../output.ts";
import type { PartDelivery, ReplicaDelivery } from "../replication/delivery.ts";
import type { Entry, Message } from "./messages.ts";

export type Delivery = ReplicaDelivery;
export type { PartDelivery };

/** The output of every role of Multi-Paxos. */
export type Output = RoleOutput<Message, Entry, Delivery>;
