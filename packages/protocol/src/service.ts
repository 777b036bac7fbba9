/**
 * What a client and a replicated state machine say to each other, in every protocol: a protocol adds its own messages
 * to these. So one client serves them all; what differs, `Access` says.
 */
import type { LayoutsOf } from "./layout.ts";
import type { Value } from "./value.ts";

/** A client asks for a command to be chosen. */
export interface Request {
  readonly kind: "Request";
  /** The client's own number for this request; a refusal names it. */
  readonly sequence: number;
  /** What to choose: bytes that only the state machine reads. */
  readonly command: Value;
}

/** The answer of the replicated state machine, as it left it. */
export interface Response {
  readonly kind: "Response";
  /** Bytes that only the client reads. */
  readonly reply: Uint8Array;
}

/** This proposer does not lead. */
export interface Redirect {
  readonly kind: "Redirect";
  /** The sequence of the refused request or read. */
  readonly sequence: number;
  /** The node that leads as far as this proposer knows, or 0. */
  readonly leader: number;
}

/** This role holds as much as it may. */
export interface Overloaded {
  readonly kind: "Overloaded";
  /** The sequence of the refused request or read. */
  readonly sequence: number;
}

/** This proposer reaches too few acceptors. */
export interface NoQuorum {
  readonly kind: "NoQuorum";
  /** The sequence of the refused request or read. */
  readonly sequence: number;
  /** Acceptors that answered it lately. */
  readonly reachable: number;
  /** Acceptors that a quorum takes. */
  readonly needed: number;
}

/** A client asks for a linearizable read, which writes no log: where reads are confirmed, not logged. */
export interface Read {
  readonly kind: "Read";
  /** The client's own number for this read; a refusal names it. */
  readonly sequence: number;
  /** The node whose learner shall answer. */
  readonly learner: number;
  /** Bytes that only the state machine reads. */
  readonly query: Uint8Array;
}

export type ServiceMessage = Request | Response | Redirect | Overloaded | NoQuorum | Read;

/** The first rows of a protocol's layout. */
export const serviceLayout: LayoutsOf<ServiceMessage> = {
  Request: { sequence: "integer", command: "bytes" },
  Response: { reply: "bytes" },
  Redirect: { sequence: "integer", leader: "integer" },
  Overloaded: { sequence: "integer" },
  NoQuorum: { sequence: "integer", reachable: "integer", needed: "integer" },
  Read: { sequence: "integer", learner: "integer", query: "bytes" },
};

/** In place of the node whose replica answers: every one does. */
export const everyReplica = 0;

/** How clients use a protocol's service. */
export interface Access {
  /** The nodes that have a proposer and a learner: those that there are now, where nodes come and go. */
  readonly nodes: readonly number[];
  /** Who is sent a request: the proposer that leads; every proposer; or every acceptor, and a proposer once it is late. */
  readonly requests: "leader" | "proposers" | "acceptors";
  /** The nodes that have an acceptor: where requests go to them. */
  readonly acceptors: readonly number[];
  /** Reads are confirmed by a leader, without a log write; or they are chosen in the log, as commands are. */
  readonly reads: "confirmed" | "logged";
  /** An answer is believed when so many learners have given the same one. Above 1 every learner answers. */
  readonly answers: number;
  /** Requests of one session that may be under way at once. */
  readonly requestsUnderWay: number;
}

/** A leader takes requests and confirms reads; the answer of one learner is believed: `nodes` have all three roles. */
export function leaderAccess(nodes: readonly number[]): Access {
  return { nodes, requests: "leader", acceptors: nodes, reads: "confirmed", answers: 1, requestsUnderWay: 4 };
}
