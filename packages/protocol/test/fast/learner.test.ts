/**
 * The learner of Fast Paxos: what it counts, what it tells the acceptor beside it, and how it catches up.
 */
import { describe, expect, test } from "vitest";
import { Learner, configurationOf, type Message } from "../../src/fast/index.ts";
import { newOutput } from "../../src/index.ts";
import type { Delivery, Entry } from "../../src/fast/index.ts";
import { acceptor, client, learner, ofKind, proposer, step, tick, type Did } from "./stage.ts";

const [v, w, x] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
const noOp = new Uint8Array(0);
const configuration = configurationOf(5);
const { learnerSlots } = configuration.limits;
const newLearner = (): Learner => new Learner(configuration, 1);
const vote = (slot: number, value: Uint8Array, ballot = 5, chosenThrough = 0): Message => ({
  kind: "Accepted",
  ballot,
  slot,
  chosenThrough,
  value,
});

/** These acceptors vote for a value in a slot. */
function votes(role: Learner, nodes: readonly number[], ...message: Parameters<typeof vote>): readonly Did[] {
  return nodes.map((node) => step(role, acceptor(node), vote(...message)));
}

const delivered = (dids: readonly Did[]): readonly string[] =>
  dids.flatMap((did) =>
    did.delivered.map((each) => (each.kind === "chosen" ? `${each.slot}: ${each.value}` : each.kind)),
  );

describe("a value is learned", () => {
  test("from a fast quorum of a fast ballot, and a smaller one of a classic ballot", () => {
    const fast = newLearner();
    expect(delivered(votes(fast, [1, 2, 3], 1, v))).toEqual([]);
    expect(delivered(votes(fast, [4], 1, v))).toEqual(["1: 1"]);
    const classic = newLearner();
    expect(delivered(votes(classic, [1, 2], 1, v, 6))).toEqual([]);
    expect(delivered(votes(classic, [3], 1, v, 6))).toEqual(["1: 1"]);
  });

  test("not from votes for two values, of two ballots, or of one acceptor twice", () => {
    const values = newLearner();
    votes(values, [1, 2, 3], 1, v);
    expect(delivered(votes(values, [4, 5], 1, w))).toEqual([]);
    const ballots = newLearner();
    votes(ballots, [1, 2], 1, v, 6);
    expect(delivered(votes(ballots, [3, 4], 1, v, 9))).toEqual([]);
    expect(delivered(votes(ballots, [5], 1, v, 6))).toEqual([]);
    expect(delivered(votes(ballots, [5], 1, v, 9))).toEqual(["1: 1"]);
    expect(delivered(votes(newLearner(), [1, 1, 1, 1], 1, v))).toEqual([]);
  });

  test("in slot order, each slot once, and none too far ahead to keep", () => {
    const role = newLearner();
    expect(delivered(votes(role, [1, 2, 3, 4], 2, w))).toEqual([]);
    expect(delivered(votes(role, [1, 2, 3, 4, 5], 1, v))).toEqual(["1: 1", "2: 2"]);
    expect(delivered(votes(role, [1, 2, 3, 4], 2, w))).toEqual([]);
    votes(role, [1, 2, 3, 4], 2 + learnerSlots, v);
    expect(role.status()).toMatchObject({ delivered: 2, slotsHeld: 1 });
    votes(role, [1, 2, 3, 4], 3 + learnerSlots, v);
    expect(role.status()).toMatchObject({ slotsHeld: 1 });
  });
});

