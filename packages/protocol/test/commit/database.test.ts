/**
 * What a server of primary-backup has: a row that was removed stays, so that neither a late write nor a transfer brings
 * its value back.
 */
import { expect, test } from "vitest";
import { Database } from "../../src/commit/primary-backup/index.ts";

const key = Uint8Array.of(1);
const write = { kind: "Forward", view: 1, client: 9, key } as const;
const put = { ...write, value: Uint8Array.of(7), removed: false };
const removal = { ...write, value: Uint8Array.of(), removed: true };

test("a value that was removed does not come back with a late write, nor in a transfer", () => {
  const database = new Database(4);
  database.write({ ...put, sequence: 1, version: 1 });
  expect([database.get(key), database.keys]).toEqual([Uint8Array.of(7), 1]);
  database.write({ ...removal, sequence: 2, version: 2 });
  expect([database.get(key), database.keys]).toEqual([undefined, 0]);
  database.write({ ...put, sequence: 1, version: 1 });
  const backup = new Database(4);
  backup.write({ ...put, sequence: 1, version: 1 });
  backup.replace(database.transfer(2));
  for (const each of [database, backup]) {
    expect([each.get(key), each.keys, each.nextVersion(key), each.isDone(9, 2)]).toEqual([undefined, 0, 3, true]);
    each.write({ ...put, sequence: 3, version: 3 });
    expect([each.get(key), each.keys]).toEqual([Uint8Array.of(7), 1]);
  }
});

test("it has room for what fits into one message, which rows take more of than their keys and values", () => {
  const database = new Database(4);
  const row = 17 + 1 + 1;
  const next = { key: Uint8Array.of(2), value: Uint8Array.of(8) };
  expect([database.hasRoom(put, row), database.hasRoom(put, row - 1)]).toEqual([true, false]);
  database.write({ ...put, sequence: 1, version: 1 });
  expect([database.hasRoom(next, 2 * row), database.hasRoom(next, 2 * row - 1)]).toEqual([true, false]);
  database.write({ ...removal, sequence: 2, version: 2 });
  expect([database.hasRoom(next, 2 * row - 1), database.hasRoom(next, 2 * row - 2)]).toEqual([true, false]);
});
