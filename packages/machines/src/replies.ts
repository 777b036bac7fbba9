/**
 * What a replica answers a client, in bytes:
 *
 *     opened        kind u8 | nonce integer | session integer
 *     done          kind u8 | session integer | sequence integer | count u32 | replies
 *     outOfOrder    kind u8 | session integer | sequence integer | expected integer
 *     expired       kind u8 | session integer | sequence integer
 *     read          kind u8 | sequence integer | count u32 | replies
 *
 * A reply to a command is 0 or 1 (refused) in one byte, a length of 4 bytes, and the machine's bytes or the reason.
 */
import { ByteReader, ByteWriter, DecodeError } from "@synod/wire";
import { utf8Bytes, utf8Text } from "./utf8.ts";

const kinds = ["opened", "done", "outOfOrder", "expired", "read"] as const;
const taken = 0;
const refused = 1;

/** A reply to an open, a request or a read; the replies to their commands are visited apart. */
export type Reply =
  /** A session is open: that of the `encodeOpen` with this nonce. Its first sequence is 1. */
  | { readonly kind: "opened"; readonly nonce: number; readonly session: number }
  /** The request was run, now or by an earlier try. */
  | {
      readonly kind: "done";
      readonly session: number;
      readonly sequence: number;
      /** Replies, as many as there were commands: see `ReplyReader.visit`. */
      readonly count: number;
    }
  /** Not run: the session waits for the request `expected`. */
  | { readonly kind: "outOfOrder"; readonly session: number; readonly sequence: number; readonly expected: number }
  /**
   * Not run now: the session was never open or is forgotten, or the reply is. Whether an earlier try of the request
   * has run cannot be known.
   */
  | { readonly kind: "expired"; readonly session: number; readonly sequence: number }
  /** The queries of a read were answered. */
  | { readonly kind: "read"; readonly sequence: number; readonly count: number };

/** Takes the replies of one request or read, in the order of its commands. */
export interface ReplyVisitor {
  /** The machine's reply: a window valid only during the call. */
  reply(index: number, reply: ByteReader): void;
  /** The command was not well formed, or its reply had no room; it was not run. */
  refused(index: number, reason: string): void;
}

/** Reads replies, one after the other. */
export class ReplyReader {
  readonly #reader = new ByteReader(new Uint8Array(0));
  readonly #reply = new ByteReader(new Uint8Array(0));
  #bytes: Uint8Array = new Uint8Array(0);
  #repliesAt = 0;
  #count = 0;

  /** Reads and checks a reply; those to its commands can be visited until the next one is read. @throws DecodeError */
  read(bytes: Uint8Array): Reply {
    const reader = this.#reader;
    reader.reset(bytes);
    this.#count = 0;
    const reply = readReply(reader);
    this.#bytes = bytes;
    this.#repliesAt = reader.offset;
    const count = "count" in reply ? reply.count : 0;
    for (let i = 0; i < count; i++) {
      reader.flag("refused");
      reader.skip(reader.u32("reply length"), "reply");
    }
    reader.end(reply.kind);
    this.#count = count;
    return reply;
  }

  /** Visits the replies of the `done` or `read` that was read last. */
  visit(visitor: ReplyVisitor): void {
    const reader = this.#reader;
    const reply = this.#reply;
    reader.reset(this.#bytes, this.#repliesAt);
    for (let i = 0; i < this.#count; i++) {
      const wasRefused = reader.flag("refused");
      const length = reader.u32("reply length");
      reply.reset(this.#bytes, reader.offset, reader.offset + length);
      reader.skip(length, "reply");
      if (wasRefused) visitor.refused(i, utf8Text(reply.rawText(length, "reason")));
      else visitor.reply(i, reply);
    }
  }
}

function readReply(reader: ByteReader): Reply {
  const at = reader.offset;
  const number = reader.u8("reply kind");
  const kind = kinds[number];
  switch (kind) {
    case "opened":
      return { kind, nonce: reader.integer("nonce"), session: reader.integer("session") };
    case "done": {
      const session = reader.integer("session");
      return { kind, session, sequence: reader.integer("sequence"), count: reader.u32("reply count") };
    }
    case "outOfOrder": {
      const session = reader.integer("session");
      return { kind, session, sequence: reader.integer("sequence"), expected: reader.integer("expected") };
    }
    case "expired":
      return { kind, session: reader.integer("session"), sequence: reader.integer("sequence") };
    case "read":
      return { kind, sequence: reader.integer("sequence"), count: reader.u32("reply count") };
    default:
      throw new DecodeError("reply kind", at, `0 to ${kinds.length - 1}, got ${number}`);
  }
}

export function encodeOpened(nonce: number, session: number): Uint8Array {
  const writer = started("opened", 17);
  writer.integer(nonce);
  writer.integer(session);
  return writer.take(0);
}

export function encodeOutOfOrder(session: number, sequence: number, expected: number): Uint8Array {
  const writer = started("outOfOrder", 25);
  writer.integer(session);
  writer.integer(sequence);
  writer.integer(expected);
  return writer.take(0);
}

export function encodeExpired(session: number, sequence: number): Uint8Array {
  const writer = started("expired", 17);
  writer.integer(session);
  writer.integer(sequence);
  return writer.take(0);
}

export function beginDone(writer: ByteWriter, session: number, sequence: number, count: number): void {
  writer.clear();
  writer.u8(kinds.indexOf("done"));
  writer.integer(session);
  writer.integer(sequence);
  writer.u32(count);
}

export function beginRead(writer: ByteWriter, sequence: number, count: number): void {
  writer.clear();
  writer.u8(kinds.indexOf("read"));
  writer.integer(sequence);
  writer.u32(count);
}

/** Begins a command's reply; returns where, for `endReply` or `refuse`. */
export function beginReply(writer: ByteWriter): number {
  const at = writer.length;
  writer.u8(taken);
  writer.u32(0);
  return at;
}

export function endReply(writer: ByteWriter, at: number): void {
  writer.setU32(at + 1, writer.length - at - 5);
}

/** Puts a reason in place of the reply that began at `at`. */
export function refuse(writer: ByteWriter, at: number, reason: string): void {
  writer.truncate(at);
  writer.u8(refused);
  writer.text(utf8Bytes(reason));
}

function started(kind: Reply["kind"], sizeBytes: number): ByteWriter {
  const writer = new ByteWriter(sizeBytes);
  writer.u8(kinds.indexOf(kind));
  return writer;
}
