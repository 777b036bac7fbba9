/**
 * What clients have chosen: a value is a batch of entries, each of which says how long it is, so that a leader joins
 * the entries of many clients without reading them. An empty value is a no-op.
 *
 *     entry      size u32, of what follows | kind u8 | client u32 | reply to u32 | ...
 *     open       ... | nonce integer
 *     request    ... | session integer | sequence integer | acknowledged integer | count u32 | commands
 *     read       ... | a query: where reads go through the log
 *
 *     query      sequence integer | count u32 | queries            where a leader confirms reads, it is no entry
 *
 * A command and a query is a length of 4 bytes and the bytes, which only the machine reads.
 */
import { isAddress, limits, type Address } from "@synod/protocol";
import { ByteWriter, DecodeError, type ByteReader } from "@synod/wire";
import { LimitError } from "./limit-error.ts";

const entryKind = { open: 0, request: 1, read: 2 } as const;
/** Bytes of an entry before what is its kind's own. */
const entryStartBytes = 13;

/** What every entry of a client says. */
export interface Sender {
  /** Who gets the reply. */
  readonly client: Address;
  /** The node whose replica answers, or `everyReplica`. */
  readonly replyTo: number;
}

export interface RequestHeader extends Sender {
  readonly session: number;
  /** The request's number in its session, from 1 on without gaps. A retry keeps it. */
  readonly sequence: number;
  /** The client needs no reply to a request below this sequence any more. */
  readonly acknowledged: number;
}

/** The entry that opens a session. The reply repeats `nonce`, by which the client knows its own. */
export function encodeOpen(sender: Sender, nonce: number): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(32);
  writeEntryStart(writer, entryKind.open, sender);
  writer.integer(nonce);
  writer.setU32(0, writer.length - 4);
  return writer.take(0);
}

/** The entry that has a read answered at its place in the log: `query` is as a `QueryWriter` writes it. */
export function encodeRead(sender: Sender, query: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = headerWriter;
  writer.clear();
  writeEntryStart(writer, entryKind.read, sender);
  writer.setU32(0, entryStartBytes - 4 + query.length);
  const entry = new Uint8Array(entryStartBytes + query.length);
  entry.set(writer.view());
  entry.set(query, entryStartBytes);
  return entry;
}

/** Writes the header of a whole request anew, before it is sent or sent once more. */
export function addressRequest(request: Uint8Array, header: RequestHeader): void {
  const writer = headerWriter;
  writer.clear();
  writeEntryStart(writer, entryKind.request, header);
  writer.setU32(0, request.length - 4);
  writeRequestStart(writer, header);
  request.set(writer.view());
}

/** Writes the sequence of a whole read anew, before it is sent once more. */
export function numberRead(read: Uint8Array, sequence: number): void {
  headerWriter.clear();
  headerWriter.integer(sequence);
  read.set(headerWriter.view());
}

const headerWriter = new ByteWriter(64);

/** Gathers commands into a request: the unit of retry. Reused from request to request. */
export class RequestWriter {
  readonly #writer = new ByteWriter();
  #countAt = 0;
  #count = 0;

  /** Begins a request; one that was not taken is forgotten. */
  begin(header: RequestHeader): void {
    const writer = this.#writer;
    writer.clear();
    writeEntryStart(writer, entryKind.request, header);
    writeRequestStart(writer, header);
    this.#countAt = writer.length;
    this.#count = 0;
    writer.u32(0);
  }

  /** Commands so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the entry so far. */
  get sizeBytes(): number {
    return this.#writer.length;
  }

