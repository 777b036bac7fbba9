import { Data } from "effect";

/** A worker thread did not start, or ended while something was asked of it. */
export class ActorError extends Data.TaggedError("ActorError")<{
  /** The thread, as its node and roles: `node 1 acceptor`. */
  readonly actor: string;
  readonly message: string;
  readonly cause?: unknown;
}> {}

/** A node, or a role on it, that this cluster does not have. */
export class UnknownActor extends Data.TaggedError("UnknownActor")<{
  readonly message: string;
}> {}
