/**
 * What the three commit protocols have in common: what clients ask of transactions, and how participants are told.
 * Each protocol adds its own messages between the vote request and the decision. `x2` is two recipients.
 *
 *     a transaction          client      -> coordinator     : Begin
 *                            coordinator -> client          : Begun           its number
 *                            client      -> participant     : Put             to the one that has the key: takes its lock
 *                            participant -> client          : PutReply        held, or refused
 *
 *     its end                client      -> coordinator     : Commit          with its participants
 *                            coordinator -> participants x2 : VoteRequest
 *                                                             ...             here the protocols differ
 *                            coordinator -> participants x2 : Decision        and to the client
 *
 *     or                     client      -> participants x2 : Abort           as long as they have not voted
 *
 *     or                     coordinator -> client          : Closed          it is too old: more have ended since than
 *                            participant -> client          : Closed          anybody remembers
 *
 *     in doubt               participant -> whoever may know: Inquire
 *                            whoever     -> participant     : Decision
 *
 *     remembering            whoever     -> participant     : Reminder        of many transactions, rarely
 *                            participant -> whoever         : Settled         it has them, they may be forgotten
 *
 *     reading                client      -> participant     : Get             what is committed
 *                            participant -> client          : GetReply
 *
 * One client has a transaction, and names its participants the same way each time: nothing here would notice that two
 * Commits of one transaction name different ones.
 */
import type { LayoutsOf } from "../layout.ts";

/** The number of a transaction: coordinator i of n gives out i, i+n, i+2n, ..., as proposers do ballots. */
export type TransactionId = number;

/** A participant's part in a transaction. */
export interface Share {
  readonly node: number;
  /** How many Puts it was sent. One that has lost some, in a crash, must not vote for the rest. */
  readonly writes: number;
}

/** A client asks for the number of a new transaction. */
export interface Begin {
  readonly kind: "Begin";
  /** The client's own number for this request. */
  readonly sequence: number;
}

export interface Begun {
  readonly kind: "Begun";
  readonly sequence: number;
  readonly transaction: TransactionId;
}

