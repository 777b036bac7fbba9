import { addressOf, basic, majority } from "@synod/protocol";
import { describe, expect, test } from "vitest";
import { drawSequence, seededRandom, showBytes, showFields, showValue, Stage, type StageTimes } from "../src/index.ts";

const client = addressOf("client", 1);
const proposer = addressOf("proposer", 1);
const acceptor = (node: number) => addressOf("acceptor", node);
const value = Uint8Array.of(86);

function newStage(times: StageTimes = {}): Stage<basic.Message, basic.Entry, basic.Delivery> {
  const stage = new Stage<basic.Message, basic.Entry, basic.Delivery>(
    { layout: basic.layout, asEntry: basic.asEntry, slotOf: () => 0 },
    times,
  );
  const options = { node: 1, proposers: 1, quorums: majority(3), retryTicks: 10, delay: basic.fixedDelay(1) };
  stage.add(proposer, { create: () => new basic.Proposer(options) });
  for (const node of [1, 2, 3]) {
    stage.add(acceptor(node), { create: () => new basic.Acceptor({ proposers: 1, learners: [] }) });
  }
  return stage;
}

const kindsAt = (stage: ReturnType<typeof newStage>) => stage.messages.map(({ at, kind }) => `${at} ${kind}`);

describe("time", () => {
  test("a message takes a unit, and a sync as long as the stage says", () => {
    const quick = newStage();
    quick.post(client, proposer, { kind: "Request", value });
    quick.run(3);
    expect(new Set(kindsAt(quick))).toEqual(new Set(["0 Request", "1 Prepare", "2 Promised", "3 Accept"]));

    const slow = newStage({ syncUnits: 2 });
    slow.post(client, proposer, { kind: "Request", value });
    slow.run(7);
    expect(new Set(kindsAt(slow))).toEqual(new Set(["0 Request", "3 Prepare", "6 Promised", "7 Accept"]));
  });

  test("each unit is a tick: what is not answered is sent again", () => {
    const stage = newStage();
    stage.crash(acceptor(1), acceptor(2), acceptor(3));
    stage.post(client, proposer, { kind: "Request", value });
    stage.run(25);
    const prepares = stage.messages.filter(({ kind }) => kind === "Prepare");
    expect([...new Set(prepares.map(({ at }) => at))]).toEqual([1, 10, 20]);
    expect(prepares.every(({ lost }) => lost === "down")).toBe(true);
  });

  test("nothing can be planned for a time that has passed", () => {
    const stage = newStage();
    stage.run(5);
    expect(() => stage.at(5, () => undefined)).toThrow("time 5 has passed");
  });
});

describe("crashes", () => {
  test("what was synced survives, and an answer never leaves before it", () => {
    const stage = newStage({ syncUnits: 3 });
    const prepare: basic.Message = { kind: "Prepare", ballot: 1 };
    stage.post(proposer, acceptor(1), prepare);
    stage.post(proposer, acceptor(2), prepare);
    // The sync of acceptor 1 is under way, that of acceptor 2 is done.
    stage.at(3, () => stage.crash(acceptor(1)));
    stage.at(5, () => stage.crash(acceptor(2)));
    stage.at(6, () => stage.restart(acceptor(1), acceptor(2)));
    stage.run(20);
    expect(stage.role(acceptor(1)).status()["promised"]).toBe(0);
    expect(stage.role(acceptor(2)).status()["promised"]).toBe(1);
    const promises = stage.messages.filter(({ kind }) => kind === "Promised").map(({ from }) => from);
    expect(promises).toEqual(["acceptor 2"]);
    expect(stage.notes.map(({ text }) => text)).toEqual([
      "crash: acceptor 1",
      "crash: acceptor 2",
      "restart: acceptor 1, acceptor 2",
    ]);
  });

  test("a role that crashes at the time when a message arrives does not answer it", () => {
    const stage = newStage();
    stage.post(proposer, acceptor(1), { kind: "Prepare", ballot: 1 });
    stage.at(1, () => stage.crash(acceptor(1)));
    stage.run(5);
    expect(stage.messages.map(({ kind }) => kind)).toEqual(["Prepare"]);
  });

  test("who is up is not started again, and who is not there is refused", () => {
    const stage = newStage();
    expect(() => stage.restart(acceptor(1))).toThrow("up already");
    expect(() => stage.crash(acceptor(9))).toThrow("acceptor 9 is not on the stage");
  });
});

test("a cut link loses messages both ways, and only until it is mended", () => {
  const stage = newStage();
  stage.cut(1, 2);
  stage.post(proposer, acceptor(2), { kind: "Prepare", ballot: 1 });
  stage.post(acceptor(2), proposer, { kind: "Rejected", ballot: 1, promised: 2 });
  stage.post(proposer, acceptor(1), { kind: "Prepare", ballot: 1 });
  stage.heal();
  stage.post(proposer, acceptor(2), { kind: "Prepare", ballot: 1 });
  expect(stage.messages.map(({ lost }) => lost)).toEqual(["cut", "cut", undefined, undefined]);
});

test("the same seed gives the same numbers in [0, 1), another seed others", () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, random);
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const numbers = draw(7);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  const mean = numbers.reduce((sum, number) => sum + number) / numbers.length;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});

test("bytes are shown as text when they can be, an empty value is a no-op, and a field `from` is renamed", () => {
  expect(showBytes(value)).toBe("V");
  expect(showBytes(Uint8Array.of(0, 255))).toBe("00ff");
  expect(showValue(new Uint8Array(0))).toBe("no-op");
  const message = {
    kind: "Chosen",
    from: 4,
    values: [{ value }, { value: new Uint8Array(0) }],
    query: new Uint8Array(0),
  };
  expect(showFields(message)).toEqual({ fromSlot: 4, values: [{ value: "V" }, { value: "no-op" }], query: "" });
});

test("a drawing marks who sends, who gets it and who does not", () => {
  const sent = (from: string, to: string, lost?: "cut") => ({
    at: 1,
    from,
    to,
    kind: "Prepare",
    ballot: 4,
    ...(lost && { lost }),
  });
  const drawing = drawSequence({
    protocol: "basic",
    scenario: "test",
    messages: [
      sent("proposer 2", "acceptor 1"),
      sent("proposer 2", "proposer 1"),
      sent("proposer 2", "acceptor 2", "cut"),
    ],
    notes: [{ at: 1, text: "a note" }],
    outcome: { summary: "Seen.", chosen: [], learned: {}, answered: {} },
  });
  expect(drawing.split("\n")).toEqual([
    "basic test",
    "",
    "      proposer proposer acceptor acceptor",
    "         1        2        1        2",
    "   1     |        |        |        |      * a note",
    "   1     |<-------o------->|        |      Prepare ballot 4",
    "         |        o----------------x|      Prepare ballot 4 (lost: cut)",
    "",
    "Seen.",
    "",
    "3 messages: 3 Prepare",
    "",
  ]);
});
