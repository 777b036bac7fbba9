/**
 * A replica's snapshot in bytes:
 *
 *     mark u32 | version u32 | machine name text | slot integer | sessions | machine parts | 0 u32
 *
 * A machine part is its length in 4 bytes, never 0, and the bytes; the 0 shows that the snapshot is whole.
 */
import { ByteWriter } from "@synod/wire";
import { PartsReader } from "./parts.ts";
import { Sessions } from "./sessions.ts";
import { utf8Bytes, utf8Text } from "./utf8.ts";

/** `SYNR`, read as a little-endian number. */
const mark = 0x524e5953;
const version = 1;

/** A snapshot that is not one of this machine, of this format, or of the slot that it was given for. */
export class SnapshotMismatch extends Error {
  override readonly name = "SnapshotMismatch";
  readonly field: "mark" | "version" | "machine" | "slot";
  readonly found: string;
  readonly expected: string;

  constructor(field: SnapshotMismatch["field"], found: string, expected: string) {
    super(`snapshot ${field}: expected ${expected}, found ${found}`);
    this.field = field;
    this.found = found;
    this.expected = expected;
  }
}

/** Writes a snapshot, of sessions and machine as they were captured. */
export function* replicaParts(
  machineName: string,
  slot: number,
  sessions: Iterator<Uint8Array>,
  machine: Iterator<Uint8Array>,
): Generator<Uint8Array, undefined> {
  const writer = new ByteWriter();
  writer.u32(mark);
  writer.u32(version);
  writer.text(utf8Bytes(machineName));
  writer.integer(slot);
  for (let part = sessions.next(); part.done !== true; part = sessions.next()) {
    writer.raw(part.value);
    yield writer.take(0);
  }
  for (let part = machine.next(); part.done !== true; part = machine.next()) {
    if (part.value.length === 0) continue;
    writer.bytes(part.value);
    yield writer.take(0);
  }
  writer.u32(0);
  yield writer.take(0);
  return undefined;
}

/** Reads a snapshot up to the machine's parts. @throws SnapshotMismatch; DecodeError */
export function readSnapshotStart(
  parts: Iterable<Uint8Array>,
  machineName: string,
): { readonly slot: number; readonly sessions: Sessions; readonly reader: PartsReader } {
  const reader = new PartsReader(parts);
  const foundMark = reader.u32("snapshot mark");
  if (foundMark !== mark) throw new SnapshotMismatch("mark", foundMark.toString(16), mark.toString(16));
  const foundVersion = reader.u32("snapshot version");
  if (foundVersion !== version) throw new SnapshotMismatch("version", String(foundVersion), String(version));
  const foundName = utf8Text(reader.text("machine name"));
  if (foundName !== machineName) throw new SnapshotMismatch("machine", foundName, machineName);
  const slot = reader.integer("snapshot slot");
  return { slot, sessions: Sessions.restore(reader), reader };
}

/** The machine's parts, and then that nothing is missing or left over. @throws DecodeError while they are taken */
export function* restOf(reader: PartsReader): Generator<Uint8Array, undefined> {
  for (;;) {
    const sizeBytes = reader.u32("machine part");
    if (sizeBytes === 0) break;
    yield reader.raw(sizeBytes, "machine part");
  }
  reader.end("replica snapshot");
  return undefined;
}
