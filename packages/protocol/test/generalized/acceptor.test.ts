/**
 * The acceptor of Generalized Paxos: every ballot below, at and above its promise, and histories that only grow.
 */
import { describe, expect, test } from "vitest";
import { addressOf, limits, newOutput } from "../../src/index.ts";
import { Acceptor, asEntry, configurationOf, mostBytes, slotOf } from "../../src/generalized/index.ts";
import type { Delivery, Entry, Message } from "../../src/generalized/index.ts";

/** A command as large as one may be, and answers that have one such. */
const large = new Uint8Array(1000).fill(9);
const bounds = { ...limits, historyCommands: 8, historyBytes: 1000, valueBytes: large.length, answerBytes: 1000 };
const configuration = configurationOf(4, { limits: bounds });
const [a, b, c] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
const checkpoint = new Uint8Array(0);
const client = addressOf("client", 9);
const carried = (...commands: readonly Uint8Array[]) => commands.map((command) => ({ command }));

/** An acceptor of node 1 with what its turns leave. */
class Stage {
  readonly acceptor: Acceptor;
  readonly log: Entry[] = [];

  constructor(changes: Partial<typeof bounds> = {}) {
    this.acceptor = new Acceptor({ ...configuration, limits: { ...bounds, ...changes } }, 1);
  }

  /** A turn with these messages; returns what it sends, before a sync and after. */
  turn(...messages: readonly (readonly [from: number, message: Message])[]) {
    const out = newOutput<Message, Entry, Delivery>();
    for (const [from, message] of messages) this.acceptor.step(from, message, out);
    this.acceptor.flush(out);
    this.log.push(...out.persist);
    return { send: out.send, persist: out.persist, afterPersist: out.sendAfterPersist };
  }

  restarted(): Stage {
    const stage = new Stage();
    for (const entry of this.log) stage.acceptor.restore(asEntry(entry));
    stage.log.push(...this.log);
    return stage;
  }

  /** What it promises to a ballot above all. */
  report(): readonly unknown[] {
    const { afterPersist } = this.turn(prepare(1000 * 4 + 1));
    return afterPersist.flatMap(({ message }) => (message.kind === "Promised" ? message.accepted : []));
  }
}

const owner = (ballot: number) => addressOf("proposer", ((ballot - 1) % 4) + 1);
const prepare = (ballot: number) => [owner(ballot), { kind: "Prepare", ballot, from: 0 }] as const;
const accept = (ballot: number, slot: number, ...history: readonly Uint8Array[]) =>
  [owner(ballot), begin(ballot, slot, false, history)] as const;
const acceptClassic = (ballot: number, slot: number, ...history: readonly Uint8Array[]) =>
  [owner(ballot), begin(ballot, slot, true, history)] as const;
const begin = (ballot: number, slot: number, isClassic: boolean, history: readonly Uint8Array[]): Message => ({
  kind: "Accept",
  ballot,
  slot,
  commitPoint: slot - 1,
  isClassic,
  history: carried(...history),
});
const append = (ballot: number, slot: number, from: number, ...commands: readonly Uint8Array[]) =>
  [owner(ballot), { kind: "Append", ballot, slot, from, commands: carried(...commands) }] as const;
const request = (command: Uint8Array) => [client, { kind: "Request", sequence: 1, command }] as const;
const kinds = (envelopes: readonly { readonly message: Message }[]) => envelopes.map(({ message }) => message.kind);

