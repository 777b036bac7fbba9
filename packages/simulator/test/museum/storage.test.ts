import { addressOf } from "@synod/protocol";
import { encodeAppend, encodeOpen, newKeyValueMachine, Replica, RequestWriter } from "@synod/machines";
import { FileLog, FileSnapshots } from "@synod/storage";
import { FaultyFiles } from "@synod/storage/faults";
import { describe, expect, test } from "vitest";
import { recordsOf } from "../../src/museum/log-bytes.ts";
import { filesMended, filesWith, openFilesWith } from "../../src/museum/log-files.ts";
import { exhibits, visit } from "../../src/museum/index.ts";
import { multiWith } from "../../src/museum/multi-exhibits.ts";
import { doneFor, openedAs, readDone, requestsOf } from "../../src/museum/sessions-bytes.ts";
import { joined, readSnapshot, writeSnapshot } from "../../src/museum/snapshots-bytes.ts";
import { simulate } from "../../src/simulate.ts";

const client = addressOf("client", 101);
const header = { client, replyTo: 1, session: 1, sequence: 1, acknowledged: 1 };

function request(sequence: number): Uint8Array {
  const writer = new RequestWriter();
  writer.begin({ ...header, sequence });
  writer.add((command) => encodeAppend(command, "a", `${sequence};`));
  return writer.take();
}

/** A replica with a session in which two requests have run, and what it answered. */
function usedReplica(): { readonly replica: Replica; readonly replies: readonly Uint8Array[] } {
  const replica = new Replica({ machine: newKeyValueMachine(), node: 1 });
  const replies: Uint8Array[] = [];
  const values = [encodeOpen({ client, replyTo: 1 }, 17), joined([request(1), request(2)])];
  for (const [index, value] of values.entries()) replica.apply(index + 1, value, (_to, reply) => replies.push(reply));
  return { replica, replies };
}

describe("what stands between storage and its files", () => {
  test("is not there as long as nothing is replaced", () => {
    const patched = multiWith({
      log: (folder, files) =>
        new FileLog(
          folder,
          openFilesWith(filesWith(files, {}), () => ({})),
        ),
      snapshots: (folder, files) =>
        new FileSnapshots(
          folder,
          filesMended(files, ".snapshot", () => undefined),
        ),
    });
    // A file is opened once more to be mended, which faults of disks would count.
    const faults = ["network", "process"];
    for (const seed of [1, 2, 3]) expect(patched.run({ seed, faults }).hash).toBe(simulate({ seed, faults }).hash);
  });

  test("finds the records of a log, and which of them are whole", () => {
    const files = new FaultyFiles();
    const log = new FileLog("/log", files);
    log.recover(() => undefined);
    for (const text of ["one", "two", "three"]) log.append(new TextEncoder().encode(text), 1);
    log.sync(() => undefined);
    const [name = ""] = files.list("/log");
    const found = (): readonly boolean[] =>
      [...recordsOf(files.contents(`/log/${name}`))].map(({ isWhole }) => isWhole);
    expect(found()).toEqual([true, true, true]);
    const [, second] = [...recordsOf(files.contents(`/log/${name}`))];
    files.damage(`/log/${name}`, (second?.end ?? 0) - 1);
    expect(found()).toEqual([true, false, true]);
  });
});

describe("what is taken apart", () => {
  test("is a replica's snapshot, which is put together again as it was", () => {
    const { replica, replies } = usedReplica();
    const bytes = joined(replica.snapshot());
    const snapshot = readSnapshot(bytes);
    expect(snapshot).toMatchObject({ slot: 2, lastSession: 1 });
    expect(snapshot.sessions).toEqual([{ id: 1, next: 3, acknowledged: 1, replies: replies.slice(1) }]);
    expect(writeSnapshot(snapshot)).toEqual(bytes);
  });

  test("is a value, down to its requests", () => {
    const value = joined([encodeOpen({ client, replyTo: 1 }, 17), request(1), request(2)]);
    const found = requestsOf(value);
    expect(found.map(({ session, sequence, count }) => ({ session, sequence, count }))).toEqual([
      { session: 1, sequence: 1, count: 1 },
      { session: 1, sequence: 2, count: 1 },
    ]);
    expect(found.at(-1)?.end).toBe(value.length);
  });

  test("is a reply: to which request of which session it is", () => {
    const [opened = new Uint8Array(0), done = new Uint8Array(0)] = usedReplica().replies;
    expect(readDone(opened)).toBeUndefined();
    expect(readDone(done)).toEqual({ session: 1, sequence: 1 });
    expect(readDone(doneFor(done, { session: 5, sequence: 7 }))).toEqual({ session: 5, sequence: 7 });
    expect(openedAs(opened, (session) => session)).toEqual(opened);
    expect(openedAs(opened, (session) => session + 1)).not.toEqual(opened);
    expect(openedAs(done, (session) => session + 1)).toBe(done);
  });
});

/** Who should find what: rules that the bug breaks, whichever is first. */
const expected: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(sync-reported-early|group-commit-.*|older-segment-not-synced|checkpoint-without-promise)$/, ["durability"]],
  [/^(failed-sync-retried|page-cache-believed|write-error-ignored|cut-at-the-first-damage)$/, ["durability"]],
  [/^(folder-not-synced|gap-taken-for-the-end)$/, ["durability", "damage"]],
  [/^(named-before-durable|segments-removed-in-any-order|lost-disk-taken-for-new-node)$/, ["damage"]],
  [/^torn-tail-believed$/, ["validity", "agreement"]],
  [/^(log-removed-before-snapshot|snapshot-name-not-durable)$/, ["durability"]],
  [/^(snapshot-without-sessions|sessions-.*|batch-cut-by-snapshot)$/, ["replicas", "once", "sessions"]],
  [/^(snapshot-of-no-moment|snapshot-ahead-of-its-state|snapshot-over-newer-state)$/, ["replicas", "delivery"]],
  [/^damaged-snapshot-.*$/, ["replicas", "damage", "invariant"]],
  [/^session-number-given-twice$/, ["sessions"]],
  [/^(reply-of-another-request|retry-under-new-number|answer-taken-by-position)$/, ["once", "linearizability"]],
  [/^(timeout-taken-for-failure|session-of-an-earlier-process)$/, ["linearizability"]],
];

const wing = exhibits.filter(({ name }) => expected.some(([names]) => names.test(name)));

test("all of the wing is expected to be found by somebody", () => {
  expect(wing).toHaveLength(32);
});

test.each(
  wing.flatMap((exhibit) =>
    expected.filter(([names]) => names.test(exhibit.name)).map(([, checkers]) => ({ exhibit, checkers })),
  ),
)("$exhibit.name is found by one of $checkers", ({ exhibit, checkers }) => {
  expect(checkers).toContain(visit(exhibit).checker);
});
