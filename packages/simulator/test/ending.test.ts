import { expect, test } from "vitest";
import { drawSequence, Ending, type Run, type TracedMessage, type Violation } from "../src/index.ts";

function runWith(violation: Violation): Run {
  const counts = { events: 0, simulatedSeconds: 9, faults: {}, reached: {}, people: 1, history: [] };
  const schedule = [{ index: 0, name: "node-crash", at: 15, microseconds: 20, nodes: [2], amount: 0 }];
  return { protocol: "none", seed: 1, hash: "", ...counts, violation, schedule };
}

function message(at: number, kind: string, fields: Readonly<Record<string, number>> = {}): TracedMessage {
  return { at, from: "proposer 1", to: "acceptor 2", kind, ...fields };
}

const p2c: Violation = {
  checker: "p2c",
  message: "ballot 9 proposes b for slot 13: the acceptors hold a in ballot 5 at 5",
  at: 1000,
};

test("a violation that names a slot and ballots shows the messages about these, however long ago they were", () => {
  const ending = new Ending(4, p2c);
  ending.take(message(10, "Accept", { ballot: 5, slot: 13 }));
  ending.take(message(11, "Prepare", { ballot: 9, fromSlot: 1 }));
  ending.take({ ...message(12, "Promised", { ballot: 7 }), accepted: [{ slot: 13, ballot: 5 }] });
  ending.take(message(13, "Accept", { ballot: 5, slot: 12 }));
  for (let at = 20; at < 90; at++) ending.take(message(at, "Heartbeat", { ballot: 9, commitPoint: 13 }));
  const { messages } = ending.trace(runWith(p2c), undefined);
  expect(messages.map(({ at }) => at)).toEqual([10, 11, 12]);
  expect(ending.words).toBe("the messages about slot 13 and ballots 9 and 5");
});

test("of many messages the first and the last are shown, and how many were left out", () => {
  const ending = new Ending(4, p2c);
  for (let at = 1; at <= 50; at++) ending.take(message(at, "Accept", { ballot: 5, slot: 13 }));
  const { messages, notes } = ending.trace({ ...runWith(p2c), schedule: [] }, undefined);
  expect(messages.map(({ at }) => at)).toEqual([1, 2, 49, 50]);
  expect(notes).toEqual([{ at: 49, text: "46 more of them" }]);
});

test("an operation without a place shows what was sent while it lasted", () => {
  const violation: Violation = { checker: "linearizability", message: "", at: 1000, during: { from: 20, until: 22 } };
  const ending = new Ending(30, violation);
  for (let at = 1; at <= 50; at++) ending.take(message(at, "Accept", { slot: at }));
  expect(ending.trace(runWith(violation), undefined).messages.map(({ at }) => at)).toEqual([20, 21, 22]);
});

test("a standstill shows what was sent around the last crash or restart", () => {
  const violation: Violation = { checker: "progress", message: "a client waits", at: 1000 };
  const ending = new Ending(8, violation);
  for (let at = 1; at <= 900; at++) {
    if (at === 20) ending.lived(at, "acceptor 2", "ends");
    if (at === 40) ending.lived(at, "acceptor 2", "starts");
    ending.take(message(at, at % 2 === 0 ? "Heartbeat" : "Request"));
  }
  const { messages } = ending.trace(runWith(violation), undefined);
  expect(messages.map(({ at }) => at)).toEqual([37, 39, 41, 43, 893, 895, 897, 899]);
});

test("crashes, restarts and faults have their rows, those of nodes that are not in the drawing have none", () => {
  const ending = new Ending(30, p2c);
  for (let at = 1; at <= 50; at += 7) ending.take(message(at, "Accept", { slot: 13 }));
  for (const who of ["acceptor 2", "learner 2", "acceptor 3"]) ending.lived(15, who, "ends");
  ending.lived(35, "acceptor 2", "starts");
  const { notes } = ending.trace(runWith(p2c), undefined);
  expect(notes).toEqual([
    { at: 15, text: "node-crash of 2 begins" },
    { at: 15, text: "acceptor 2, learner 2 end" },
    { at: 35, text: "node-crash of 2 ends" },
    { at: 35, text: "acceptor 2 starts" },
  ]);
});

test("a violation that names nothing shows the last messages", () => {
  const violation: Violation = { checker: "once", message: "a command has run twice", at: 1000 };
  const ending = new Ending(3, violation);
  for (let at = 1; at <= 50; at++) ending.take(message(at, "Accept", { slot: at }));
  expect(ending.trace(runWith(violation), undefined).messages.map(({ at }) => at)).toEqual([48, 49, 50]);
  expect(ending.words).toBe("the last messages");
});

test("a drawing fits in the columns that it is given", () => {
  const ending = new Ending(30, p2c);
  for (let node = 1; node <= 5; node++) {
    for (const role of ["acceptor", "learner"]) {
      ending.take({ ...message(node, "Accept", { slot: 13 }), to: `${role} ${node}`, value: "f".repeat(90) });
    }
  }
  const trace = ending.trace(runWith(p2c), undefined);
  const widest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));
  expect(widest(drawSequence(trace, { fitWidth: 100 }))).toBeLessThanOrEqual(100);
  expect(widest(drawSequence(trace))).toBeGreaterThan(100);
});
