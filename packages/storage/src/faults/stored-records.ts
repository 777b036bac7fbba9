/**
 * Reads the records of log segments as their bytes reach stable storage: what a disk really holds, whatever the log
 * says of it. No checksum is checked: whoever compares wants to see damage.
 */
import { integer, u32 } from "../numbers.ts";
import { headerBytes, recordHeaderBytes, sealPosition, segmentNumber } from "../segment.ts";
import { basename } from "node:path";

export class StoredRecords {
  readonly #visit: (record: Uint8Array) => void;
  /** Of each segment, where the next record begins. */
  readonly #read = new Map<string, number>();

  /** @param visit takes each record once, in the order of a segment; its bytes are its own */
  constructor(visit: (record: Uint8Array) => void) {
    this.#visit = visit;
  }

  /** A file has these bytes on stable storage now. Anything but a segment is passed over. */
  synced(path: string, stored: Uint8Array): void {
    const before = this.#read.get(path);
    if (before === undefined && segmentNumber(basename(path)) === undefined) return;
    let at = before ?? headerBytes;
    for (;;) {
      const start = at + recordHeaderBytes;
      if (start > stored.length) break;
      const end = start + u32(stored, at + 4);
      if (end > stored.length) break;
      const isSeal = integer(stored, at + 12) === sealPosition;
      // No entry is empty: this is a hole, which a later sync may fill.
      if (end === start && !isSeal) break;
      if (!isSeal) this.#visit(stored.slice(start, end));
      at = end;
    }
    this.#read.set(path, at);
  }

  /** The disk was found anew after a power failure: all that is there counts again. */
  forget(): void {
    this.#read.clear();
  }
}