/** A client asks a participant to hold a write, and its key's lock, until the transaction ends. */
export interface Put {
  readonly kind: "Put";
  readonly transaction: TransactionId;
  /** From 1, for each participant: of two writes to one key the later one counts. */
  readonly sequence: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface PutReply {
  readonly kind: "PutReply";
  readonly transaction: TransactionId;
  readonly sequence: number;
  /** False when the participant has aborted the transaction: another one has the lock, or it holds as much as it may. */
  readonly held: boolean;
}

/** A client asks for what is committed. */
export interface Get {
  readonly kind: "Get";
  /** The client's own number for this read. */
  readonly sequence: number;
  readonly key: Uint8Array;
}

export interface GetReply {
  readonly kind: "GetReply";
  readonly sequence: number;
  /** A transaction that may have committed writes the key: ask again. */
  readonly busy: boolean;
  readonly found: boolean;
  /** Empty unless found. */
  readonly value: Uint8Array;
}

/** A client asks for its transaction to be committed. */
export interface Commit {
  readonly kind: "Commit";
  readonly transaction: TransactionId;
  readonly participants: readonly Share[];
}

/** A client gives its transaction up: a participant that has not voted aborts it. */
export interface Abort {
  readonly kind: "Abort";
  readonly transaction: TransactionId;
}

/** A coordinator asks a participant to vote (Gray and Lamport, *Consensus on Transaction Commit* 2006, §3: Prepare). */
export interface VoteRequest {
  readonly kind: "VoteRequest";
  readonly transaction: TransactionId;
  readonly participants: readonly Share[];
}

/**
 * What became of a transaction. From a participant that has not voted it is its vote against it, which decides. Also an
 * entry: of whoever tells it.
 */
export interface Decision {
  readonly kind: "Decision";
  readonly transaction: TransactionId;
  readonly committed: boolean;
}

/**
 * What became of a transaction, for whoever has to know it until all participants have it. Also an entry: of that one.
 */
export interface Outcome {
  readonly kind: "Outcome";
  readonly transaction: TransactionId;
  readonly committed: boolean;
  readonly participants: readonly Share[];
}

export interface OutcomeRow {
  readonly transaction: TransactionId;
  readonly committed: boolean;
}

/** Whoever keeps outcomes asks a participant whether it has them; with this it does. */
export interface Reminder {
  readonly kind: "Reminder";
  readonly outcomes: readonly OutcomeRow[];
}

/** A participant has these outcomes on stable storage, and will never ask for them. */
export interface Settled {
  readonly kind: "Settled";
  readonly transactions: readonly { readonly transaction: TransactionId }[];
}

/**
 * Nothing is known of a transaction, and it will never begin: whoever is in doubt about it aborts, for what it has not
 * settled would not be forgotten. To all others it may have ended in any way.
 */
export interface Closed {
  readonly kind: "Closed";
  readonly transaction: TransactionId;
}

/** What became of it? From a participant that has voted and was told nothing, or from a client. */
export interface Inquire {
  readonly kind: "Inquire";
  readonly transaction: TransactionId;
  readonly participants: readonly Share[];
}

/**
 * A coordinator has as many transactions under way as it may, or cannot forget how earlier ones ended. Of an acceptor it
 * is for the leaders: it can take part in no new one.
 */
export interface Overloaded {
  readonly kind: "Overloaded";
  readonly transaction: TransactionId;
}

/** A write of a transaction. */
export interface Write {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Only an entry: a participant can commit this, and waits to be told. */
export interface Prepared {
  readonly kind: "Prepared";
  readonly transaction: TransactionId;
  readonly participants: readonly Share[];
  readonly writes: readonly Write[];
}

/** Only an entry, with which a log segment begins: committed data. */
export interface Stored {
  readonly kind: "Stored";
  readonly writes: readonly Write[];
}

/** Only an entry, with which a log segment begins: outcomes that are not remembered any more. */
export interface Forgotten {
  readonly kind: "Forgotten";
  /** The coordinator that gave out the numbers. */
  readonly coordinator: number;
  readonly through: TransactionId;
}

/** Only an entry, of a coordinator: it may have given out numbers up to this one. */
export interface Reserved {
  readonly kind: "Reserved";
  readonly through: TransactionId;
}

export type TransactionMessage =
  | Begin
  | Begun
  | Put
  | PutReply
  | Get
  | GetReply
  | Commit
  | Abort
  | VoteRequest
  | Decision
  | Inquire
  | Overloaded
  | Prepared
  | Stored
  | Forgotten
  | Reserved
  | Outcome
  | Reminder
  | Settled
  | Closed;

/** What all participants put on stable storage. */
export type StoreEntry = Prepared | Decision | Outcome | Stored | Forgotten;

const share = { list: [["node", "integer"] as const, ["writes", "integer"] as const] };
const write = { list: [["key", "bytes"] as const, ["value", "bytes"] as const] };

/** The first rows of a commit protocol's layout. */
export const transactionLayout: LayoutsOf<TransactionMessage> = {
  Begin: { sequence: "integer" },
  Begun: { sequence: "integer", transaction: "integer" },
  Put: { transaction: "integer", sequence: "integer", key: "bytes", value: "bytes" },
  PutReply: { transaction: "integer", sequence: "integer", held: "flag" },
  Get: { sequence: "integer", key: "bytes" },
  GetReply: { sequence: "integer", busy: "flag", found: "flag", value: "bytes" },
  Commit: { transaction: "integer", participants: share },
  Abort: { transaction: "integer" },
  VoteRequest: { transaction: "integer", participants: share },
  Decision: { transaction: "integer", committed: "flag" },
  Inquire: { transaction: "integer", participants: share },
  Overloaded: { transaction: "integer" },
  Prepared: { transaction: "integer", participants: share, writes: write },
  Stored: { writes: write },
  Forgotten: { coordinator: "integer", through: "integer" },
  Reserved: { through: "integer" },
  Outcome: { transaction: "integer", committed: "flag", participants: share },
  Reminder: {
    outcomes: {
      list: [
        ["transaction", "integer"],
        ["committed", "flag"],
      ],
    },
  },
  Settled: { transactions: { list: [["transaction", "integer"]] } },
  Closed: { transaction: "integer" },
};
