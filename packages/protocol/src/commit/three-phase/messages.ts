/**
 * The messages of three-phase commit (Skeen, *Nonblocking Commit Protocols* 1981), and their flow, from the vote request
 * to the decision; the rest is that of every transaction. `x2` is two recipients.
 *
 *     no failure             coordinator -> participants x2 : VoteRequest
 *                            participant -> coordinator     : Vote | Decision     for it | it has aborted
 *                            coordinator -> participants x2 : PreCommit           all have voted for it
 *                            participant -> coordinator     : PreCommitted
 *                            coordinator -> participants x2 : Decision            to the client too
 *
 *     termination            participant -> participants    : StateRequest        nothing was heard for a while
 *                            participant -> participant     : State | Decision
 *                            participant -> participants    : PreCommit           if one of them was told to
 *                            participant -> participant     : PreCommitted
 *                            participant -> participants    : Decision
 *
 * Nobody commits while somebody does not know that all have voted for it, so that those who are left can always decide.
 * That holds where silence means a crash. Where it may mean a slow or cut network, two sides may decide differently.
 */
import { layouts } from "../../layout.ts";
import type { CoordinatorEntry } from "../coordination.ts";
import { transactionLayout } from "../messages.ts";
import type { Share, StoreEntry, TransactionId, TransactionMessage } from "../messages.ts";
import type { Vote } from "../two-phase/messages.ts";

/** All participants have voted for it. Also an entry of a participant. */
export interface PreCommit {
  readonly kind: "PreCommit";
  readonly transaction: TransactionId;
}

/** A participant knows that all have voted for it, and will remember. */
export interface PreCommitted {
  readonly kind: "PreCommitted";
  readonly transaction: TransactionId;
}

/** A participant that leads the termination asks another one how far it is. */
export interface StateRequest {
  readonly kind: "StateRequest";
  readonly transaction: TransactionId;
  readonly participants: readonly Share[];
}

/** A participant that has voted for it and knows no decision says how far it is. */
export interface State {
  readonly kind: "State";
  readonly transaction: TransactionId;
  /** It knows that all have voted for it. */
  readonly preCommitted: boolean;
  /** It has been down since it voted: the others may have decided without it. */
  readonly recovered: boolean;
}

export type Message = TransactionMessage | Vote | PreCommit | PreCommitted | StateRequest | State;

/** What goes to stable storage. */
export type Entry = StoreEntry | CoordinatorEntry | PreCommit;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  ...transactionLayout,
  Vote: { transaction: "integer" },
  PreCommit: { transaction: "integer" },
  PreCommitted: { transaction: "integer" },
  StateRequest: { transaction: "integer", participants: transactionLayout.VoteRequest.participants },
  State: { transaction: "integer", preCommitted: "flag", recovered: "flag" },
});