describe.each([
  ["below", 1, false],
  ["at", 6, true],
  ["above", 9, true],
] as const)("a ballot %s its promise", (_where, ballot, taken) => {
  test("is promised, or refused", () => {
    const stage = new Stage();
    stage.turn(prepare(6));
    const { send, afterPersist } = stage.turn(prepare(ballot));
    expect(kinds(afterPersist)).toEqual(taken ? ["Promised"] : []);
    expect(kinds(send)).toEqual(taken ? [] : ["Rejected"]);
  });

  test("is accepted, or refused; and told only after the sync", () => {
    const stage = new Stage();
    stage.turn(prepare(6));
    const { send, persist, afterPersist } = stage.turn(accept(ballot, 1, a));
    expect(kinds(send)).toEqual(taken ? [] : ["Rejected"]);
    expect(persist.map(({ kind }) => kind)).toEqual(taken ? ["Accept"] : []);
    // To four learners and the leader.
    expect(kinds(afterPersist)).toEqual(taken ? Array.from({ length: 5 }, () => "Accepted") : []);
    expect(stage.report()).toEqual(taken ? [{ slot: 1, ballot, history: carried(a) }] : []);
  });
});

test("what clients send is added in the order of its coming, once, and told as an addition", () => {
  const stage = new Stage();
  stage.turn(prepare(1), accept(1, 1, a));
  const { persist, afterPersist } = stage.turn(request(c), request(a), request(b), request(c));
  const added = { kind: "Accepted", ballot: 1, slot: 1, from: 1, commands: carried(c, b) };
  expect(persist).toEqual([added]);
  expect(afterPersist.map(({ message }) => message)).toEqual(Array.from({ length: 5 }, () => added));
  expect(stage.report()).toEqual([{ slot: 1, ballot: 1, history: carried(a, c, b) }]);
});

test("nothing is added in a ballot once a higher one is promised; it waits for that one to begin", () => {
  const stage = new Stage();
  stage.turn(prepare(1), accept(1, 1));
  stage.turn(prepare(6));
  expect(stage.turn(request(b))).toEqual({ send: [], persist: [], afterPersist: [] });
  const { persist } = stage.turn(accept(6, 1, a));
  expect(persist.map(({ kind }) => kind)).toEqual(["Accept", "Accepted"]);
  expect(stage.report()).toEqual([{ slot: 1, ballot: 6, history: carried(a, b) }]);
});

test("nothing is added after a checkpoint, nor an empty command ever", () => {
  const stage = new Stage();
  stage.turn(prepare(1), accept(1, 1, a, checkpoint), request(b));
  expect(stage.report()).toEqual([{ slot: 1, ballot: 1, history: carried(a, checkpoint) }]);
  const open = new Stage();
  open.turn(prepare(1), accept(1, 1, a), request(checkpoint));
  expect(open.report()).toEqual([{ slot: 1, ballot: 1, history: carried(a) }]);
});

test("a history is bounded, whatever clients send: the rest waits for the next instance", () => {
  const stage = new Stage();
  stage.turn(prepare(1), accept(1, 1));
  const commands = Array.from({ length: 20 }, (_, index) => Uint8Array.of(index + 1));
  stage.turn(...commands.map(request));
  // As many as the leader closes an instance at, so that what it closes stands still.
  expect(stage.report()).toEqual([{ slot: 1, ballot: 1, history: carried(...commands.slice(0, 8)) }]);
});

test("what waits for an instance waits once, however often it is asked for, and keeps nothing else from its place", () => {
  const stage = new Stage();
  stage.turn(prepare(1));
  for (let time = 0; time < 20; time++) stage.turn(request(a), request(b));
  stage.turn(request(c));
  expect(stage.acceptor.status()).toMatchObject({ waitingBytes: 3 });
  stage.turn(accept(1, 1));
  expect(stage.report()).toEqual([{ slot: 1, ballot: 1, history: carried(a, b, c) }]);
  stage.turn(request(a));
  expect(stage.acceptor.status()).toMatchObject({ waitingBytes: 1 });
});

test("a restart gives back the promise, what the ballot began with and what was added", () => {
  const stage = new Stage();
  stage.turn(prepare(1), accept(1, 1, a));
  stage.turn(request(b));
  stage.turn(request(c));
  const again = stage.restarted();
  expect(kinds(again.turn(accept(1, 1, a)).afterPersist)).toEqual(["Accepted"]);
  expect(again.report()).toEqual([{ slot: 1, ballot: 1, history: carried(a, b, c) }]);
  stage.turn(prepare(6));
  expect(kinds(stage.restarted().turn(accept(1, 1, a)).send)).toEqual(["Rejected"]);
});

