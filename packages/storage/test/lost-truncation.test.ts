/**
 * A torn tail is cut off at the next start. When the sync of that cut fails, the disk still has the tail and the cache
 * does not show it any more.
 */
import { expect, test } from "vitest";
import { FileLog, StorageError } from "../src/index.ts";
import { FaultyFiles, type Survival } from "../src/faults/index.ts";

const record = (letter: string): Uint8Array => new Uint8Array(10).fill(letter.charCodeAt(0));
const nothing: Survival = { piece: () => 0, name: () => false };
/** Bytes of a segment's header, and of a record of ten bytes with its own header. */
const headerBytes = 32;
const recordBytes = 30;

function open(files: FaultyFiles): { readonly log: FileLog; readonly found: string } {
  const log = new FileLog("/log", files);
  let found = "";
  log.recover((bytes) => (found += String.fromCharCode(bytes[0] ?? 0)));
  return { log, found };
}

test("what a failed start did not cut off is cut off by the next one", () => {
  const files = new FaultyFiles({ pageBytes: 2 });
  const { log } = open(files);
  log.append(record("A"), 1);
  log.sync(() => undefined);
  // B and C are written and not synced; of these the power failure leaves C.
  files.fault = ({ kind }) => (kind === "sync" ? "power-off" : undefined);
  log.append(record("B"), 2);
  log.append(record("C"), 3);
  log.sync(() => undefined);
  const survivors = files.crash({
    piece: ({ at, sizeBytes }) => (at >= headerBytes + 2 * recordBytes ? sizeBytes : 0),
    name: () => true,
  });

  survivors.fault = ({ kind }) => (kind === "sync" ? "io" : undefined);
  expect(() => open(survivors)).toThrow(StorageError);
  survivors.fault = () => undefined;
  const again = open(survivors);
  expect(again.found).toBe("A");
  // As long as B: it would end right where C begins.
  again.log.append(record("D"), 2);
  again.log.sync((failure) => expect(failure).toBeUndefined());
  expect(open(survivors.crash(nothing)).found).toBe("AD");
});

test("a file that is lengthened by a truncation reads as zeroes to its new end", () => {
  const files = new FaultyFiles();
  files.createFolder("/");
  const file = files.open("/long", "create");
  file.truncate(1000);
  file.syncNow();
  expect(file.size()).toBe(1000);
  expect(file.read(new Uint8Array(2000), 0)).toBe(1000);
  expect(files.contents("/long").every((byte) => byte === 0)).toBe(true);
});
