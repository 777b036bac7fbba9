/**
 * The messages of Paxos Commit (Gray and Lamport, *Consensus on Transaction Commit* 2006, §4.2), and their flow, from the
 * vote request to the decision; the rest is that of every transaction. Each participant's vote is an instance of Paxos,
 * and the transaction commits when every instance chose "prepared". `x2` and `x3` are recipients.
 *
 *     no failure             leader      -> participants x2 : VoteRequest
 *                            participant -> acceptors x3    : Accept              phase 2a of its own instance, first ballot
 *                            acceptor    -> leader          : Accepted
 *                            leader      -> participants x2 : Decision            to the client too
 *                            leader      -> acceptors x3    : Outcome             to be remembered
 *
 *     it has aborted         participant -> leader          : Decision            its instance cannot choose "prepared"
 *
 *     a vote is missing      leader      -> acceptors x3    : Prepare             a higher ballot, all instances at once
 *                            acceptor    -> leader          : Promised | Rejected
 *                            leader      -> acceptors x3    : Accept              what was voted for, else "aborted"
 *                            acceptor    -> leader          : Accepted | Rejected
 *
 *     the leader is gone     participant -> another leader  : Inquire             which goes on with Prepare
 *                            acceptor    -> another leader  : Inquire
 *
 *     too old                acceptor    -> leader          : Closed              it takes part in it no more
 *                            leader      -> participants x2 : Inquire
 *                            participant -> leader          : Decision | Closed   neither while it is in doubt
 *                            leader      -> all             : Closed              of a quorum, or of all participants;
 *                                                                                 to the client, too
 */
import type { Ballot } from "../../ballot.ts";
import { layouts } from "../../layout.ts";
import { transactionLayout } from "../messages.ts";
import type {
  Decision,
  Forgotten,
  Outcome,
  Reserved,
  Share,
  StoreEntry,
  TransactionId,
  TransactionMessage,
} from "../messages.ts";

/** What is proposed or accepted in the instance of one participant. */
export interface InstanceVote {
  /** The node of the participant. */
  readonly participant: number;
  /** "Prepared" or "aborted". */
  readonly prepared: boolean;
}

/** Phase 1a, for all instances of a transaction. Also an entry: of a leader its ballot, of an acceptor its promise. */
export interface Prepare {
  readonly kind: "Prepare";
  readonly transaction: TransactionId;
  readonly ballot: Ballot;
  /** All of the transaction, for an acceptor that has to ask for its end. */
  readonly participants: readonly Share[];
}

/** Phase 1b, with what it has accepted in the highest ballot of each instance; no row for none. */
export interface Promised {
  readonly kind: "Promised";
  readonly transaction: TransactionId;
  readonly ballot: Ballot;
  readonly votes: readonly (InstanceVote & { readonly ballot: Ballot })[];
}

/**
 * Phase 2a: of a participant for its own instance, in the first ballot, where it needs no phase 1; of a leader for all
 * instances. Also an entry of an acceptor.
 */
export interface Accept {
  readonly kind: "Accept";
  readonly transaction: TransactionId;
  readonly ballot: Ballot;
  /** The node of the leader that shall be told. */
  readonly leader: number;
  readonly participants: readonly Share[];
  readonly votes: readonly InstanceVote[];
}

/** Phase 2b. */
export interface Accepted {
  readonly kind: "Accepted";
  readonly transaction: TransactionId;
  readonly ballot: Ballot;
  readonly votes: readonly InstanceVote[];
}

/** The acceptor has promised a higher ballot. */
export interface Rejected {
  readonly kind: "Rejected";
  readonly transaction: TransactionId;
  /** The refused ballot. */
  readonly ballot: Ballot;
  readonly promised: Ballot;
}

export type Message = TransactionMessage | Prepare | Promised | Accept | Accepted | Rejected;

/** Of a leader: the numbers that it may have given out, and the highest ballot it has begun. */
export type LeaderEntry = Reserved | Prepare;

/** Of an acceptor: promises, votes, and of transactions that are over their outcome. */
export type AcceptorEntry = Prepare | Accept | Outcome | Decision | Forgotten;

/** What goes to stable storage. */
export type Entry = StoreEntry | LeaderEntry | AcceptorEntry;

const { participants } = transactionLayout.VoteRequest;
const vote = [["participant", "integer"] as const, ["prepared", "flag"] as const];

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  ...transactionLayout,
  Prepare: { transaction: "integer", ballot: "integer", participants },
  Promised: { transaction: "integer", ballot: "integer", votes: { list: [...vote, ["ballot", "integer"]] } },
  Accept: {
    transaction: "integer",
    ballot: "integer",
    leader: "integer",
    participants,
    votes: { list: vote },
  },
  Accepted: { transaction: "integer", ballot: "integer", votes: { list: vote } },
  Rejected: { transaction: "integer", ballot: "integer", promised: "integer" },
});
