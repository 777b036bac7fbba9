import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FaultyFiles, type Fault, type Survival } from "@synod/storage/faults";
import { History, type Step } from "./history.ts";

const append = (sizeBytes: number): Step => ({ kind: "append", sizeBytes });
const script: readonly Step[] = [
  append(3),
  append(11),
  { kind: "sync" },
  append(5),
  { kind: "sync" },
  append(4),
  append(7),
  append(9),
  { kind: "sync" },
  { kind: "rotate" },
  append(6),
  append(2),
  { kind: "sync" },
  { kind: "trim", back: 3 },
  append(8),
  { kind: "reopen" },
  append(3),
  { kind: "sync" },
  append(12),
  { kind: "rotate" },
  { kind: "rotate" },
  append(5),
  { kind: "trim", back: 1 },
  { kind: "sync" },
];

/** Keeps the first `bytes` bytes of what is unsynced, in the order of writing, and loses the rest. */
function firstBytes(bytes: number, names: boolean): Survival {
  let left = bytes;
  return {
    piece: ({ sizeBytes }) => {
      const kept = Math.min(left, sizeBytes);
      left -= kept;
      return kept;
    },
    name: () => names,
  };
}

/** Loses the first `bytes` bytes of what is unsynced, as pages that reach the disk out of order. */
function allButFirstBytes(bytes: number, names: boolean): Survival {
  let left = bytes;
  return {
    piece: ({ sizeBytes }) => {
      const lost = left > 0;
      left -= sizeBytes;
      return lost ? 0 : sizeBytes;
    },
    name: () => names,
  };
}

/** Runs the script until the power goes off before operation `last`; false when it never did. */
function runUntil(history: History, last: number): boolean {
  history.files.fault = ({ ordinal }) => (ordinal >= last ? "power-off" : undefined);
  try {
    history.open();
    for (const step of script) {
      history.do(step);
      if (history.failure !== undefined) return true;
    }
  } catch (cause) {
    if (!history.files.powerOff) throw cause;
    return true;
  }
  return history.files.powerOff;
}

/** What is recovered can be appended to, and is recovered again. */
function requireUsable(history: History): void {
  history.open();
  history.do(append(4));
  history.do({ kind: "sync" });
  expect(history.failure).toBeUndefined();
  history.crash(firstBytes(0, false));
}

describe("a power failure", () => {
  test("before any operation, at any byte of what is unsynced, loses nothing acknowledged", () => {
    let crashes = 0;
    for (let last = 0; ; last++) {
      const history = new History(new FaultyFiles({ pageBytes: 8 }));
      const failed = runUntil(history, last);
      for (const names of [false, true]) {
        // At most this many bytes of the script are unsynced at once.
        for (let bytes = 0; bytes <= 140; bytes++) {
          requireUsable(history.crashed(firstBytes(bytes, names)));
          if (bytes % 8 === 0) requireUsable(history.crashed(allButFirstBytes(bytes, names)));
          crashes += 1;
        }
      }
      if (!failed) break;
    }
    expect(crashes).toBeGreaterThan(10_000);
  });

  const steps = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant("append" as const), sizeBytes: fc.integer({ min: 4, max: 60 }) }),
      },
      { weight: 4, arbitrary: fc.constant({ kind: "sync" as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: "rotate" as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("trim" as const), back: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.constant({ kind: "reopen" as const }) },
    ),
    { maxLength: 30 },
  );
  const fault = fc.oneof(
    fc.constantFrom<Fault>("io", "full", "power-off"),
    fc.record({ shortBytes: fc.integer({ min: 1, max: 20 }) }),
  );
  const life = fc.record({
    steps,
    faults: fc.dictionary(fc.nat(120).map(String), fault, { maxKeys: 4 }),
    later: fc.boolean(),
    pieces: fc.infiniteStream(fc.nat(64)),
    names: fc.infiniteStream(fc.boolean()),
  });

  test("after any operations and faults, and again after it, loses nothing acknowledged", () => {
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 4 }), (lives) => {
        const pending: (() => void)[] = [];
        let syncLater = false;
        const history = new History(
          new FaultyFiles({
            pageBytes: 16,
            capacityBytes: 4000,
            later: (finish) => {
              if (syncLater) pending.push(finish);
              else finish();
            },
          }),
        );
        for (const { steps, faults, later, pieces, names } of lives) {
          history.open();
          syncLater = later;
          const begun = history.files.operations;
          history.files.fault = ({ ordinal, kind }) =>
            // A read or a list that fails keeps a log from opening, which is another matter.
            kind === "read" || kind === "list" ? undefined : faults[String(ordinal - begun)];
          for (const [index, step] of steps.entries()) {
            // A log rotates only when no sync is under way.
            if (step.kind === "rotate") while (pending.length > 0) pending.shift()?.();
            try {
              history.do(step);
            } catch (cause) {
              if (!(cause instanceof Error && cause.name === "StorageError")) throw cause;
              break;
            }
            if (index % 3 === 0) pending.shift()?.();
          }
          syncLater = false;
          history.crash({
            piece: ({ sizeBytes }) => Math.min(sizeBytes, pieces.next().value),
            name: () => names.next().value,
          });
          pending.length = 0;
        }
        requireUsable(history);
      }),
      { numRuns: 1500 },
    );
  });
});
