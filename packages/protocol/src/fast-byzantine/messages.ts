/**
 * The messages of Fast Byzantine Paxos, and their flow, with six nodes of which one may lie. `x6` is six recipients;
 * what a role tells another of its own node stays on the node.
 *
 *     common case            client   -> proposers x6 : Request
 *                            proposer -> own acceptor : Known             what clients asked for, and nobody else
 *                            leader   -> acceptors x6 : Accept            one slot, one batch
 *                            acceptor -> learners x6  : Accepted          a vote, to the leader as well
 *                            acceptor -> own learner  : AcceptedValue     a vote, and the value
 *                            learner  -> client       : Response          with 5 equal votes; the client waits for 2
 *
 *     what is known          learner  -> learners x6  : Learned           my disk has all up to here
 *                            learner  -> own roles    : Stable            so have 3 learners: votes are not needed
 *                            learner  -> own proposer : Served            these requests are answered
 *
 *     a leader is suspected  proposer -> proposers x6 : Suspect           a request waits too long; 3 of these end it
 *                            next     -> acceptors x6 : Prepare           with the 3 suspicions
 *                            acceptor -> next         : Promised          signed: what it has voted for
 *                            next     -> acceptor     : Wanted            a value that may have been learned
 *                            acceptor -> next         : Payload
 *                            next     -> acceptors x6 : Certificate       5 Promised: each acceptor judges them itself
 *                            next     -> acceptors x6 : Accept            only what the certificate vouches for
 *
 *     a learner behind       learner  -> learners x2  : CatchUp           others, if these do not help
 *                            learner  -> learner      : Chosen            believed when 2 say the same
 *                            learner  -> learners x5  : FetchSnapshot     when 2 logs no longer go back so far
 *                            learner  -> learner      : SnapshotPart      believed when 2 send the same
 *
 * There is one message delay fewer than with a round of Verify, since a learner's quorum is larger: 4f+1 of 5f+1.
 * A value that so many voted for is in the majority of any n-f reports, whoever lies; see `certificate.ts`.
 *
 * A link tells truly from which node a message comes. So only what one node shows of another is signed, suspicions and
 * reports: as long as no leader is suspected, nobody signs anything.
 *
 * Unlike elsewhere, learners keep a log, of what is chosen. An acceptor's vote need not be the chosen one, and nobody is
 * told otherwise by less than f+1: so the votes may go as soon as 2f+1 learners have the value.
 */
import type { Ballot } from "../ballot.ts";
import { layouts, type Fields } from "../layout.ts";
import { namedValueLayout, type Payload, type Wanted } from "../named-values.ts";
import { catchUpLayout, type CatchUp, type CatchUpMessage, type Chosen } from "../replication/messages.ts";
import type { FetchSnapshot, Slot, SnapshotPart, Trim } from "../replication/messages.ts";
import { serviceLayout, type Request, type ServiceMessage } from "../service.ts";
import type { Value } from "../value.ts";

export type { CatchUp, Chosen, FetchSnapshot, Payload, Request, Slot, SnapshotPart, Trim, Wanted };

/** What others are shown as proof: its node has signed it. */
interface Signed {
  readonly signature: Uint8Array;
}

/** A proposer tells the acceptor of its node what clients have asked for: it votes for nothing else. */
export interface Known {
  readonly kind: "Known";
  /** End to end. */
  readonly commands: Value;
}

/** A leader's proposal. The bytes of this message are the acceptor's log entry. */
export interface Accept {
  readonly kind: "Accept";
  readonly ballot: Ballot;
  readonly slot: Slot;
  readonly value: Value;
}

/** A vote. */
export interface Accepted {
  readonly kind: "Accepted";
  readonly ballot: Ballot;
  readonly slot: Slot;
  /** Of the value. */
  readonly digest: Uint8Array;
}

