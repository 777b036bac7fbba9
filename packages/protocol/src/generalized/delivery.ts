/**
 * What a learner of Generalized Paxos makes known to its host, and the output of its roles.
 */
import type { Output as RoleOutput } from "../output.ts";
import type { ReplicaDelivery } from "../replication/delivery.ts";
import type { Entry, Message } from "./messages.ts";

/**
 * A learner numbers the commands as it learns them. Two learners may number commuting ones differently, but the last
 * slot of an instance is the same to all, and only then is a value `settled`.
 */
export type Delivery = ReplicaDelivery;

/** The output of every role of Generalized Paxos. */
export type Output = RoleOutput<Message, Entry, Delivery>;
