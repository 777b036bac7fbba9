/**
 * A replicated state machine: what the chosen commands are applied to, on every node, in slot order.
 */
import type { ByteReader, ByteWriter } from "@synod/wire";

export interface StateMachine {
  /** Names the machine and the version of its commands and snapshots, e.g. `kv/1`; a snapshot of another is refused. */
  readonly name: string;
  /**
   * Applies one command and writes its reply. Must be deterministic: the same commands in the same order give the same
   * replies and state on every node. A command that is not well formed throws a DecodeError before anything has
   * changed; anything else thrown stops the replica.
   */
  apply(command: ByteReader, reply: ByteWriter): void;
  /** Answers a question without changing anything. */
  query(query: ByteReader, reply: ByteWriter): void;
  /**
   * The state as it is now, in parts. The parts are taken one by one while later commands are already being applied,
   * and must not show them.
   */
  snapshot(): Iterable<Uint8Array>;
  /** Replaces the state by that of a snapshot, given as its parts or in other cuts of the same bytes. */
  restore(parts: Iterable<Uint8Array>): void;
}
