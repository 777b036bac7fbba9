/**
 * The bytes of what clients send and are answered, as far as exhibits change them: packages/machines/src/entries.ts and
 * replies.ts have the formats.
 */
import { ByteReader } from "@synod/wire";

const requestKind = 1;
const openedKind = 0;
const doneKind = 1;

/** A request in a chosen value. */
export interface FoundRequest {
  readonly client: number;
  readonly replyTo: number;
  readonly session: number;
  readonly sequence: number;
  /** Where its commands lie in the value, each a length of 4 bytes and the bytes. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** The requests of a value, in order. @throws DecodeError */
export function requestsOf(value: Uint8Array): readonly FoundRequest[] {
  const found: FoundRequest[] = [];
  const reader = new ByteReader(value);
  while (reader.remaining > 0) {
    const sizeBytes = reader.u32("entry size");
    const end = reader.offset + sizeBytes;
    const kind = reader.u8("kind");
    const client = reader.u32("client");
    const replyTo = reader.u32("reply to");
    if (kind === requestKind) {
      const session = reader.integer("session");
      const sequence = reader.integer("sequence");
      reader.integer("acknowledged");
      const count = reader.u32("command count");
      found.push({ client, replyTo, session, sequence, start: reader.offset, end, count });
    }
    reader.seek(end, "entry");
  }
  return found;
}

/** The answer to a request that was run. */
export interface DoneReply {
  readonly session: number;
  readonly sequence: number;
}

export function readDone(reply: Uint8Array): DoneReply | undefined {
  const reader = new ByteReader(reply);
  if (reader.u8("kind") !== doneKind) return undefined;
  return { session: reader.integer("session"), sequence: reader.integer("sequence") };
}

/** The same answer, as one to another request. */
export function doneFor(reply: Uint8Array, { session, sequence }: DoneReply): Uint8Array {
  const bytes = reply.slice();
  const view = new DataView(bytes.buffer);
  setInteger(view, 1, session);
  setInteger(view, 9, sequence);
  return bytes;
}

/** The answer to an opening, with another session in it; any other reply as it is. */
export function openedAs(reply: Uint8Array, sessionFor: (session: number) => number): Uint8Array {
  const reader = new ByteReader(reply);
  if (reader.u8("kind") !== openedKind) return reply;
  reader.integer("nonce");
  const at = reader.offset;
  const bytes = reply.slice();
  setInteger(new DataView(bytes.buffer), at, sessionFor(reader.integer("session")));
  return bytes;
}

/** A safe integer from 0, in 8 bytes. */
function setInteger(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}
