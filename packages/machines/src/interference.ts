/**
 * Which requests of clients interfere, for protocols that order only those that do: the default relation for any state
 * machine, finer for one that says what its commands touch.
 *
 *     opening and opening      a session's number is how many were opened before
 *     opening and request      a request comes before the opening of its session, or after it
 *     request and request      of one session always: it runs them in order; else when a command of one and a command of
 *                              the other interfere
 *     request and read         when a command of the one and a query of the other interfere
 *     otherwise                never
 *
 * What cannot be read interferes with everything.
 */
import type { Value } from "@synod/protocol";
import { ByteReader, DecodeError } from "@synod/wire";
import { EntryHeader } from "./entries.ts";
import type { StateMachine } from "./machine.ts";

/** What the order of an entry depends on. */
interface Footprint {
  readonly kind: "open" | "request" | "read" | "unreadable";
  readonly session: number;
  /** By part of the state: whether it is written; undefined when the machine does not say. */
  readonly parts: ReadonlyMap<string, boolean> | undefined;
}

/** Whether the order of two values matters, each of which is one entry; see `entries.ts`. */
export function newInterference({ touches }: Pick<StateMachine, "touches">): (one: Value, other: Value) => boolean {
  const footprints = new WeakMap<Value, Footprint>();
  const footprintOf = (value: Value): Footprint => {
    const known = footprints.get(value);
    if (known !== undefined) return known;
    const footprint = readFootprint(value, touches);
    footprints.set(value, footprint);
    return footprint;
  };
  return (one, other) => interfere(footprintOf(one), footprintOf(other));
}

function interfere(one: Footprint, other: Footprint): boolean {
  if (one.kind === "unreadable" || other.kind === "unreadable") return true;
  if (one.kind === "open" || other.kind === "open") return one.kind !== "read" && other.kind !== "read";
  if (one.kind === "read" && other.kind === "read") return false;
  if (one.kind === "request" && other.kind === "request" && one.session === other.session) return true;
  if (one.parts === undefined || other.parts === undefined) return true;
  for (const [part, writes] of one.parts) {
    const theirs = other.parts.get(part);
    if (theirs !== undefined && (writes || theirs)) return true;
  }
  return false;
}

const unreadable: Footprint = { kind: "unreadable", session: 0, parts: undefined };

function readFootprint(value: Value, touches: StateMachine["touches"]): Footprint {
  const reader = new ByteReader(value);
  const header = new EntryHeader();
  try {
    if (reader.u32("entry size") !== value.length - 4) return unreadable;
    header.read(reader);
  } catch (failure) {
    if (!(failure instanceof DecodeError)) throw failure;
    return unreadable;
  }
  const { kind, session } = header;
  return { kind, session, parts: touches && readParts(value, header, touches) };
}

/** A command that is not well formed is refused, and touches nothing. */
function readParts(
  value: Value,
  { kind, count, commandsStart, commandsEnd }: EntryHeader,
  touches: NonNullable<StateMachine["touches"]>,
): ReadonlyMap<string, boolean> {
  const parts = new Map<string, boolean>();
  if (kind === "open") return parts;
  const reader = new ByteReader(value);
  reader.reset(value, commandsStart, commandsEnd);
  const command = new ByteReader(value);
  for (let index = 0; index < count; index++) {
    const length = reader.u32("command length");
    const start = reader.offset;
    reader.skip(length, "command");
    command.reset(value, start, start + length);
    try {
      // A query changes nothing, whatever it would do as a command.
      touches(command, (part, writes) => parts.set(part, parts.get(part) === true || (writes && kind === "request")));
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
    }
  }
  return parts;
}
