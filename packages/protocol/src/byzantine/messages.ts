/**
 * The messages of Byzantine Paxos, and their flow: with 3f + 1 nodes, f of which may lie in any way. It is Lamport's
 * *Byzantizing Paxos by Refinement* (2011) with the leader's change and the log of Castro and Liskov, *Practical
 * Byzantine Fault Tolerance* (1999). A node is honest or not with all its roles: they believe each other.
 *
 *     steady state        client   -> proposers x4 : Request          all know of it, so that none can suppress it
 *                         proposer -> own acceptor : Vouched          a client asked for this command
 *                         leader   -> acceptors x4 : Accept           one slot, one batch
 *                         acceptor -> acceptors x4 : Verify           this is what the leader sent me
 *                         acceptor -> learners x4  : Accepted         2f + 1 verify the same: a vote
 *                         acceptor -> own learner  : AcceptedValue    the value, once
 *                         learners -> client       : Response         the client believes f + 1 equal ones
 *                         learner  -> own acceptor : Learned          these are chosen
 *                         acceptor -> own proposer : Served           these commands are done
 *
 *     a late request      proposer -> proposers    : Relayed          f + 1 that relay it are as good as the client
 *                         proposer -> own acceptor : Doubted          later still: the leader is silent, or lies
 *
 *     another leader      acceptor -> acceptors    : Suspected        f + 1 of them, and an acceptor moves on
 *                         acceptor -> next leader  : Promised         its votes, each with 2f + 1 Verify as proof
 *                         leader   -> acceptor     : Wanted           the value of one of them
 *                         acceptor -> leader       : Payload
 *                         leader   -> acceptors x4 : NewView          2f + 1 Promised: what may have been chosen
 *                         acceptor -> own proposer : Standing         the ballot that it is in
 *
 *     checkpoints         acceptor -> acceptors x4 : Checkpoint       my log has all up to here, on stable storage
 *                         acceptor -> own learner  : Known            f + 1 say that more is chosen
 *
 *     a learner behind    learner  -> acceptors x4 : CatchUp          f + 1 equal answers are believed,
 *                         acceptor -> learner      : Chosen           or the own acceptor's alone
 *                         learner  -> own acceptor : Chosen           what its log lacked
 *                         learner  -> learners x3  : FetchSnapshot    when f + 1 logs no longer go back so far
 *                         learner  -> learner      : SnapshotPart     f + 1 equal parts are believed
 *                         learner  -> acceptors    : Trim             my snapshot holds all up to here
 *
 * Why it is so:
 * - Two quorums share an honest acceptor, which verifies one value in a slot and ballot. So no two values have 2f + 1
 *   Verify, and a vote, which has them as its certificate, can be shown to anybody.
 * - A vote follows only from a certificate, and a value is chosen by 2f + 1 votes. Of any 2f + 1 Promised one is of an
 *   honest acceptor that voted for it and must show the certificate. The value of the highest ballot with a certificate
 *   is therefore the only one that may have been chosen below: every acceptor computes that by itself from NewView.
 * - A Verify is on stable storage before it leaves, as a vote is: an acceptor that forgets is one that lies.
 * - What no client asked for cannot be chosen, although clients sign nothing: an acceptor verifies a command only when
 *   its own proposer had it from the client, or f + 1 proposers relay it, and no more often than that; what was served
 *   may be proposed twice more: the client asked again, and the state machine's sessions run it once.
 * - A NewView begins at the highest slot up to which 2f + 1 acceptors, so f + 1 honest ones, have the log: their
 *   Checkpoints prove it. Below it everyone can catch up, above it all honest acceptors still have their certificates.
 * - Who takes part in what is bounded by that slot: nobody proposes or verifies beyond a window above it.
 *
 * A link tells truly from which node a message comes; what is shown to third parties is signed besides, and so is all
 * from which a role concludes what other nodes hold. See `seals.ts`.
 */
import type { Ballot } from "../ballot.ts";
import { layouts } from "../layout.ts";
import { namedValueLayout, type Payload, type Wanted } from "../named-values.ts";
import { catchUpLayout, type CatchUp, type CatchUpMessage, type Chosen } from "../replication/messages.ts";
import type { FetchSnapshot, Slot, SnapshotPart, Trim } from "../replication/messages.ts";
import { serviceLayout, type Overloaded, type Request, type Response, type ServiceMessage } from "../service.ts";
import type { Value } from "../value.ts";

