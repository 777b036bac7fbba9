/**
 * The learner of Generalized Paxos: what three of four acceptors have in common, each command once, numbered so that
 * all learners agree where an instance ends.
 */
import { describe, expect, test } from "vitest";
import { addressOf, newOutput } from "../../src/index.ts";
import { configurationOf, Learner } from "../../src/generalized/index.ts";
import type { Delivery, Entry, Interference, Message } from "../../src/generalized/index.ts";

const configuration = configurationOf(4);
const [a, b, c] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
const checkpoint = new Uint8Array(0);
/** a commutes with b; c with nothing. */
const interference: Interference = (one, other) => one[0] === 3 || other[0] === 3;
const carried = (...commands: readonly Uint8Array[]) => commands.map((command) => ({ command }));
const acceptor = (node: number) => addressOf("acceptor", node);

class Stage {
  readonly learner = new Learner(configuration, interference, 1);
  readonly out = newOutput<Message, Entry, Delivery>();

  /** A turn with these messages; returns what it makes known, as `slot: command`. */
  turn(...messages: readonly (readonly [from: number, message: Message])[]): readonly string[] {
    for (const [from, message] of messages) this.learner.step(from, message, this.out);
    this.learner.flush(this.out);
    return this.delivered();
  }

  delivered(): readonly string[] {
    return this.out.deliver.splice(0).map((delivery) => {
      if (delivery.kind !== "chosen") return delivery.kind;
      const what = delivery.value.length === 0 ? "checkpoint" : String(delivery.value[0]);
      return `${delivery.slot}: ${what}${delivery.settled === true ? " settled" : ""}`;
    });
  }

  ticks(count: number) {
    for (let tick = 0; tick < count; tick++) this.learner.tick(this.out);
    return this.out.send.splice(0);
  }
}

const begin = (ballot: number, slot: number, ...history: readonly Uint8Array[]) =>
  [
    addressOf("proposer", ((ballot - 1) % 4) + 1),
    { kind: "Accept", ballot, slot, commitPoint: slot - 1, isClassic: false, history: carried(...history) },
  ] as const;
const vote = (node: number, ballot: number, slot: number, from: number, ...commands: readonly Uint8Array[]) =>
  [acceptor(node), { kind: "Accepted", ballot, slot, from, commands: carried(...commands) }] as const;

test("it learns when a third acceptor has a command, and not before; a repeated vote counts once", () => {
  const stage = new Stage();
  stage.turn(begin(1, 1));
  expect(stage.turn(vote(1, 1, 1, 0, a), vote(2, 1, 1, 0, a), vote(2, 1, 1, 0, a))).toEqual([]);
  expect(stage.turn(vote(4, 1, 1, 0, a))).toEqual(["1: 1"]);
  expect(stage.turn(vote(3, 1, 1, 0, a))).toEqual([]);
});

test("commuting commands are learned from acceptors that have them in either order, each in its own", () => {
  const orders = [
    [a, b],
    [b, a],
  ] as const;
  const learned = orders.map(([first, second]) => {
    const stage = new Stage();
    stage.turn(begin(1, 1));
    const votes = [vote(1, 1, 1, 0, a, b), vote(2, 1, 1, 0, b, a), vote(3, 1, 1, 0, first, second)] as const;
    return first === a ? stage.turn(...votes) : stage.turn(...votes.toReversed());
  });
  for (const each of learned) expect(each.map((line) => line.slice(3)).toSorted()).toEqual(["1", "2"]);
});

test("of interfering commands only what a quorum has in one order is learned", () => {
  const stage = new Stage();
  stage.turn(begin(1, 1));
  expect(
    stage.turn(vote(1, 1, 1, 0, a, c), vote(2, 1, 1, 0, a, c), vote(3, 1, 1, 0, c, a), vote(4, 1, 1, 0, c, a)),
  ).toEqual([]);
  // The next ballot puts them in an order; its votes are whole histories.
  expect(stage.turn(begin(5, 1, c, a), vote(1, 5, 1, 2), vote(2, 5, 1, 2))).toEqual([]);
  expect(stage.turn(vote(3, 5, 1, 2))).toEqual(["1: 3", "2: 1"]);
});

