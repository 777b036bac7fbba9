/**
 * A snapshot says who takes part, too: the slots that said so are in no log any more. That stands before what the replica
 * writes, and after its own length:
 *
 *     length u32 | history of memberships | the replica's snapshot
 */
import { areMemberships } from "@synod/protocol";
import { ByteWriter, DecodeError } from "@synod/wire";

/** More than any history takes: two memberships of the most members. */
const mostBytes = 4096;

/** Puts the history of memberships before the parts of a snapshot. */
export function* withMemberships(
  memberships: Uint8Array,
  parts: Iterator<Uint8Array>,
): Generator<Uint8Array, undefined> {
  const writer = new ByteWriter(4 + memberships.length);
  writer.bytes(memberships);
  try {
    yield writer.take();
    for (let part = parts.next(); part.done !== true; part = parts.next()) yield part.value;
  } finally {
    parts.return?.();
  }
  return undefined;
}

export interface SplitSnapshot {
  readonly memberships: Uint8Array;
  /** What the replica wrote. */
  readonly parts: Iterable<Uint8Array>;
}

/** Takes the history of memberships from before a snapshot. @throws DecodeError when there is none */
export function splitMemberships(parts: Iterable<Uint8Array>): SplitSnapshot {
  const iterator = parts[Symbol.iterator]();
  let start: Uint8Array = new Uint8Array(0);
  const fill = (sizeBytes: number): void => {
    while (start.length < sizeBytes) {
      const part = iterator.next();
      if (part.done === true) throw new DecodeError("memberships", start.length, `${sizeBytes} bytes`);
      const longer = new Uint8Array(start.length + part.value.length);
      longer.set(start);
      longer.set(part.value, start.length);
      start = longer;
    }
  };
  fill(4);
  const length = new DataView(start.buffer).getUint32(0, true);
  if (length > mostBytes) throw new DecodeError("memberships", 0, `at most ${mostBytes} bytes, got ${length}`);
  fill(4 + length);
  const memberships = start.slice(4, 4 + length);
  if (!areMemberships(memberships)) throw new DecodeError("memberships", 4, "a history of memberships");
  return { memberships, parts: rest(start.subarray(4 + length), iterator) };
}

function* rest(first: Uint8Array, parts: Iterator<Uint8Array>): Generator<Uint8Array, undefined> {
  if (first.length > 0) yield first;
  for (let part = parts.next(); part.done !== true; part = parts.next()) yield part.value;
  return undefined;
}
