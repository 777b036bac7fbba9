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
  /** The first bytes of each answer, for people; none of a command that was refused. */
  readonly beginnings: readonly Uint8Array[];
  /** Bytes of the longest replies to one request. */
  readonly replyBytes: number;
}

/** Bytes of an answer that are remembered to be shown. */
const shownBytes = 80;

export class WatchedMachine implements StateMachine {
  readonly name: string;
  readonly #machine: StateMachine;
  readonly #command = new ByteReader(new Uint8Array(0));
  #commands = new CommandSum();
  #answers: number[] = [];
  #beginnings: Uint8Array[] = [];
  #replyBytes = 0;

  constructor(machine: StateMachine) {
    this.name = machine.name;
    this.#machine = machine;
  }

  /** What was applied since this was taken last. */
  takeApplied(): AppliedSlot {
    const applied = {
      commands: this.#commands,
      answers: this.#answers,
      beginnings: this.#beginnings,
      replyBytes: this.#replyBytes,
    };
    this.#commands = new CommandSum();
    this.#answers = [];
    this.#beginnings = [];
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
      if (!(failure instanceof DecodeError)) throw this.#thrown(failure);
      this.#answers.push(refusedAnswer);
      this.#beginnings.push(new Uint8Array(0));
      // Where it is in what the replica reads.
      throw new DecodeError(failure.field, start + failure.offset, failure.expected);
    }
    this.#answers.push(crc32c(reply.view(), at));
    this.#beginnings.push(reply.view().slice(at, at + shownBytes));
    this.#replyBytes = Math.max(this.#replyBytes, reply.length);
  }

  /** What the machine throws stops its replica, on every node that comes to this command. */
  #thrown(failure: unknown): Error {
    const what = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
    const message =
      `apply of the state machine ${JSON.stringify(this.name)} throws ${what}: the replica stops at this command, on ` +
      "every node; let apply answer that it cannot be done, or refuse the command with a DecodeError";
    return new Error(message, { cause: failure });
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
