/**
 * Where damage to what had been durable can be told from a torn tail, by a single copy and for certain: only there may
 * it be done to a node that is to find it. The very last records of a log are not among these places: nothing behind
 * them says that they had been durable.
 */
import { basename, dirname } from "node:path";
import { integer, u32 } from "../numbers.ts";
import { headerBytes, recordChecksum, recordHeaderBytes, recordSeed, segmentNumber } from "../segment.ts";
import { blockBytes, blockHeaderBytes, headerBytes as snapshotHeaderBytes, snapshotSlot } from "../snapshot-format.ts";
import type { FaultyFiles } from "./faulty-files.ts";

/** What the bytes of a place are. */
export type PlaceKind =
  | "segment-header"
  /** A record that a segment was born with. */
  | "checkpoint"
  /** A record in a segment that another one follows. */
  | "older-record"
  /** A record in the last segment, with a later one that says that it was durable. */
  | "covered-record"
  | "snapshot-header"
  | "snapshot-block";

/** Bytes that a start reads and must find damaged when any of them is. */
export interface Place {
  readonly kind: PlaceKind;
  readonly path: string;
  readonly at: number;
  readonly sizeBytes: number;
}

interface DurableFile {
  readonly path: string;
  readonly stored: Uint8Array;
}

/**
 * All places of all logs, and of the newest snapshots, by what is on stable storage now. A file that was removed is none
 * of them, though its name may still be there after a power failure.
 */
export function damagePlaces(files: FaultyFiles): readonly Place[] {
  const damaged = new Set(files.damagedFiles());
  const places: Place[] = [];
  for (const [folder, durable] of byFolder(files.durableFiles())) {
    const names = new Set(files.names(folder));
    const inFolder = durable.filter(({ path }) => names.has(basename(path)));
    const last = latest(inFolder, segmentNumber);
    const newest = latest(inFolder, snapshotSlot);
    for (const file of inFolder) {
      // Of a file that is damaged already nobody knows where its records are.
      if (damaged.has(file.path)) continue;
      if (segmentNumber(basename(file.path)) !== undefined) places.push(...segmentPlaces(file, file === last));
      if (file === newest) places.push(...snapshotPlaces(file));
    }
  }
  return places;
}

/**
 * The damaged files that a start has to read: those of a log, and the newest snapshot. With one of them nothing may come
 * up in that folder.
 */
export function standingDamage(files: FaultyFiles, folder: string): readonly string[] {
  return [...files.damagedFiles()].filter((path) => {
    if (!path.startsWith(`${folder}/`)) return false;
    const slot = snapshotSlot(basename(path));
    if (slot === undefined) return segmentNumber(basename(path)) !== undefined;
    return files.names(dirname(path)).every((name) => (snapshotSlot(name) ?? 0) <= slot);
  });
}

function byFolder(files: Iterable<DurableFile>): ReadonlyMap<string, readonly DurableFile[]> {
  const folders = new Map<string, DurableFile[]>();
  for (const file of files) {
    const folder = dirname(file.path);
    const inFolder = folders.get(folder);
    if (inFolder === undefined) folders.set(folder, [file]);
    else inFolder.push(file);
  }
  return folders;
}

/** The file with the highest number in its name, as `numberOf` reads it. */
function latest(
  files: readonly DurableFile[],
  numberOf: (name: string) => number | undefined,
): DurableFile | undefined {
  let found: DurableFile | undefined;
  let highest = -1;
  for (const file of files) {
    const number = numberOf(basename(file.path)) ?? -1;
    if (number > highest) [found, highest] = [file, number];
  }
  return found;
}

function segmentPlaces({ path, stored }: DurableFile, isLast: boolean): readonly Place[] {
  const bornBytes = integer(stored, 20);
  const records: { readonly at: number; readonly sizeBytes: number }[] = [];
  /** All before here had been durable, says some record. */
  let coveredBytes = bornBytes;
  for (let at = headerBytes; at + recordHeaderBytes <= stored.length;) {
    const length = u32(stored, at + 4);
    const sizeBytes = recordHeaderBytes + length;
    if (at + sizeBytes > stored.length) break;
    // What a crash left behind its last whole record says nothing.
    if (recordChecksum(stored, at, length, recordSeed(u32(stored, 28), at)) !== u32(stored, at)) break;
    records.push({ at, sizeBytes });
    coveredBytes = Math.max(coveredBytes, at - u32(stored, at + 8));
    at += sizeBytes;
  }
  const places: Place[] = [{ kind: "segment-header", path, at: 0, sizeBytes: headerBytes }];
  for (const { at, sizeBytes } of records) {
    if (isLast && at >= coveredBytes) break;
    const kind = at < bornBytes ? "checkpoint" : isLast ? "covered-record" : "older-record";
    places.push({ kind, path, at, sizeBytes });
  }
  return places;
}

function snapshotPlaces({ path, stored }: DurableFile): readonly Place[] {
  const places: Place[] = [{ kind: "snapshot-header", path, at: 0, sizeBytes: snapshotHeaderBytes }];
  for (let at = snapshotHeaderBytes; at < stored.length; at += blockHeaderBytes + blockBytes) {
    const sizeBytes = Math.min(blockHeaderBytes + blockBytes, stored.length - at);
    places.push({ kind: "snapshot-block", path, at, sizeBytes });
  }
  return places;
}
