/**
 * A leader's messages over time: what is sent again, to whom, and when its word goes out.
 */
import { describe, expect, test } from "vitest";
import { configurationOf, type Heartbeat, type Message } from "../../src/multi/index.ts";
import { electedProposer, leadingProposer } from "./leading.ts";
import { acceptor, client, flush, learner, promised, proposer, sent, sentKind, step, tick, value } from "./stage.ts";

const three = configurationOf(3);
const { electionTicks, heartbeatTicks, retryTicks } = three.timing;

test("an unanswered Prepare is sent again to those that have not answered, for the page they owe", () => {
  const { role } = electedProposer(three, 1);
  step(role, acceptor(2), promised(1, 1, [[1, 0, "a"]], 0, 2));
  const again = Array.from({ length: retryTicks }, () => sent(tick(role))).flat();
  expect(again.map(({ to, message }) => [to, message.kind === "Prepare" && message.from])).toEqual([
    [acceptor(1), 1],
    [acceptor(2), 2],
    [acceptor(3), 1],
  ]);
});

test("an Accept is sent again, with the newest commit point, to those that have not voted", () => {
  const { role } = leadingProposer(three, 1);
  for (const sequence of [1, 2]) {
    step(role, client(1), { kind: "Request", sequence, command: value("a") });
    flush(role);
  }
  for (const node of [1, 2]) step(role, acceptor(node), { kind: "Accepted", ballot: 1, slot: 1 });
  step(role, acceptor(3), { kind: "Accepted", ballot: 1, slot: 2 });
  const again = Array.from({ length: retryTicks }, () => sent(tick(role))).flat();
  const accepts = again.flatMap(({ to, message }) =>
    message.kind === "Accept" ? [[to, message.slot, message.commitPoint]] : [],
  );
  expect(accepts).toEqual([
    [acceptor(1), 2, 1],
    [acceptor(2), 2, 1],
  ]);
});

test("the winner of an election tells everyone at once, and then at every heartbeat", () => {
  const { role, did } = leadingProposer(three, 1);
  const everyone = [
    acceptor(1),
    acceptor(2),
    acceptor(3),
    learner(1),
    proposer(2),
    learner(2),
    proposer(3),
    learner(3),
  ];
  expect(sent(did).map(({ to }) => to)).toEqual(everyone);
  for (let beat = 0; beat < 2; beat++) {
    const silence = Array.from({ length: heartbeatTicks - 1 }, () => sent(tick(role))).flat();
    expect(silence).toEqual([]);
    expect(sent(tick(role)).map(({ to }) => to)).toEqual(everyone);
  }
});

test("a commit point that no Accept carries goes out at the next tick", () => {
  const { role } = leadingProposer(three, 1);
  step(role, client(1), { kind: "Request", sequence: 1, command: value("a") });
  flush(role);
  for (const node of [1, 2]) step(role, acceptor(node), { kind: "Accepted", ballot: 1, slot: 1 });
  const told: Heartbeat[] = sentKind(tick(role), "Heartbeat");
  expect(told.map(({ commitPoint }) => commitPoint)).toEqual(Array.from({ length: 8 }, () => 1));
  expect(sent(tick(role))).toEqual([]);
});

describe("a leader that has slot 1 chosen, and is heard by a quorum", () => {
  /** Its state after some election times, in each tick of which acceptors 1 and 2 say something. */
  const stateAfter = (says: (ticks: number) => Message): unknown => {
    const { role } = leadingProposer(three, 1);
    step(role, client(1), { kind: "Request", sequence: 1, command: value("a") });
    flush(role);
    for (const node of [1, 2]) step(role, acceptor(node), { kind: "Accepted", ballot: 1, slot: 1 });
    for (let ticks = 1; ticks <= 5 * electionTicks && role.status()["state"] === "leading"; ticks++) {
      tick(role);
      for (const node of [1, 2]) step(role, acceptor(node), says(ticks));
    }
    return role.status()["state"];
  };
  const knows = (chosenThrough: number): Message => ({ kind: "HeartbeatAck", ballot: 1, round: 1, chosenThrough });

  test("stays as long as an acceptor knows of it", () => expect(stateAfter(() => knows(1))).toBe("leading"));

  test("stands down when none gets on to it", () => expect(stateAfter(() => knows(0))).toBe("following"));

  test("stays when they say nothing of what they know", () => {
    expect(stateAfter(() => ({ kind: "Accepted", ballot: 1, slot: 1 }))).toBe("leading");
  });
});
