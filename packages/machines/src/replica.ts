/**
 * What a learner's host applies the chosen values to: the sessions of the clients and the state machine, together.
 * Replicas that have applied the same slots are the same, whatever node they are on; only who answers differs.
 */
import { everyReplica, limits, type Address, type Value } from "@synod/protocol";
import { ByteReader, ByteWriter, crc32c, DecodeError } from "@synod/wire";
import { EntryHeader, skipAll } from "./entries.ts";
import type { StateMachine } from "./machine.ts";
import { partsOf } from "./parts.ts";
import * as replies from "./replies.ts";
import { Sessions, type Session } from "./sessions.ts";
import { readSnapshotStart, replicaParts, restOf, SnapshotMismatch } from "./replica-snapshot.ts";

/** Takes a reply on its way to a client. The replica remembers these very bytes: they must not be changed. */
export type Respond = (client: Address, reply: Uint8Array) => void;

export interface ReplicaOptions {
  readonly machine: StateMachine;
  /** The node that it is on: it answers the entries that ask this node to. */
  readonly node: number;
  /**
   * Whether replicas may apply values that do not interfere in different orders, up to the next no-op: there they are
   * the same again. Absent where all apply the same in each slot.
   */
  readonly unordered?: boolean;
}

/** Counts since the replica was made; not part of its state. */
export interface ReplicaCounters {
  /** Commands and queries given to the machine. */
  commands: number;
  /** Requests that had run already: answered from memory, or not at all when the client had their reply. */
  repeated: number;
  /** Requests that came before one that must run first. */
  outOfOrder: number;
  /** Requests of sessions, or of replies, that are forgotten. */
  expired: number;
  /** Commands and queries that were not well formed, or whose reply had no room. */
  refused: number;
  /** Entries and reads that were not well formed, and rests of values after a size that cannot be. */
  malformed: number;
}

/**
 * Once the replies of one request fill this many bytes, the rest of its commands are refused; and no single reply is
 * larger. Else they would fit into no frame, and every replica would end at the same slot, whenever it starts.
 */
const replyBytes = limits.answerBytes;

const nothing = new Uint8Array(0);

export class Replica {
  readonly #machine: StateMachine;
  readonly #node: number;
  readonly #unordered: boolean;
  readonly #counters: ReplicaCounters = newCounters();
  #sessions = new Sessions();
  #appliedSlot = 0;
  readonly #entry = new ByteReader(nothing);
  readonly #command = new ByteReader(nothing);
  readonly #header = new EntryHeader();
  readonly #replies = new ByteWriter(64 * 1024);

  constructor({ machine, node, unordered = false }: ReplicaOptions) {
    this.#machine = machine;
    this.#node = node;
    this.#unordered = unordered;
  }

  /** The last slot applied; 0 for none. */
  get appliedSlot(): number {
    return this.#appliedSlot;
  }

  get counters(): Readonly<ReplicaCounters> {
    return this.#counters;
  }

  /** Open sessions, and the bytes of the replies that they remember. */
  get sessions(): { readonly size: number; readonly sizeBytes: number } {
    return this.#sessions;
  }