describe("its acceptor is told", () => {
  const learned = (dids: readonly Did[]) => dids.flatMap((did) => ofKind(did, "Learned"));

  test("that it holds what is chosen, or else what that is", () => {
    const role = newLearner();
    expect(learned(votes(role, [1, 2, 3, 4], 1, v))).toEqual([
      { kind: "Learned", from: 1, values: [{ isHeld: true, value: noOp }], to: acceptor(1) },
    ]);
    step(role, acceptor(1), vote(2, w));
    expect(learned(votes(role, [2, 3, 4, 5], 2, v))).toEqual([
      { kind: "Learned", from: 2, values: [{ isHeld: false, value: v }], to: acceptor(1) },
    ]);
  });

  test("again, what its votes do not say that it knows, as often as it asks", () => {
    const role = newLearner();
    for (const slot of [1, 2, 3]) votes(role, [1, 2, 3, 4], slot, v);
    const ask = (from: number) => ofKind(step(role, acceptor(1), { kind: "CatchUp", from }), "Learned");
    expect(ask(3)).toMatchObject([{ from: 3, values: [{ isHeld: true }] }]);
    // It has started again, and knows less than it did.
    expect(ask(1)).toMatchObject([{ from: 1, values: [{}, {}, {}] }]);
    // This vote will be found again with what it says.
    step(role, acceptor(1), vote(4, v, 5, 2));
    expect(ask(1)).toEqual([]);
    expect(ask(3)).toMatchObject([{ from: 3, values: [{}] }]);
    step(role, acceptor(2), vote(4, v, 5, 3));
    expect(ask(3)).toMatchObject([{ from: 3, values: [{}] }]);
  });

  test("anew, when it lacks what is no longer kept, and a later ballot chooses it again", () => {
    const role = newLearner();
    for (let slot = 1; slot <= learnerSlots + 2; slot++) votes(role, [2, 3, 4, 5], slot, v);
    const ask = (from: number) => ofKind(step(role, acceptor(1), { kind: "CatchUp", from }), "Learned");
    expect(ask(1)).toEqual([]);
    expect(learned(votes(role, [2, 3], 2, v, 6))).toEqual([]);
    expect(learned(votes(role, [1], 2, v, 6))).toEqual([]);
    const first = votes(role, [2, 3, 1], 1, v, 6);
    const both = { from: 1, values: [{ isHeld: true }, { isHeld: true }] };
    expect(learned(first)).toMatchObject([both]);
    expect(delivered(first)).toEqual([]);
    expect(ask(1)).toMatchObject([both]);
    // Votes of two ballots are no quorum here either.
    expect(learned(votes(role, [2, 3], 1, v, 7))).toEqual([]);
    step(role, acceptor(1), vote(learnerSlots + 3, v, 6, 2));
    expect(ask(1)).toEqual([]);
  });

  test("of a snapshot that holds what it lacks; nobody else is told anything", () => {
    const role = newLearner();
    for (const slot of [1, 2, 3]) votes(role, [1, 2, 3, 4], slot, v);
    const out = newOutput<Message, Entry, Delivery>();
    role.snapshotted(2, out);
    expect(out.send).toEqual(
      configuration.nodes.map((node) => ({ to: acceptor(node), message: { kind: "Trim", slot: 2 } })),
    );
    const ask = (from: number, node = 1) => step(role, acceptor(node), { kind: "CatchUp", from }).sent;
    expect(ask(2)).toEqual([{ to: acceptor(1), message: { kind: "Trim", slot: 2 } }]);
    expect(ask(3)).toMatchObject([{ message: { kind: "Learned", from: 3 } }]);
    expect(ask(2, 2)).toEqual([]);
  });
});

