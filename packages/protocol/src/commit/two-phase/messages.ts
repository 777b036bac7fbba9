/**
 * The messages of two-phase commit (Gray and Lamport, *Consensus on Transaction Commit* 2006, §3), and their flow, from
 * the vote request to the decision; the rest is that of every transaction. `x2` is two recipients.
 *
 *     no failure             coordinator -> participants x2 : VoteRequest
 *                            participant -> coordinator     : Vote | Decision     for it | it has aborted
 *                            coordinator -> participants x2 : Decision            to the client too
 *
 *     in doubt               participant -> coordinator     : Inquire             and the other participants
 *                            whoever     -> participant     : Decision            it knows, or had not voted and aborts
 *
 * When all participants have voted for it and the coordinator is gone, nobody can say what it decided: they are blocked
 * (§3.3).
 */
import { layouts } from "../../layout.ts";
import { transactionLayout } from "../messages.ts";
import type { CoordinatorEntry } from "../coordination.ts";
import type { StoreEntry, TransactionId, TransactionMessage } from "../messages.ts";

/** A participant votes for the transaction: it will commit it when it is told to. */
export interface Vote {
  readonly kind: "Vote";
  readonly transaction: TransactionId;
}

export type Message = TransactionMessage | Vote;

/** What goes to stable storage. */
export type Entry = StoreEntry | CoordinatorEntry;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({ ...transactionLayout, Vote: { transaction: "integer" } });
