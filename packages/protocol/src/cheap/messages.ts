/**
 * The messages of Cheap Paxos are those of Multi-Paxos (multi/messages.ts); what differs is who gets them. Two mains and an
 * auxiliary, that is F = 1:
 *
 *     steady state           client   -> leader           : Request
 *                            leader   -> mains x2         : Accept          nothing to the auxiliary
 *                            main     -> leader, learners : Accepted        all mains: a quorum
 *
 *     a main is silent       leader   -> auxiliary        : Accept          what is pending, and what comes
 *                            auxiliary -> leader          : Accepted        the other mains and the auxiliary: a quorum
 *                            leader   -> those            : Accept          the membership without that main, in slot s
 *                            leader   -> those            : Accept          no-ops up to s + alpha
 *                            leader   -> mains left       : Prepare         the same ballot, from s + alpha on
 *     it is in force         leader   -> mains left       : Accept          they are a quorum
 *                            leader   -> auxiliary        : Trim            once: they know all that is chosen up to here
 *
 *     the main is back       leader   -> that main        : Heartbeat       all the while; it catches up
 *                            main     -> leader           : HeartbeatAck
 *                            leader   -> mains x2         : Accept          the membership with it, and no-ops
 */
export type { Entry, Message } from "../multi/messages.ts";
export { layout } from "../multi/messages.ts";
