/**
 * The messages of single-decree Paxos, as in *Paxos Made Simple*, and their flow. `x3` is three recipients.
 *
 *     phase 1 (§2.2)         client    -> proposer      : Request           choose this
 *                            proposer  -> acceptors x3  : Prepare
 *                            acceptor  -> proposer      : Promised | Rejected
 *
 *     phase 2 (§2.2)         proposer  -> acceptors x3  : Accept
 *                            acceptor  -> proposer      : Accepted | Rejected
 *
 *     learning (§2.3)        acceptor  -> learners      : Accepted          to all, to one or to a set of them
 *                            learner   -> learners      : Learned           from a distinguished one to the others
 *                            learner   -> clients       : Response
 *
 *     chosen, and unknown    client    -> learner       : Inquire           what was chosen?
 *                            learner   -> acceptors x3  : Inquire           what have you accepted?
 *                            acceptor  -> learner       : Accepted
 *                            learner   -> proposer      : Inquire           if that does not tell: issue a proposal
 */
import type { Ballot } from "../ballot.ts";
import { layouts } from "../layout.ts";
import type { Value } from "../value.ts";

/** A client asks for a value to be chosen. */
export interface Request {
  readonly kind: "Request";
  /** What to choose, unless another value is. Not empty: an empty value is a no-op. */
  readonly value: Value;
}

/** Phase 1a. Also an entry: of a proposer, the ballot that it is about to use; of an acceptor, its promise. */
export interface Prepare {
  readonly kind: "Prepare";
  readonly ballot: Ballot;
}

/** Phase 1b: the promise never again to accept a proposal below `ballot`. */
export interface Promised {
  readonly kind: "Promised";
  readonly ballot: Ballot;
  /** The ballot of the highest-numbered proposal below `ballot` that the acceptor has accepted, or 0 for none. */
  readonly acceptedBallot: Ballot;
  /** The value of that proposal; empty for none. */
  readonly acceptedValue: Value;
}

/** Phase 2a: a proposal. Also an entry of an acceptor: the proposal that it has accepted. */
export interface Accept {
  readonly kind: "Accept";
  readonly ballot: Ballot;
  readonly value: Value;
}

/** Phase 2b: a vote, to the proposer and to learners. */
export interface Accepted {
  readonly kind: "Accepted";
  readonly ballot: Ballot;
  readonly value: Value;
}

/** An acceptor has promised above `ballot`, and says so for the proposer to abandon it (§2.5). */
export interface Rejected {
  readonly kind: "Rejected";
  /** The refused ballot. */
  readonly ballot: Ballot;
  /** The ballot that is promised. */
  readonly promised: Ballot;
}

/** A distinguished learner tells another one what is chosen. */
export interface Learned {
  readonly kind: "Learned";
  /** A ballot in which a phase 2 quorum accepted the value. */
  readonly ballot: Ballot;
  readonly value: Value;
}

/** What was chosen? Of an acceptor: what have you accepted? Of a proposer: issue a proposal, so that I learn (§2.3). */
export interface Inquire {
  readonly kind: "Inquire";
}

/** What was chosen, told to a client. */
export interface Response {
  readonly kind: "Response";
  readonly value: Value;
}

export type Message = Request | Prepare | Promised | Accept | Accepted | Rejected | Learned | Inquire | Response;

/** What goes to stable storage: ballots and promises as the Prepare, votes as the Accept. */
export type Entry = Prepare | Accept;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  Request: { value: "bytes" },
  Prepare: { ballot: "integer" },
  Promised: { ballot: "integer", acceptedBallot: "integer", acceptedValue: "bytes" },
  Accept: { ballot: "integer", value: "bytes" },
  Accepted: { ballot: "integer", value: "bytes" },
  Rejected: { ballot: "integer", promised: "integer" },
  Learned: { ballot: "integer", value: "bytes" },
  Inquire: {},
  Response: { value: "bytes" },
});
