/**
 * The records of a log segment as a careless reader finds them: packages/storage/src/segment.ts has the format.
 */
import { crc32c } from "@synod/wire";

const headerBytes = 32;
const recordHeaderBytes = 20;

/** A record as its length field says, whether it is whole or not. */
export interface FoundRecord {
  readonly at: number;
  readonly end: number;
  /** What its checksum should be for the bytes that are there. */
  readonly checksum: number;
  readonly isWhole: boolean;
}

/** The records of a segment, as long as there are bytes for them; a length of 0 is taken for the end. */
export function* recordsOf(segment: Uint8Array): Iterable<FoundRecord> {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  if (segment.length < headerBytes) return;
  const headerChecksum = view.getUint32(headerBytes - 4, true);
  let at = headerBytes;
  while (at + recordHeaderBytes <= segment.length) {
    const end = at + recordHeaderBytes + view.getUint32(at + 4, true);
    if (end === at + recordHeaderBytes || end > segment.length) return;
    const checksum = crc32c(segment, at + 4, end, (headerChecksum + at) >>> 0);
    yield { at, end, checksum, isWhole: view.getUint32(at, true) === checksum };
    at = end;
  }
}