test("what was told and lost is told again, from where the asker knows it", () => {
  const stage = new Stage();
  stage.turn(prepare(1), accept(1, 1, a));
  stage.turn(request(b), request(c));
  const ask = (ballot: number, from: number) => {
    const inquire: Message = { kind: "Inquire", slot: 1, ballot, from };
    return stage.turn([addressOf("learner", 2), inquire]).afterPersist.map(({ message }) => message);
  };
  expect(ask(1, 2)).toEqual([{ kind: "Accepted", ballot: 1, slot: 1, from: 2, commands: carried(c) }]);
  // Of another ballot the asker knows nothing.
  expect(ask(5, 2)).toEqual([{ kind: "Accepted", ballot: 1, slot: 1, from: 0, commands: carried(a, b, c) }]);
});

test("the Accept of an earlier instance that comes late takes it back only in a higher ballot", () => {
  const stage = new Stage();
  stage.turn(prepare(6));
  stage.turn(accept(6, 3));
  const higher = stage.restarted();
  stage.turn(accept(6, 1, a, checkpoint));
  expect(stage.restarted().turn(request(b)).persist).toMatchObject([{ slot: 3 }]);
  expect(stage.turn(request(b)).persist).toMatchObject([{ slot: 3 }]);
  higher.turn(accept(9, 1, a));
  expect(higher.turn(request(b)).persist).toMatchObject([{ slot: 1 }]);
});

describe("a classic ballot", () => {
  const classic = (...history: readonly Uint8Array[]): Stage => {
    const stage = new Stage();
    stage.turn(acceptClassic(6, 1, ...history));
    return stage;
  };

  test("adds what the leader sends, durably, and tells all learners and the leader", () => {
    const stage = classic(a);
    const { persist, send, afterPersist } = stage.turn(append(6, 1, 1, b, c));
    const vote = { kind: "Accepted", ballot: 6, slot: 1, from: 1, commands: carried(b, c) };
    expect([persist, send]).toEqual([[vote], []]);
    const learners = [1, 2, 3, 4].map((node) => addressOf("learner", node));
    expect(afterPersist).toEqual([...learners, owner(6)].map((to) => ({ to, message: vote })));
    expect(stage.restarted().report()).toEqual([{ slot: 1, ballot: 6, history: carried(a, b, c) }]);
  });

  test("adds of what comes again only what it lacks, and tells the leader alone when that is nothing", () => {
    const stage = classic(a);
    stage.turn(append(6, 1, 1, b));
    expect(stage.turn(append(6, 1, 1, b, c)).persist).toMatchObject([{ from: 2, commands: carried(c) }]);
    const { persist, afterPersist } = stage.turn(append(6, 1, 1, b, c));
    expect(persist).toEqual([]);
    const vote = { kind: "Accepted", ballot: 6, slot: 1, from: 1, commands: carried(b, c) };
    expect(afterPersist).toEqual([{ to: owner(6), message: vote }]);
  });

  test("passes over what comes after commands that it lacks, and what is of no ballot or instance that it has begun", () => {
    const stage = classic(a);
    for (const lost of [append(6, 1, 2, c), append(10, 1, 1, b), append(6, 2, 0, b)]) {
      expect(stage.turn(lost)).toEqual({ send: [], persist: [], afterPersist: [] });
    }
    expect(kinds(stage.turn(append(5, 1, 1, b)).send)).toEqual(["Rejected"]);
    const [, message] = append(6, 1, 1, b);
    expect(stage.turn([addressOf("proposer", 1), message]).persist).toEqual([]);
    expect(stage.report()).toEqual([{ slot: 1, ballot: 6, history: carried(a) }]);
  });

  test("in a fast ballot, puts an end to an instance behind exactly what it has, and again only tells of it", () => {
    const stage = new Stage();
    stage.turn(prepare(1), accept(1, 1, a), request(b));
    // The leader did not know of b, or takes it to have c.
    expect(stage.turn(append(1, 1, 1, checkpoint))).toEqual({ send: [], persist: [], afterPersist: [] });
    expect(stage.turn(append(1, 1, 3, checkpoint))).toEqual({ send: [], persist: [], afterPersist: [] });
    const { persist, afterPersist } = stage.turn(append(1, 1, 2, c, checkpoint), request(Uint8Array.of(7)));
    const vote = { kind: "Accepted", ballot: 1, slot: 1, from: 2, commands: carried(c, checkpoint) };
    expect(persist).toEqual([vote]);
    expect(afterPersist.map(({ message }) => message)).toEqual(Array(5).fill(vote));
    expect(stage.turn(append(1, 1, 2, c, checkpoint)).afterPersist).toEqual([{ to: owner(1), message: vote }]);
    expect(stage.turn(append(1, 1, 4, a)).persist).toEqual([]);
    // What came after the end is for the next instance.
    const { persist: next } = stage.turn(accept(1, 5));
    expect(next.map(({ kind }) => kind)).toEqual(["Accept", "Accepted"]);
  });

  test("hands to the leader what clients send, and what waited for a ballot; not what a leader passes on", () => {
    const handed = (command: Uint8Array) => ({ to: owner(6), message: { kind: "Request", sequence: 0, command } });
    const stage = new Stage();
    stage.turn(prepare(6));
    expect(stage.turn(request(a), request(b)).send).toEqual([]);
    const begun = stage.turn(acceptClassic(6, 1));
    expect([begun.send, begun.persist.map(({ kind }) => kind)]).toEqual([[handed(a), handed(b)], ["Accept"]]);
    expect(stage.turn(request(c))).toEqual({ send: [handed(c)], persist: [], afterPersist: [] });
    const [, message] = request(c);
    expect(stage.turn([owner(9), message]).send).toEqual([]);
    // It comes back as it was.
    expect(stage.restarted().turn(request(c)).send).toEqual([handed(c)]);
    // Once it has promised another ballot, it waits for that.
    stage.turn(prepare(9));
    expect(stage.turn(request(c)).send).toEqual([]);
    expect(stage.turn(accept(9, 1)).persist.map(({ kind }) => kind)).toEqual(["Accept", "Accepted"]);
  });
});