export type {
  CatchUp,
  Chosen,
  FetchSnapshot,
  Overloaded,
  Payload,
  Request,
  Response,
  Slot,
  SnapshotPart,
  Trim,
  Wanted,
};

/** A proposer to its own acceptor: this command was asked for. */
export interface Vouched {
  readonly kind: "Vouched";
  /** Of the command. */
  readonly digest: Uint8Array;
}

/** A command that a client asked this proposer for, and that is not served in time. */
export interface Relayed {
  readonly kind: "Relayed";
  readonly command: Value;
}

/** A proposer to its own acceptor: the leader of this ballot does not serve what clients ask for. */
export interface Doubted {
  readonly kind: "Doubted";
  readonly ballot: Ballot;
}

/** An acceptor to its own proposer: where it stands. */
export interface Standing {
  readonly kind: "Standing";
  readonly ballot: Ballot;
  /** The last slot of the stable checkpoint. */
  readonly stable: Slot;
  /** All slots up to here are chosen, and these are in its log or its learner's snapshot. */
  readonly chosenThrough: Slot;
}

/** An acceptor to its own proposer: these commands are done, as all slots up to `through` are chosen. */
export interface Served {
  readonly kind: "Served";
  readonly through: Slot;
  readonly commands: readonly { readonly digest: Uint8Array }[];
}

/** Phase 2a: a proposal of the leader of `ballot`. Also an entry: what an acceptor is about to verify. */
export interface Accept {
  readonly kind: "Accept";
  readonly ballot: Ballot;
  readonly slot: Slot;
  /** Commands end to end; none for a no-op. */
  readonly value: Value;
  readonly signature: Uint8Array;
}

/** An acceptor tells all that this is what the leader proposes: the first of ballot and slot that it has seen. */
export interface Verify {
  readonly kind: "Verify";
  readonly ballot: Ballot;
  readonly slot: Slot;
  /** Of the value. */
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}

/** A Verify as a row of a certificate. */
export interface Witness {
  readonly acceptor: number;
  readonly signature: Uint8Array;
}

/** Phase 2b: a vote, cast when a quorum has verified the same value. */
export interface Accepted {
  readonly kind: "Accepted";
  readonly ballot: Ballot;
  readonly slot: Slot;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}

/** An entry: a quorum has verified what this acceptor did, and it votes. */
export interface Certified {
  readonly kind: "Certified";
  readonly ballot: Ballot;
  readonly slot: Slot;
  readonly certificate: readonly Witness[];
}

/** An acceptor to its own learner: what it has voted for. */
export interface AcceptedValue {
  readonly kind: "AcceptedValue";
  readonly slot: Slot;
  readonly digest: Uint8Array;
  readonly value: Value;
}

/** An acceptor asks for this ballot, or a higher one. */
export interface Suspected {
  readonly kind: "Suspected";
  readonly ballot: Ballot;
  readonly signature: Uint8Array;
}

/** An entry: an acceptor is in this ballot, and verifies and votes in none below. */
export interface Entered {
  readonly kind: "Entered";
  readonly ballot: Ballot;
}

/** The Checkpoint of one acceptor, as a row of a proof. */
export interface CheckpointRow {
  readonly acceptor: number;
  readonly slot: Slot;
  readonly signature: Uint8Array;
}

/** Phase 1b, to the leader of `ballot`: never again below it, and what it has voted for. */
export interface Promised {
  readonly kind: "Promised";
  readonly ballot: Ballot;
  /** The last slot of its stable checkpoint, and a quorum's checkpoints that prove it; none for 0. */
  readonly stable: Slot;
  readonly checkpoints: readonly CheckpointRow[];
  /** Its last vote in each slot above that, in slot order. Digests stand for the values: together those may be large. */
  readonly votes: readonly VoteRow[];
  readonly signature: Uint8Array;
}

/** A Promised as a row of a NewView. */
export interface PromiseRow {
  readonly acceptor: number;
  readonly stable: Slot;
  readonly checkpoints: readonly CheckpointRow[];
  readonly votes: readonly VoteRow[];
  readonly signature: Uint8Array;
}

