/**
 * The bytes of a replica's snapshot, as packages/machines/src/replica-snapshot.ts writes them, taken apart for exhibits
 * that change them.
 */
import { ByteReader, ByteWriter } from "@synod/wire";

/** A session in a snapshot. */
export interface SessionBytes {
  readonly id: number;
  readonly next: number;
  readonly acknowledged: number;
  readonly replies: readonly Uint8Array[];
}

export interface ReplicaSnapshot {
  /** The mark, the version and the machine's name. */
  readonly start: Uint8Array;
  readonly slot: number;
  readonly lastSession: number;
  readonly sessions: readonly SessionBytes[];
  /** The machine's parts. */
  readonly rest: Uint8Array;
}

export function joined(parts: Iterable<Uint8Array>): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) writer.raw(part);
  return writer.take(0);
}

/** @throws DecodeError */
export function readSnapshot(bytes: Uint8Array): ReplicaSnapshot {
  const reader = new ByteReader(bytes);
  reader.skip(8, "mark and version");
  reader.skip(reader.u32("machine name length"), "machine name");
  const start = bytes.subarray(0, reader.offset);
  const slot = reader.integer("slot");
  const lastSession = reader.integer("last session");
  const sessions = Array.from({ length: reader.u32("sessions") }, () => ({
    id: reader.integer("session"),
    next: reader.integer("next sequence"),
    acknowledged: reader.integer("acknowledged"),
    replies: Array.from({ length: reader.u32("replies") }, () => reader.bytes("reply").slice()),
  }));
  return { start, slot, lastSession, sessions, rest: bytes.subarray(reader.offset) };
}

export function writeSnapshot({ start, slot, lastSession, sessions, rest }: ReplicaSnapshot): Uint8Array {
  const writer = new ByteWriter();
  writer.raw(start);
  writer.integer(slot);
  writer.integer(lastSession);
  writer.u32(sessions.length);
  for (const { id, next, acknowledged, replies } of sessions) {
    writer.integer(id);
    writer.integer(next);
    writer.integer(acknowledged);
    writer.u32(replies.length);
    for (const reply of replies) writer.bytes(reply);
  }
  writer.raw(rest);
  return writer.take(0);
}

/** The snapshot with a change. */
export function changed(bytes: Uint8Array, change: (snapshot: ReplicaSnapshot) => ReplicaSnapshot): Uint8Array {
  return writeSnapshot(change(readSnapshot(bytes)));
}
