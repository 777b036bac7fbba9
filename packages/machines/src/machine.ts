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
   *
   * @param command a window on the bytes of this command, valid only during the call
   * @param reply written to at its end; where a reply begins and ends is the replica's business
   */
  apply(command: ByteReader, reply: ByteWriter): void;
  /** Answers a question without changing anything; otherwise like `apply`. */
  query(query: ByteReader, reply: ByteWriter): void;
  /**
   * The state as it is now, in parts of some 64 to 256 KiB, the same bytes for the same state. The parts are taken one
   * by one while later commands are already being applied, and must not show them. Whoever takes no more of them
   * before the end calls the iterator's `return`, as `for ... of` does.
   */
  snapshot(): Iterable<Uint8Array>;
  /**
   * Replaces the state by that of a snapshot, given as its parts or in other cuts of the same bytes. Takes all of them
   * before anything changes: they end in a DecodeError when the snapshot is cut short.
   */
  restore(parts: Iterable<Uint8Array>): void;
  /**
   * Tells what a command or a query reads and writes, by names of parts of the state: the order of two does not matter
   * when neither writes a part that the other reads or writes. Without it, it matters for all but two queries. One that
   * is not well formed throws a DecodeError.
   */
  readonly touches?: (command: ByteReader, touch: Touch) => void;
}

/** Takes the name of a part of the state, and whether it is written. */
export type Touch = (part: string, writes: boolean) => void;