export interface VoteRow {
  readonly slot: Slot;
  readonly ballot: Ballot;
  readonly digest: Uint8Array;
  readonly certificate: readonly Witness[];
}

/** The leader of `ballot` begins, and shows why its first proposals are the only safe ones. */
export interface NewView {
  readonly kind: "NewView";
  readonly ballot: Ballot;
  readonly promises: readonly PromiseRow[];
  readonly signature: Uint8Array;
}

/** An acceptor's log, or its learner's snapshot, has all chosen values up to `slot` on stable storage. */
export interface Checkpoint {
  readonly kind: "Checkpoint";
  readonly slot: Slot;
  readonly signature: Uint8Array;
}

/** An entry: a quorum's checkpoints. */
export interface Stable {
  readonly kind: "Stable";
  readonly slot: Slot;
  readonly checkpoints: readonly CheckpointRow[];
}

/** A learner to its own acceptor: these are chosen. Where the acceptor voted for another value it must fetch that. */
export interface Learned {
  readonly kind: "Learned";
  /** The slot of the first; the others follow without a gap. */
  readonly from: Slot;
  readonly values: readonly { readonly digest: Uint8Array }[];
}

/** An entry: this log, or its learner's snapshot, has all chosen values up to `slot`. */
export interface Complete {
  readonly kind: "Complete";
  readonly slot: Slot;
}

/** An acceptor to its own learner: some honest acceptor knows that all up to `slot` is chosen. */
export interface Known {
  readonly kind: "Known";
  readonly slot: Slot;
}

export type Message =
  | ServiceMessage
  | Vouched
  | Relayed
  | Doubted
  | Standing
  | Served
  | Accept
  | Verify
  | Accepted
  | Certified
  | AcceptedValue
  | Suspected
  | Entered
  | Promised
  | Wanted
  | Payload
  | NewView
  | Checkpoint
  | Stable
  | Learned
  | Complete
  | Known
  | CatchUpMessage;

/** What goes to stable storage: of a proposer the ballot that it leads; the others are an acceptor's. */
export type Entry = Entered | Accept | Certified | Stable | Complete | Chosen | Trim;

const witnesses = {
  list: [
    ["acceptor", "integer"],
    ["signature", "bytes"],
  ],
} as const;

const checkpointRows = {
  list: [
    ["acceptor", "integer"],
    ["slot", "integer"],
    ["signature", "bytes"],
  ],
} as const;

const voteRows = {
  list: [
    ["slot", "integer"],
    ["ballot", "integer"],
    ["digest", "bytes"],
    ["certificate", witnesses],
  ],
} as const;

/** The order of kinds and fields on the wire. */
export const layout = layouts<Message>({
  ...serviceLayout,
  Vouched: { digest: "bytes" },
  Relayed: { command: "bytes" },
  Doubted: { ballot: "integer" },
  Standing: { ballot: "integer", stable: "integer", chosenThrough: "integer" },
  Served: { through: "integer", commands: { list: [["digest", "bytes"]] } },
  Accept: { ballot: "integer", slot: "integer", value: "bytes", signature: "bytes" },
  Verify: { ballot: "integer", slot: "integer", digest: "bytes", signature: "bytes" },
  Accepted: { ballot: "integer", slot: "integer", digest: "bytes", signature: "bytes" },
  Certified: { ballot: "integer", slot: "integer", certificate: witnesses },
  AcceptedValue: { slot: "integer", digest: "bytes", value: "bytes" },
  Suspected: { ballot: "integer", signature: "bytes" },
  Entered: { ballot: "integer" },
  Promised: {
    ballot: "integer",
    stable: "integer",
    checkpoints: checkpointRows,
    votes: voteRows,
    signature: "bytes",
  },
  ...namedValueLayout,
  NewView: {
    ballot: "integer",
    promises: {
      list: [
        ["acceptor", "integer"],
        ["stable", "integer"],
        ["checkpoints", checkpointRows],
        ["votes", voteRows],
        ["signature", "bytes"],
      ],
    },
    signature: "bytes",
  },
  Checkpoint: { slot: "integer", signature: "bytes" },
  Stable: { slot: "integer", checkpoints: checkpointRows },
  Learned: { from: "integer", values: { list: [["digest", "bytes"]] } },
  Complete: { slot: "integer" },
  Known: { slot: "integer" },
  ...catchUpLayout,
});
