/**
 * A state machine between its replica and whoever checks: it tells what was applied and what was answered.
 */
import type { StateMachine } from "@synod/machines";
import { ByteReader, crc32c, DecodeError, type ByteWriter } from "@synod/wire";

/** Stands for the answer to a command that was refused; no checksum. */
export const refusedAnswer = -1;

/** Commands in their order, as a checksum. */
export class CommandSum {
  count = 0;
  #checksum = 0;

  add(command: Uint8Array): void {
    this.count += 1;
    this.#checksum = crc32c(command, 0, command.length, this.#checksum);
  }

  equals(other: CommandSum): boolean {
    return this.count === other.count && this.#checksum === other.#checksum;
  }
}

/** What was applied in one slot. */
export interface AppliedSlot {
  readonly commands: CommandSum;
  /** Checksums of the answers, in the order of the commands. */
  readonly answers: readonly number[];
  /** Bytes of the longest replies to one request. */
  readonly replyBytes: number;
}

export class WatchedMachine implements StateMachine {
  readonly name: string;
  readonly #machine: StateMachine;
  readonly #command = new ByteReader(new Uint8Array(0));
  #commands = new CommandSum();
  #answers: number[] = [];
  #replyBytes = 0;

  constructor(machine: StateMachine) {
    this.name = machine.name;
    this.#machine = machine;
  }

  /** What was applied since this was taken last. */
  takeApplied(): AppliedSlot {
    const applied = { commands: this.#commands, answers: this.#answers, replyBytes: this.#replyBytes };
    this.#commands = new CommandSum();
    this.#answers = [];
    this.#replyBytes = 0;
    return applied;
  }

  apply(command: ByteReader, reply: ByteWriter): void {
    const start = command.offset;
    const bytes = command.raw(command.remaining, "command");
    this.#commands.add(bytes);
    this.#command.reset(bytes);
    const at = reply.length;
    try {
      this.#machine.apply(this.#command, reply);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#answers.push(refusedAnswer);
      // Where it is in what the replica reads.
      throw new DecodeError(failure.field, start + failure.offset, failure.expected);
    }
    this.#answers.push(crc32c(reply.view(), at));
    this.#replyBytes = Math.max(this.#replyBytes, reply.length);
  }

  query(query: ByteReader, reply: ByteWriter): void {
    this.#machine.query(query, reply);
  }

  snapshot(): Iterable<Uint8Array> {
    return this.#machine.snapshot();
  }

  restore(parts: Iterable<Uint8Array>): void {
    this.#machine.restore(parts);
  }
}