/** A vote with its value, to the learner of the acceptor's own node. */
export interface AcceptedValue {
  readonly kind: "AcceptedValue";
  readonly ballot: Ballot;
  readonly slot: Slot;
  readonly digest: Uint8Array;
  readonly value: Value;
}

/** A proposer suspects the leaders of all ballots up to this one. */
export interface Suspect extends Signed {
  readonly kind: "Suspect";
  readonly ballot: Ballot;
}

/** A suspicion as others show it. */
export interface Suspicion extends Signed {
  readonly node: number;
  readonly ballot: Ballot;
}

/** The next leader asks for what was voted for, and shows that it may. Also the entry that a proposer keeps of a ballot. */
export interface Prepare {
  readonly kind: "Prepare";
  readonly ballot: Ballot;
  readonly suspicions: readonly Suspicion[];
}

/** The last vote of an acceptor in a slot. */
export interface Vote {
  readonly slot: Slot;
  readonly ballot: Ballot;
  readonly digest: Uint8Array;
}

/** An acceptor votes in no ballot below this one any more, and reports its votes. */
export interface Promised extends Signed {
  readonly kind: "Promised";
  readonly ballot: Ballot;
  /** 2f+1 learners have all up to here: no vote in these slots is reported. */
  readonly stableThrough: Slot;
  readonly votes: readonly Vote[];
}

/** A Promised as others show it. */
export interface Report extends Signed {
  readonly node: number;
  readonly stableThrough: Slot;
  readonly votes: readonly Vote[];
}

/** The progress certificate of a ballot: n-f reports, from which each acceptor sees by itself what may be proposed. */
export interface Certificate {
  readonly kind: "Certificate";
  readonly ballot: Ballot;
  readonly reports: readonly Report[];
}

/** A learner has all slots up to this one on stable storage. */
export interface Learned {
  readonly kind: "Learned";
  readonly through: Slot;
}

/** 2f+1 learners have all slots up to this one, says the learner of the own node. */
export interface Stable {
  readonly kind: "Stable";
  readonly through: Slot;
}

/** Requests that were chosen, says the learner of the own node. */
export interface Served {
  readonly kind: "Served";
  /** End to end. */
  readonly commands: Value;
}

export type Message =
  | ServiceMessage
  | CatchUpMessage
  | Known
  | Accept
  | Accepted
  | AcceptedValue
  | Suspect
  | Prepare
  | Promised
  | Wanted
  | Payload
  | Certificate
  | Learned
  | Stable
  | Served;

/**
 * What goes to stable storage. A proposer keeps the ballots that it has led; an acceptor what it promised, each as a
 * Prepare, its votes as the Accept, and what it dropped; a learner what is chosen, and what it dropped.
 */
export type Entry = Prepare | Accept | Chosen | Trim;

const votes: { readonly list: Fields } = {
  list: [
    ["slot", "integer"],
    ["ballot", "integer"],
    ["digest", "bytes"],
  ],
};

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  ...serviceLayout,
  Known: { commands: "bytes" },
  Accept: { ballot: "integer", slot: "integer", value: "bytes" },
  Accepted: { ballot: "integer", slot: "integer", digest: "bytes" },
  AcceptedValue: { ballot: "integer", slot: "integer", digest: "bytes", value: "bytes" },
  Suspect: { ballot: "integer", signature: "bytes" },
  Prepare: {
    ballot: "integer",
    suspicions: {
      list: [
        ["node", "integer"],
        ["ballot", "integer"],
        ["signature", "bytes"],
      ],
    },
  },
  Promised: { ballot: "integer", stableThrough: "integer", votes, signature: "bytes" },
  ...namedValueLayout,
  Certificate: {
    ballot: "integer",
    reports: {
      list: [
        ["node", "integer"],
        ["stableThrough", "integer"],
        ["votes", votes],
        ["signature", "bytes"],
      ],
    },
  },
  Learned: { through: "integer" },
  Stable: { through: "integer" },
  Served: { commands: "bytes" },
  ...catchUpLayout,
});