  /**
   * Adds the command that `write` writes. When it throws, nothing is added.
   *
   * @returns false when it does not fit into `limits.valueBytes` with what is there: add it to another one
   * @throws LimitError when it fits into none
   */
  add(write: (command: ByteWriter) => void): boolean {
    const added = addTo(this.#writer, write, this.#count === 0);
    if (added) this.#count += 1;
    return added;
  }

  /** The entry, in a buffer of its own. */
  take(): Uint8Array<ArrayBuffer> {
    const writer = this.#writer;
    writer.setU32(0, writer.length - 4);
    writer.setU32(this.#countAt, this.#count);
    return writer.take(writer.length);
  }
}

/** Gathers queries into a read. */
export class QueryWriter {
  readonly #writer = new ByteWriter();
  #count = 0;

  /** Begins a read; the reply repeats `sequence`. */
  begin(sequence: number): void {
    this.#writer.clear();
    this.#writer.integer(sequence);
    this.#writer.u32(0);
    this.#count = 0;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#writer.length;
  }

  /**
   * Adds the query that `write` writes. When it throws, nothing is added.
   *
   * @returns false when it does not fit into `limits.valueBytes` with what is there: add it to another one
   * @throws LimitError when it fits into none
   */
  add(write: (query: ByteWriter) => void): boolean {
    const added = addTo(this.#writer, write, this.#count === 0);
    if (added) this.#count += 1;
    return added;
  }

  /** The read, in a buffer of its own. */
  take(): Uint8Array<ArrayBuffer> {
    this.#writer.setU32(8, this.#count);
    return this.#writer.take(this.#writer.length);
  }
}

/** An entry's fields as a replica reads them: one, reused. */
export class EntryHeader {
  kind: "open" | "request" | "read" = "open";
  client: Address = 0;
  replyTo = 0;
  nonce = 0;
  session = 0;
  sequence = 0;
  acknowledged = 0;
  /** Commands, which lie between these offsets, each whole. */
  count = 0;
  commandsStart = 0;
  commandsEnd = 0;

  /** Reads an entry after its size, to its end. @throws DecodeError */
  read(entry: ByteReader): void {
    const at = entry.offset;
    const kind = entry.u8("entry kind");
    this.client = entry.u32("client");
    if (!isAddress(this.client)) throw new DecodeError("client", at + 1, `an address, got ${this.client}`);
    this.replyTo = entry.u32("reply to");
    switch (kind) {
      case entryKind.open:
        this.kind = "open";
        this.nonce = entry.integer("nonce");
        return entry.end("open");
      case entryKind.request:
        this.kind = "request";
        this.session = entry.integer("session");
        this.sequence = readSequence(entry, "sequence");
        this.acknowledged = readSequence(entry, "acknowledged");
        return this.#readCommands(entry);
      case entryKind.read:
        this.kind = "read";
        this.sequence = entry.integer("sequence");
        return this.#readCommands(entry);
      default:
        throw new DecodeError("entry kind", at, `0 to 2, got ${kind}`);
    }
  }

  #readCommands(entry: ByteReader): void {
    this.count = entry.u32("command count");
    this.commandsStart = entry.offset;
    skipAll(entry, this.count);
    this.commandsEnd = entry.offset;
  }
}

/** Passes over `count` commands, of which each must be whole and nothing left over. @throws DecodeError */
export function skipAll(commands: ByteReader, count: number): void {
  for (let i = 0; i < count; i++) commands.skip(commands.u32("command length"), "command");
  commands.end("commands");
}

/** Below the greatest safe integer, so that the next one is safe too. */
function readSequence(entry: ByteReader, field: string): number {
  const at = entry.offset;
  const sequence = entry.integer(field);
  if (sequence >= Number.MAX_SAFE_INTEGER) throw new DecodeError(field, at, "an integer below 2^53 - 1");
  return sequence;
}

function writeEntryStart(writer: ByteWriter, kind: number, { client, replyTo }: Sender): void {
  writer.u32(0);
  writer.u8(kind);
  writer.u32(client);
  writer.u32(replyTo);
}

function writeRequestStart(writer: ByteWriter, { session, sequence, acknowledged }: RequestHeader): void {
  writer.integer(session);
  writer.integer(sequence);
  writer.integer(acknowledged);
}

function addTo(writer: ByteWriter, write: (writer: ByteWriter) => void, first: boolean): boolean {
  const at = writer.length;
  writer.u32(0);
  try {
    write(writer);
  } catch (failure) {
    writer.truncate(at);
    throw failure;
  }
  const end = writer.length;
  if (end <= limits.valueBytes) {
    writer.setU32(at, end - at - 4);
    return true;
  }
  writer.truncate(at);
  if (first) throw new LimitError("valueBytes", end);
  return false;
}
