/**
 * What the values of a replicated state machine are made of, read without the code that the replicas read them with:
 * see `entries.ts` of @synod/machines for the layout.
 */
import { decodeMembership, isMembershipValue, type Value } from "@synod/protocol";
import { ByteReader, DecodeError } from "@synod/wire";

/** One entry of a value. `bytes` are all of it, with its size; they are views of the value. */
export type ChosenEntry =
  | { readonly kind: "open"; readonly bytes: Uint8Array; readonly client: number; readonly nonce: number }
  | {
      readonly kind: "request";
      readonly bytes: Uint8Array;
      readonly client: number;
      readonly session: number;
      readonly sequence: number;
      readonly acknowledged: number;
      readonly commands: readonly Uint8Array[];
    }
  | {
      readonly kind: "read";
      readonly bytes: Uint8Array;
      readonly client: number;
      readonly queries: readonly Uint8Array[];
    };

/** @throws DecodeError when they are not entries end to end */
export function readEntries(value: Value): readonly ChosenEntry[] {
  const entries: ChosenEntry[] = [];
  const reader = new ByteReader(value);
  while (reader.remaining > 0) {
    const at = reader.offset;
    const sizeBytes = reader.u32("entry size");
    reader.skip(sizeBytes, "entry");
    entries.push(readEntry(value.subarray(at, reader.offset)));
  }
  return entries;
}

/** A value in words, such as "session 3 request 7". */
export function showValue(value: Value): string {
  if (value.length === 0) return "a no-op";
  if (isMembershipValue(value)) return `the members ${decodeMembership(value)?.members.join(", ") ?? "of nobody"}`;
  try {
    return readEntries(value).map(showEntry).join(" and ");
  } catch (failure) {
    if (!(failure instanceof DecodeError)) throw failure;
    return `${value.length} bytes that are no requests`;
  }
}

export function showEntry(entry: ChosenEntry): string {
  switch (entry.kind) {
    case "open":
      return `the opening of a session by client ${entry.client}`;
    case "request":
      return `session ${entry.session} request ${entry.sequence}`;
    case "read":
      return `a read of client ${entry.client}`;
  }
}

function readEntry(bytes: Uint8Array): ChosenEntry {
  const reader = new ByteReader(bytes, 4);
  const kind = reader.u8("entry kind");
  const client = reader.u32("client");
  reader.u32("reply to");
  if (kind === 0) return { kind: "open", bytes, client, nonce: reader.integer("nonce") };
  if (kind === 2) {
    reader.integer("sequence");
    return { kind: "read", bytes, client, queries: readCommands(reader) };
  }
  if (kind !== 1) throw new DecodeError("entry kind", 4, `0 to 2, got ${kind}`);
  const session = reader.integer("session");
  const sequence = reader.integer("sequence");
  const acknowledged = reader.integer("acknowledged");
  return { kind: "request", bytes, client, session, sequence, acknowledged, commands: readCommands(reader) };
}

function readCommands(reader: ByteReader): readonly Uint8Array[] {
  const count = reader.u32("command count");
  const commands: Uint8Array[] = [];
  for (let index = 0; index < count; index++) commands.push(reader.bytes("command"));
  return commands;
}
