/**
 * A register that is written once, by the word of all: the smallest protocol that keeps an agreement. It is here to show
 * what a protocol consists of. It stops when one node does, which is what Paxos was made for.
 *
 *     no failure             client   -> proposer 1   : Request
 *                            proposer -> acceptors xn : Propose           the first value asked for, and no other ever
 *                            acceptor -> proposer     : Accepted          a vote
 *                            acceptor -> learners xn  : Accepted
 *                            proposer -> client       : Response          when all have voted
 *
 *     a learner missed it    learner  -> acceptors xn : Inquire           have you voted?
 *                            acceptor -> learner      : Accepted
 */
import { layouts, type Output as RoleOutput, type Value } from "@synod/protocol";

/** A client asks for a value to be chosen, unless another is. */
export interface Request {
  readonly kind: "Request";
  readonly value: Value;
}

/** The proposal. Also an entry: of the proposer, what it is about to propose; of an acceptor, its vote. */
export interface Propose {
  readonly kind: "Propose";
  readonly value: Value;
}

/** A vote. */
export interface Accepted {
  readonly kind: "Accepted";
  readonly value: Value;
}

/** Has the acceptor voted? */
export interface Inquire {
  readonly kind: "Inquire";
}

/** What is chosen, told to a client. */
export interface Response {
  readonly kind: "Response";
  readonly value: Value;
}

export type Message = Request | Propose | Accepted | Inquire | Response;

/** What goes to stable storage. */
export type Entry = Propose;

/** What a learner makes known, once in its life. */
export interface Delivery {
  readonly kind: "chosen";
  readonly value: Value;
}

export type Output = RoleOutput<Message, Entry, Delivery>;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  Request: { value: "bytes" },
  Propose: { value: "bytes" },
  Accepted: { value: "bytes" },
  Inquire: {},
  Response: { value: "bytes" },
});

/** A message from the log as the entry that it must be. */
export function asEntry(message: Message): Entry {
  if (message.kind === "Propose") return message;
  throw new TypeError(`expected Propose in the log, got ${message.kind}`);
}