  /**
   * Applies the value chosen in the slot after the last one applied. Bad bytes are counted and refused; nothing of what
   * is refused changes anything.
   *
   * @throws RangeError for any other slot: values are applied in slot order, each once
   */
  apply(slot: number, value: Value, respond: Respond): void {
    if (slot !== this.#appliedSlot + 1) throw new RangeError(`slot ${slot} after slot ${this.#appliedSlot}`);
    this.#appliedSlot = slot;
    if (value.length === 0) return this.#settle();
    const entry = this.#entry;
    for (let at = 0; at < value.length;) {
      const end = entryEnd(entry, value, at);
      if (end === undefined) {
        this.#counters.malformed += 1;
        return;
      }
      if (this.#readEntry()) this.#applyEntry(value, respond);
      at = end;
    }
  }

  /** Answers a read, as a `QueryWriter` writes it, from the state as it is. */
  query(client: Address, query: Uint8Array, respond: Respond): void {
    const reader = this.#entry;
    const writer = this.#replies;
    reader.reset(query);
    try {
      const sequence = reader.integer("sequence");
      const count = reader.u32("query count");
      const first = reader.offset;
      skipAll(reader, count);
      reader.reset(query, first);
      replies.beginRead(writer, sequence, count);
      this.#run(query, count, true);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#counters.malformed += 1;
      return;
    }
    respond(client, writer.view().slice());
  }

  /**
   * Everything as it is now, in parts that may be taken while later values are applied. The same for all replicas that
   * have applied the same slots.
   */
  snapshot(): IterableIterator<Uint8Array> {
    const sessions = this.#sessions.capture();
    const machine = this.#machine.snapshot()[Symbol.iterator]();
    const parts = replicaParts(this.#machine.name, this.#appliedSlot, sessions, machine);
    return partsOf(parts, () => machine.return?.());
  }

  /**
   * Replaces everything by what a snapshot holds; when it throws, nothing has changed.
   *
   * @param expectedSlot the slot that the snapshot must be of; any when it is not given
   * @throws SnapshotMismatch when it is of another machine, format or slot; DecodeError when its bytes are damaged
   */
  restore(parts: Iterable<Uint8Array>, expectedSlot?: number): void {
    const { slot, sessions, reader } = readSnapshotStart(parts, this.#machine.name);
    if (expectedSlot !== undefined && slot !== expectedSlot) {
      throw new SnapshotMismatch("slot", String(slot), String(expectedSlot));
    }
    this.#machine.restore(restOf(reader));
    this.#sessions = sessions;
    this.#appliedSlot = slot;
  }

  /** A checksum of the snapshot as of now: replicas that have applied the same slots have the same. Reads everything. */
  digest(): number {
    let checksum = 0;
    for (const part of this.snapshot()) checksum = crc32c(part, 0, part.length, checksum);
    return checksum;
  }

  /** False when the entry cannot be trusted: it is counted and passed over. */
  #readEntry(): boolean {
    const entry = this.#entry;
    try {
      this.#header.read(entry);
      return true;
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#counters.malformed += 1;
      return false;
    }
  }

  #applyEntry(value: Value, respond: Respond): void {
    const { kind, client, replyTo } = this.#header;
    const answers = replyTo === this.#node || replyTo === everyReplica;
    // A read changes nothing: only who answers it runs it.
    if (kind === "read" && !answers) return;
    const reply = this.#outcome(value);
    if (reply !== undefined && answers) respond(client, reply);
  }

  #outcome(value: Value): Uint8Array | undefined {
    const { kind, nonce, sequence, count, commandsStart, commandsEnd } = this.#header;
    switch (kind) {
      case "open": {
        const { id } = this.#sessions.open();
        this.#evict();
        return replies.encodeOpened(nonce, id);
      }
      case "request":
        return this.#request(value);
      case "read":
        replies.beginRead(this.#replies, sequence, count);
        this.#entry.reset(value, commandsStart, commandsEnd);
        this.#run(value, count, true);
        return this.#replies.view().slice();
    }
  }

  /** Which sessions are forgotten depends on the order of their use: where that is open, it waits for a no-op. */
  #evict(): void {
    if (!this.#unordered) this.#sessions.evict();
  }

  #settle(): void {
    if (!this.#unordered) return;
    this.#sessions.settle();
    this.#sessions.evict();
  }

  /** Runs a request if it is the next of its session. */
  #request(value: Value): Uint8Array | undefined {
    const { session: id, sequence, acknowledged, count, commandsStart, commandsEnd } = this.#header;
    const session = this.#sessions.use(id);
    if (session === undefined) {
      this.#counters.expired += 1;
      return replies.encodeExpired(id, sequence);
    }
    this.#sessions.acknowledge(session, acknowledged);
    if (sequence < session.next) return this.#repeated(session, sequence);
    if (sequence > session.next) {
      this.#counters.outOfOrder += 1;
      return replies.encodeOutOfOrder(id, sequence, session.next);
    }
    const writer = this.#replies;
    replies.beginDone(writer, id, sequence, count);
    this.#entry.reset(value, commandsStart, commandsEnd);
    this.#run(value, count, false);
    const reply = writer.view().slice();
    this.#sessions.remember(session, reply);
    this.#evict();
    return reply;
  }

  #repeated(session: Session, sequence: number): Uint8Array | undefined {
    this.#counters.repeated += 1;
    if (sequence < session.acknowledged) return undefined;
    const reply = session.reply(sequence);
    if (reply !== undefined) return reply;
    this.#counters.expired += 1;
    return replies.encodeExpired(session.id, sequence);
  }

  /** Gives the commands or queries that follow in the entry to the machine, one by one; their frame is checked. */
  #run(bytes: Uint8Array, count: number, asQueries: boolean): void {
    const machine = this.#machine;
    const entry = this.#entry;
    const command = this.#command;
    const writer = this.#replies;
    this.#counters.commands += count;
    for (let i = 0; i < count; i++) {
      const length = entry.u32("command length");
      const start = entry.offset;
      entry.skip(length, "command");
      const at = replies.beginReply(writer);
      if (at >= replyBytes) {
        this.#refuse(at, "no room for its reply");
        continue;
      }
      command.reset(bytes, start, start + length);
      try {
        if (asQueries) machine.query(command, writer);
        else machine.apply(command, writer);
        replies.endReply(writer, at);
        const sizeBytes = writer.length - at;
        if (sizeBytes > replyBytes) this.#refuse(at, `it ran, but its reply of ${sizeBytes} bytes is too large`);
      } catch (failure) {
        if (!(failure instanceof DecodeError)) throw failure;
        const { field, offset, expected } = failure;
        this.#refuse(at, `${field} at byte ${offset - start}: expected ${expected}`);
      }
    }
  }

  #refuse(at: number, reason: string): void {
    this.#counters.refused += 1;
    replies.refuse(this.#replies, at, reason);
  }
}

/** Where the entry at `at` ends, with `entry` reading it after its size; undefined when that goes past the value. */
function entryEnd(entry: ByteReader, value: Value, at: number): number | undefined {
  if (value.length - at < 4) return undefined;
  entry.reset(value, at);
  const sizeBytes = entry.u32("entry size");
  const start = entry.offset;
  if (sizeBytes > value.length - start) return undefined;
  entry.reset(value, start, start + sizeBytes);
  return start + sizeBytes;
}

function newCounters(): ReplicaCounters {
  return { commands: 0, repeated: 0, outOfOrder: 0, expired: 0, refused: 0, malformed: 0 };
}