test("votes of different ballots never add up", () => {
  const stage = new Stage();
  stage.turn(begin(1, 1), vote(1, 1, 1, 0, a), vote(2, 1, 1, 0, a));
  expect(stage.turn(begin(5, 1), vote(3, 5, 1, 0, a))).toEqual([]);
  expect(stage.turn(vote(4, 1, 1, 0, a))).toEqual([]);
});

test("a vote that comes before what it adds to waits for it", () => {
  const stage = new Stage();
  stage.turn(vote(1, 1, 1, 1, b), vote(2, 1, 1, 1, b), vote(3, 1, 1, 1, b));
  expect(stage.delivered()).toEqual([]);
  expect(stage.turn(begin(1, 1, a))).toEqual(["1: 1", "2: 2"]);
});

test("a checkpoint is settled, ends the instance, and the next one goes on with the slot after it", () => {
  const stage = new Stage();
  stage.turn(begin(1, 4, b), vote(1, 1, 4, 1), vote(2, 1, 4, 1), vote(3, 1, 4, 1));
  expect(stage.delivered()).toEqual([]);
  const closed = [1, 2, 3].map((node) => vote(node, 1, 1, 3));
  expect(stage.turn(begin(1, 1, a, b, checkpoint), ...closed)).toEqual([
    "1: 1",
    "2: 2",
    "3: checkpoint settled",
    "4: 2",
  ]);
});

describe("a learner that is behind", () => {
  test("takes whole instances from a log, after what it knows already", () => {
    const stage = new Stage();
    stage.turn(begin(1, 1), vote(1, 1, 1, 0, b), vote(2, 1, 1, 0, b), vote(3, 1, 1, 0, b));
    const values = [a, b, checkpoint].map((value) => ({ value }));
    const message: Message = { kind: "Chosen", from: 1, values, trimmedThrough: 0 };
    stage.delivered();
    expect(stage.turn([acceptor(1), message])).toEqual(["2: 1", "3: checkpoint settled"]);
  });

  test("asks for votes that were lost, and the leader, whose word it takes", () => {
    const stage = new Stage();
    stage.turn(begin(1, 1), vote(1, 1, 1, 0, a));
    const asked = stage.ticks(2).filter(({ message }) => message.kind === "Inquire");
    expect(asked.map(({ to }) => to)).toEqual([...[1, 2, 3, 4].map(acceptor), addressOf("proposer", 1)]);
    const told: Message = { kind: "Learned", slot: 1, history: carried(a) };
    expect(stage.turn([addressOf("proposer", 1), told])).toEqual(["1: 1"]);
  });

  test("goes on after a snapshot, and not back to what it held", () => {
    const stage = new Stage();
    stage.learner.installed(6, stage.out);
    expect(stage.turn(begin(1, 7, a), ...[1, 2, 3].map((node) => vote(node, 1, 7, 1)))).toEqual(["7: 1"]);
    stage.learner.installed(6, stage.out);
    expect(stage.turn(vote(1, 1, 7, 1, b), vote(2, 1, 7, 1, b))).toEqual([]);
    expect(stage.turn(vote(3, 1, 7, 1, b))).toEqual(["8: 2"]);
  });
});

test("a history longer than any can be is passed over: it would take for ever to compare", () => {
  const most = 4 * configuration.limits.historyCommands + 1;
  const commands = Array.from({ length: most + 1 }, (_, index) => Uint8Array.of(1, index >> 8, index & 255));
  for (const [count, learned] of [
    [most, most],
    [most + 1, 0],
  ] as const) {
    const stage = new Stage();
    const votes = [1, 2, 3].map((node) => vote(node, 1, 1, 0, ...commands.slice(0, count)));
    expect(stage.turn(begin(1, 1), ...votes)).toHaveLength(learned);
  }
});

test("what no correct peer sends changes nothing", () => {
  const stage = new Stage();
  const [, message] = begin(1, 1, a);
  expect(stage.turn([addressOf("proposer", 2), message], [addressOf("learner", 2), vote(1, 1, 1, 0, a)[1]])).toEqual(
    [],
  );
  // Contradicts what is chosen: passed over, and nothing is delivered twice.
  stage.turn(begin(1, 1), ...[1, 2, 3].map((node) => vote(node, 1, 1, 0, a, c)));
  const lie: Message = { kind: "Learned", slot: 1, history: carried(c, a) };
  expect(stage.turn([addressOf("proposer", 1), lie])).toEqual([]);
});