test("a closed instance is not reported, and is answered from the log", () => {
  const stage = new Stage();
  stage.turn(prepare(1), accept(1, 1, a, checkpoint));
  stage.turn(accept(1, 3, b));
  expect(stage.report()).toEqual([{ slot: 3, ballot: 1, history: carried(b) }]);
  const [answer] = stage.turn([addressOf("learner", 2), { kind: "CatchUp", from: 1 }]).send;
  expect(answer?.message).toEqual({
    kind: "Chosen",
    from: 1,
    values: [{ value: a }, { value: checkpoint }],
    trimmedThrough: 0,
  });
});

test("the end of an instance that it knows to be closed is voted for again: the leader may have heard of no vote for it", () => {
  const stage = new Stage();
  stage.turn(prepare(1), accept(1, 1, a), append(1, 1, 1, checkpoint));
  const values = [{ value: a }, { value: checkpoint }];
  stage.turn([addressOf("learner", 1), { kind: "Chosen", from: 1, values, trimmedThrough: 0 }]);
  const vote = { kind: "Accepted", ballot: 1, slot: 1, from: 1, commands: carried(checkpoint) };
  const { persist, afterPersist } = stage.turn(append(1, 1, 1, checkpoint));
  expect(afterPersist).toContainEqual({ to: owner(1), message: vote });
  expect(persist).toEqual([]);
  // In a ballot above its promise that is promised, and nothing else recorded.
  expect(stage.turn(append(5, 1, 1, checkpoint)).persist).toEqual([{ kind: "Prepare", ballot: 5, from: 0 }]);
  expect(kinds(stage.turn(append(1, 1, 1, checkpoint)).send)).toEqual(["Rejected"]);
});