describe("a learner that is behind", () => {
  test("takes from a log what comes next, and hands what another node's had to its own acceptor", () => {
    const role = newLearner();
    const chosen = (from: number, ...values: readonly Uint8Array[]): Message => ({
      kind: "Chosen",
      from,
      values: values.map((value) => ({ value })),
      trimmedThrough: 0,
    });
    expect(delivered([step(role, acceptor(1), chosen(2, w))])).toEqual([]);
    const own = step(role, acceptor(1), chosen(1, v));
    expect(delivered([own])).toEqual(["1: 1"]);
    expect(ofKind(own, "Chosen")).toEqual([]);
    votes(role, [2, 3, 4, 5], 4, x);
    const other = step(role, acceptor(2), chosen(1, v, w, v));
    expect(delivered([other])).toEqual(["2: 2", "3: 1", "4: 3"]);
    expect(ofKind(other, "Chosen").map(({ to }) => to)).toEqual([acceptor(1)]);
    expect(ofKind(step(role, acceptor(2), chosen(1, v, w, v)), "Chosen")).toEqual([]);
  });

  test("asks when a vote or a heartbeat says that more is chosen", () => {
    for (const [from, message] of [
      [acceptor(2), vote(9, v, 5, 3)],
      [proposer(1), { kind: "Heartbeat", ballot: 5, commitPoint: 3 }],
    ] as const) {
      const role = newLearner();
      step(role, acceptor(1), { kind: "Chosen", from: 1, values: [], trimmedThrough: 0 });
      const asks = (): number =>
        Array.from({ length: 2 * configuration.timing.catchUpTicks }, () => ofKind(tick(role), "CatchUp")).flat()
          .length;
      expect(asks()).toBe(0);
      step(role, from, message);
      expect(role.status()).toMatchObject({ known: 3 });
      expect(asks()).toBeGreaterThan(0);
    }
  });

  test("goes on after a snapshot, with the votes that it has for what comes then, and never back", () => {
    const role = newLearner();
    const install = (slot: number): readonly string[] => {
      const out = newOutput<Message, Entry, Delivery>();
      role.installed(slot, out);
      return delivered([{ sent: out.send, sentDurably: [], persisted: [], delivered: out.deliver }]);
    };
    votes(role, [1, 2, 3, 4], 5, v);
    votes(role, [1, 2, 3], 6, w);
    expect(install(4)).toEqual(["5: 1"]);
    expect(role.status()).toMatchObject({ delivered: 5, known: 5 });
    expect(install(3)).toEqual([]);
    expect(delivered(votes(role, [4], 6, w))).toEqual(["6: 2"]);
    expect(install(9)).toEqual([]);
    expect(role.status()).toMatchObject({ delivered: 9, known: 9, slotsHeld: 0 });
  });
});

test("votes of who is no acceptor of the cluster do not count", () => {
  const role = newLearner();
  votes(role, [2, 3, 4], 1, v);
  for (const from of [learner(1), client(1), proposer(1), acceptor(6)]) {
    expect(step(role, from, vote(1, v)).delivered).toEqual([]);
  }
});

describe("what it tells its acceptor fits into a message", () => {
  const large = (number: number) => new Uint8Array(configuration.limits.valueBytes).fill(number);
  const most = configuration.limits.answerBytes / configuration.limits.valueBytes;
  const slots = Array.from({ length: most + 2 }, (_, index) => index + 1);

  test("of what it has learned at once, the rest a turn later", () => {
    const role = newLearner();
    // The first slot comes last, and its own acceptor has voted in none.
    for (const slot of slots.slice(1)) votes(role, [2, 3, 4, 5], slot, large(slot));
    const first = votes(role, [2, 3, 4, 5], 1, large(1)).flatMap((did) => ofKind(did, "Learned"));
    expect(first.map(({ from, values }) => [from, values.length])).toEqual([[1, most]]);
    const [second] = ofKind(tick(role), "Learned");
    expect([second?.from, second?.values.length]).toEqual([most + 1, 2]);
    expect(ofKind(tick(role), "Learned")).toEqual([]);
  });

  test("of what it is asked for again", () => {
    const role = newLearner();
    for (const slot of slots) votes(role, [2, 3, 4, 5], slot, large(slot));
    const lengthFrom = (from: number) =>
      ofKind(step(role, acceptor(1), { kind: "CatchUp", from }), "Learned").map(({ values }) => values.length);
    expect([lengthFrom(1), lengthFrom(most + 1)]).toEqual([[most], [2]]);
  });
});
