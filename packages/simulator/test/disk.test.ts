import { expect, test } from "vitest";
import { Disk } from "../src/index.ts";

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const contents = (disk: Disk) => {
  const seen: string[] = [];
  disk.recover((record) => seen.push(String.fromCharCode(...record)));
  return seen.join("");
};

/** A disk whose syncs end when `finish` is called. */
function slowDisk(): { readonly disk: Disk; readonly finish: () => void } {
  const pending: (() => void)[] = [];
  return { disk: new Disk((done) => pending.push(done)), finish: () => pending.splice(0).forEach((done) => done()) };
}

test("what a sync covered survives a crash, what came after it began does not", () => {
  const { disk, finish } = slowDisk();
  let synced = 0;
  disk.append(bytes("a"), 1);
  disk.sync(() => (synced += 1));
  disk.append(bytes("b"), 2);
  finish();
  disk.crash();
  expect(synced).toBe(1);
  expect(contents(disk)).toBe("a");
});

test("a sync that is under way at a crash never ends, and makes nothing durable", () => {
  const { disk, finish } = slowDisk();
  let synced = 0;
  disk.append(bytes("a"), 1);
  disk.sync(() => (synced += 1));
  disk.crash();
  disk.append(bytes("b"), 1);
  finish();
  disk.crash();
  expect(synced).toBe(0);
  expect(contents(disk)).toBe("");
});

test("a new segment begins with its checkpoint, and older ones go when all their slots are trimmed", () => {
  const disk = new Disk((done) => done());
  disk.append(bytes("ab"), 5);
  disk.rotate([bytes("C")]);
  disk.append(bytes("d"), 7);
  disk.rotate([bytes("C")]);
  expect(disk.segmentBytes).toBe(1);
  expect(disk.sizeBytes).toBe(5);
  disk.trim(4);
  expect(contents(disk)).toBe("abCdC");
  disk.trim(6);
  expect(contents(disk)).toBe("CdC");
  disk.trim(100);
  expect(contents(disk)).toBe("C");
});

test("what is trimmed counts no more: of the rest, a crash still takes what is not synced", () => {
  const { disk, finish } = slowDisk();
  disk.append(bytes("abc"), 1);
  disk.append(bytes("def"), 2);
  disk.rotate([]);
  disk.trim(2);
  disk.append(bytes("g"), 3);
  disk.sync(() => undefined);
  finish();
  disk.append(bytes("h"), 4);
  disk.crash();
  expect(contents(disk)).toBe("g");
});
