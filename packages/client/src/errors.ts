/**
 * Why a command failed. All but `CommandRefused` leave open whether it took effect: it may have, or may still, unless
 * nothing was sent.
 */
import { Data } from "effect";

/** Too few acceptors answer; the command was tried until its deadline. */
export class NoQuorum extends Data.TaggedError("NoQuorum")<{
  /** Acceptors that answered the proposer which was asked last. */
  readonly reachable: number;
  /** Acceptors that a quorum takes. */
  readonly needed: number;
  /** How long it was tried, in milliseconds. */
  readonly afterMs: number;
}> {
  override get message(): string {
    return `no quorum: ${this.reachable} of ${this.needed} needed acceptors answer, tried for ${this.afterMs} ms; restart a node`;
  }
}

/** The deadline passed without an answer. */
export class Timeout extends Data.TaggedError("Timeout")<{
  /** How long it was tried, in milliseconds. */
  readonly afterMs: number;
}> {
  override get message(): string {
    return `timeout: no answer within ${this.afterMs} ms; the command may still take effect`;
  }
}

/**
 * A queue is full, here or at the leader, which refused each try: try again later. A command that this client refused at
 * once has no effect. One that the leader refused may still take effect: the network may deliver a try twice, and the
 * leader may have room for the second copy; or it goes with others of its batch that are tried for longer.
 */
export class Overloaded extends Data.TaggedError("Overloaded")<{
  /** What is full. */
  readonly message: string;
  /** False when this client refused it at once. */
  readonly mayTakeEffect: boolean;
}> {}

/** The caller's AbortSignal fired. */
export class Cancelled extends Data.TaggedError("Cancelled")<{ readonly reason: unknown }> {
  override get message(): string {
    return "cancelled: the command may still take effect";
  }
}

/** The replicas have forgotten this client's session, so that they cannot tell whether the command ran before. */
export class SessionExpired extends Data.TaggedError("SessionExpired") {
  override get message(): string {
    return "session expired: other clients were more active; the command may have taken effect before, the next ones use a new session";
  }
}

/**
 * So many transactions have ended since this one began that nobody remembers any more whether it has. It is not committed
 * from now on; it may have been, when that was asked for before.
 */
export class TransactionExpired extends Data.TaggedError("TransactionExpired")<{
  readonly transaction: number;
}> {
  override get message(): string {
    return (
      `transaction ${this.transaction} is too old: more have ended since it began than are remembered; ` +
      "it is not committed, unless an earlier try to commit it was; begin another one"
    );
  }
}

/**
 * The state machine refused the command, which changed nothing; or the reply was too large to send, and then the
 * message says that the command ran.
 */
export class CommandRefused extends Data.TaggedError("CommandRefused")<{
  readonly message: string;
}> {}

/** The command was run, but the reply is not one that this client's codec reads: it is that of another state machine. */
export class UnreadableReply extends Data.TaggedError("UnreadableReply")<{
  readonly message: string;
  readonly cause: unknown;
}> {}

/** The client has been closed. */
export class Closed extends Data.TaggedError("Closed") {
  override get message(): string {
    return "the client is closed";
  }
}

/**
 * The members of the cluster have not been changed. Unless an earlier try of the same change was under way when its leader
 * was replaced: then it may still be made.
 */
export class ChangeRefused extends Data.TaggedError("ChangeRefused")<{
  /** What speaks against it. */
  readonly reason: string;
  /** New members that answer, and how many it takes; 0 where that is not the reason. */
  readonly reachable?: number;
  readonly needed?: number;
}> {
  override get message(): string {
    const { reason, reachable = 0, needed = 0 } = this;
    return `refused: ${reason}${needed === 0 ? "" : `: ${reachable} of the ${needed} that it takes`}`;
  }
}

export type ClientError =
  NoQuorum | Timeout | Overloaded | Cancelled | SessionExpired | CommandRefused | UnreadableReply | Closed;