test("what does not fit in one answer to Prepare is asked for page by page, the earliest instances first", () => {
  const stage = new Stage();
  // Of the first two it has not heard the end.
  stage.turn(accept(1, 1, a, large), accept(1, 5, b, large), accept(1, 9, c));
  const page = (from: number) =>
    stage.turn([owner(6), { kind: "Prepare", ballot: 6, from }]).afterPersist.map(({ message }) => message);
  const [first, second] = [
    { slot: 1, ballot: 1, history: carried(a, large) },
    { slot: 5, ballot: 1, history: carried(b, large) },
  ];
  const answer = { kind: "Promised", ballot: 6, chosenThrough: 0 };
  expect(page(0)).toEqual([{ ...answer, from: 0, accepted: [first], next: 5 }]);
  expect(page(5)).toEqual([{ ...answer, from: 5, accepted: [second], next: 9 }]);
  const third = { slot: 9, ballot: 1, history: carried(c) };
  expect(page(9)).toEqual([{ ...answer, from: 9, accepted: [third], next: 0 }]);
});

test("an answer has so many values, however short they are", () => {
  const stage = new Stage({ answerValues: 3 });
  stage.turn(accept(1, 1, a, checkpoint), accept(1, 3, b, checkpoint), accept(1, 5));
  const [chosen] = stage.turn([addressOf("learner", 2), { kind: "CatchUp", from: 1 }]).send;
  expect(chosen?.message).toMatchObject({ values: [a, checkpoint, b, checkpoint].map((value) => ({ value })) });
  const again = new Stage({ answerValues: 3 });
  again.turn(accept(1, 1, a), accept(1, 3, b), accept(1, 5));
  const [promised] = again.turn(prepare(6)).afterPersist;
  expect(promised?.message).toMatchObject({ accepted: [{ slot: 1 }, { slot: 3 }], next: 5 });
});

test("a history that might fit into no frame is passed over, and what would make it one", () => {
  const most = mostBytes(configuration) / large.length;
  const commands = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => Uint8Array.from(large, () => from + index + 1));
  const stage = new Stage();
  expect(stage.turn(acceptClassic(6, 1, ...commands(most), a)).persist).toEqual([]);
  expect(stage.turn(acceptClassic(6, 1, new Uint8Array(large.length + 1))).persist).toEqual([]);
  expect(stage.turn(acceptClassic(6, 1, ...commands(most - 1))).persist).toHaveLength(1);
  expect(stage.turn(append(6, 1, most - 1, ...commands(2, 50))).persist).toEqual([]);
  expect(stage.turn(append(6, 1, most - 1, ...commands(1, 50))).persist).toHaveLength(1);
  expect(stage.turn(append(6, 1, most, a)).persist).toEqual([]);
  expect(stage.turn(append(6, 1, most, checkpoint)).persist).toHaveLength(1);
});

test("an Accept of another than the owner of its ballot is passed over", () => {
  const stage = new Stage();
  const [, message] = accept(2, 1, a);
  expect(stage.turn([addressOf("proposer", 1), message])).toEqual({ send: [], persist: [], afterPersist: [] });
});

test("an entry belongs to the last slot that it is about; one that begins an empty history to its first", () => {
  expect(slotOf({ kind: "Accept", ballot: 1, slot: 7, commitPoint: 6, isClassic: false, history: [] })).toBe(7);
  expect(slotOf({ kind: "Accept", ballot: 1, slot: 7, commitPoint: 6, isClassic: false, history: carried(a, b) })).toBe(
    8,
  );
  expect(slotOf({ kind: "Accepted", ballot: 1, slot: 7, from: 2, commands: carried(c) })).toBe(9);
  expect(slotOf({ kind: "Prepare", ballot: 1, from: 0 })).toBe(0);
  expect(() => asEntry({ kind: "Heartbeat", ballot: 1, commitPoint: 0, chosen: 0 })).toThrow(TypeError);
});
