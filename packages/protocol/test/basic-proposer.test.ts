/**
 * A proposer in every phase against every answer: of a ballot below, equal to and above its own, from an acceptor that
 * has answered, from one that has not, and from one that it does not know. It is proposer 1 of 2, and uses ballot 3.
 */
import { describe, expect, test } from "vitest";
import { addressOf } from "../src/address.ts";
import { newOutput } from "../src/output.ts";
import { flexible, majority } from "../src/quorum.ts";
import { fixedDelay } from "../src/basic/delay.ts";
import type { Output } from "../src/basic/delivery.ts";
import type { Entry, Message } from "../src/basic/messages.ts";
import { Proposer, type ProposerOptions } from "../src/basic/proposer.ts";

const client = addressOf("client", 9);
const acceptor = (node: number) => addressOf("acceptor", node);
const mine = Uint8Array.of(77);
const nothing = new Uint8Array(0);
const options: ProposerOptions = {
  node: 1,
  proposers: 2,
  quorums: majority(3),
  retryTicks: 10,
  delay: fixedDelay(4),
};

const request: Message = { kind: "Request", value: mine };
const promised = (ballot: number, acceptedBallot = 0, acceptedValue = nothing): Message => ({
  kind: "Promised",
  ballot,
  acceptedBallot,
  acceptedValue,
});
const accepted = (ballot: number, value = mine): Message => ({ kind: "Accepted", ballot, value });
const rejected = (ballot: number, by: number): Message => ({ kind: "Rejected", ballot, promised: by });
const toAll = (message: Message) => [1, 2, 3].map((node) => ({ to: acceptor(node), message }));

type Phase = "idle" | "preparing" | "proposing" | "waiting" | "chosen";

/** A proposer that has used ballot 1 before it crashed, brought into `phase` with ballot 3; acceptor 1 has answered. */
function proposerIn(phase: Phase, changes: Partial<ProposerOptions> = {}): Proposer {
  const proposer = new Proposer({ ...options, ...changes });
  proposer.restore({ kind: "Prepare", ballot: 1 });
  const steps: readonly (readonly [number, Message])[] = [
    [client, request],
    [acceptor(1), promised(3)],
    [acceptor(2), promised(3)],
    [acceptor(1), accepted(3)],
    [acceptor(2), accepted(3)],
  ];
  const count = { idle: 0, preparing: 2, waiting: 2, proposing: 4, chosen: 5 }[phase];
  for (const [from, message] of steps.slice(0, count)) proposer.step(from, message, newOutput());
  if (phase === "waiting") proposer.step(acceptor(1), rejected(3, 8), newOutput());
  expect(proposer.status()["phase"]).toBe(phase);
  return proposer;
}

type Relation = "below" | "equal" | "above";
type Sender = "counted" | "new" | "stranger";
const ballots: Readonly<Record<Relation, number>> = { below: 1, equal: 3, above: 5 };
const senders: Readonly<Record<Sender, number>> = { counted: 1, new: 2, stranger: 4 };

/** The only answers that matter, and the phase they lead to; everything else changes nothing. */
const table: ReadonlyMap<string, Phase> = new Map([
  ["preparing Promised equal new", "proposing"],
  ["preparing Rejected equal counted", "waiting"],
  ["preparing Rejected equal new", "waiting"],
  ["preparing Rejected equal stranger", "waiting"],
  ["proposing Accepted equal new", "chosen"],
  ["proposing Rejected equal counted", "waiting"],
  ["proposing Rejected equal new", "waiting"],
  ["proposing Rejected equal stranger", "waiting"],
]);

describe.each(["idle", "preparing", "proposing", "waiting", "chosen"] as const)("%s", (phase) => {
  for (const relation of ["below", "equal", "above"] as const) {
    for (const sender of ["counted", "new", "stranger"] as const) {
      const ballot = ballots[relation];
      const answers = [promised(ballot), accepted(ballot), rejected(ballot, 8)];
      test.each(answers)(`$kind of a ballot ${relation}, sender ${sender}`, (answer) => {
        const proposer = proposerIn(phase);
        const before = proposer.status();
        const out: Output = newOutput();
        proposer.step(acceptor(senders[sender]), answer, out);
        const next = table.get(`${phase} ${answer.kind} ${relation} ${sender}`);
        if (next === undefined) {
          expect(proposer.status()).toEqual(before);
          expect(out).toEqual(newOutput());
        } else {
          expect(proposer.status()["phase"]).toBe(next);
          const proposal: Message = { kind: "Accept", ballot: 3, value: mine };
          expect(out.sendAfterPersist).toEqual(next === "proposing" ? toAll(proposal) : []);
          expect(out.send).toEqual([]);
          expect(out.persist).toEqual([]);
        }
      });
    }
  }

  test("a request", () => {
    const proposer = proposerIn(phase);
    const out: Output = newOutput();
    proposer.step(client, { kind: "Request", value: Uint8Array.of(1) }, out);
    const prepare: Entry = { kind: "Prepare", ballot: 3 };
    expect(out.persist).toEqual(phase === "idle" ? [prepare] : []);
    expect(out.sendAfterPersist).toEqual(phase === "idle" ? toAll(prepare) : []);
    const response: Message = { kind: "Response", value: mine };
    expect(out.send).toEqual(phase === "chosen" ? [{ to: client, message: response }] : []);
  });

  test("an inquiry of a learner", () => {
    const proposer = proposerIn(phase);
    const out: Output = newOutput();
    const learner = addressOf("learner", 1);
    proposer.step(learner, { kind: "Inquire" }, out);
    expect(out.persist.length).toBe(phase === "idle" ? 1 : 0);
    const learned: Message = { kind: "Learned", ballot: 3, value: mine };
    expect(out.send).toEqual(phase === "chosen" ? [{ to: learner, message: learned }] : []);
  });

  test("messages for other roles change nothing", () => {
    const proposer = proposerIn(phase);
    const before = proposer.status();
    const out: Output = newOutput();
    const others: readonly Message[] = [
      { kind: "Prepare", ballot: 3 },
      { kind: "Accept", ballot: 3, value: mine },
      { kind: "Learned", ballot: 3, value: mine },
      { kind: "Response", value: mine },
    ];
    for (const message of others) proposer.step(acceptor(2), message, out);
    expect(out).toEqual(newOutput());
    expect(proposer.status()).toEqual(before);
  });
});

test("with the answers of a quorum it proposes what P2c leaves it, for every pair of answers", () => {
  const valueOf = (ballot: number) => Uint8Array.of(100 + ballot);
  for (let first = 0; first <= 4; first++) {
    for (let second = 0; second <= 4; second++) {
      const proposer = new Proposer(options);
      proposer.restore({ kind: "Prepare", ballot: 3 });
      proposer.step(client, request, newOutput());
      const out: Output = newOutput();
      proposer.step(acceptor(1), promised(5, first, first === 0 ? nothing : valueOf(first)), out);
      expect(out.sendAfterPersist).toEqual([]);
      proposer.step(acceptor(3), promised(5, second, second === 0 ? nothing : valueOf(second)), out);
      const value = first === 0 && second === 0 ? mine : valueOf(Math.max(first, second));
      expect(out.sendAfterPersist).toEqual(toAll({ kind: "Accept", ballot: 5, value }));
    }
  }
});

test("one acceptor that answers twice is not a quorum", () => {
  const proposer = proposerIn("preparing");
  for (let i = 0; i < 3; i++) proposer.step(acceptor(1), promised(3), newOutput());
  expect(proposer.status()["phase"]).toBe("preparing");
});

test("flexible quorums: each phase waits for its own number", () => {
  const proposer = new Proposer({ ...options, quorums: flexible(3, 3, 1) });
  proposer.step(client, request, newOutput());
  const phases = [promised(1), promised(1), promised(1), accepted(1)].map((message, i) => {
    proposer.step(acceptor((i % 3) + 1), message, newOutput());
    return proposer.status()["phase"];
  });
  expect(phases).toEqual(["preparing", "preparing", "proposing", "chosen"]);
});

test("its ballot is persisted before it is sent, and after a crash it never uses it again", () => {
  const proposer = new Proposer(options);
  const out: Output = newOutput();
  proposer.step(client, request, out);
  expect(out.persist).toEqual([{ kind: "Prepare", ballot: 1 }]);
  expect(out.send).toEqual([]);
  expect(proposer.checkpoint()).toEqual(out.persist);

  const restarted = new Proposer(options);
  for (const entry of out.persist) restarted.restore(entry);
  const again: Output = newOutput();
  restarted.step(client, request, again);
  expect(again.persist).toEqual([{ kind: "Prepare", ballot: 3 }]);
});

test("after a refusal it waits as its delay says, then tries above the ballot that refused it", () => {
  const asked: number[] = [];
  const delay = (attempt: number) => {
    asked.push(attempt);
    return attempt * 2;
  };
  const proposer = proposerIn("waiting", { delay });
  const waits: number[] = [];
  for (const next of [9, 11]) {
    const out: Output = newOutput();
    let ticks = 0;
    while (out.persist.length === 0) {
      proposer.tick(out);
      ticks += 1;
    }
    waits.push(ticks);
    expect(out.persist).toEqual([{ kind: "Prepare", ballot: next }]);
    expect(out.sendAfterPersist).toEqual(toAll({ kind: "Prepare", ballot: next }));
    proposer.step(acceptor(1), rejected(next, next + 1), newOutput());
  }
  expect(waits).toEqual([2, 4]);
  expect(asked).toEqual([1, 2, 3]);
});

test.each([
  ["preparing", { kind: "Prepare", ballot: 3 }],
  ["proposing", { kind: "Accept", ballot: 3, value: mine }],
] as const)("%s: after the retry time it asks those again that have not answered", (phase, message) => {
  const proposer = proposerIn(phase);
  const out: Output = newOutput();
  for (let tick = 1; tick < options.retryTicks; tick++) proposer.tick(out);
  expect(out.sendAfterPersist).toEqual([]);
  proposer.tick(out);
  expect(out.sendAfterPersist).toEqual([2, 3].map((node) => ({ to: acceptor(node), message })));
  expect(out.persist).toEqual([]);
});

test.each(["idle", "chosen"] as const)("%s: time changes nothing", (phase) => {
  const proposer = proposerIn(phase);
  const out: Output = newOutput();
  for (let tick = 0; tick < 5 * options.retryTicks; tick++) proposer.tick(out);
  expect(out).toEqual(newOutput());
});

test("an ordinary proposer passes requests and inquiries on to the distinguished one", () => {
  for (const message of [request, { kind: "Inquire" } as const]) {
    const ordinary = new Proposer({ ...options, node: 2, distinguished: 1 });
    const out: Output = newOutput();
    ordinary.step(client, message, out);
    expect(out).toEqual({ ...newOutput(), send: [{ to: addressOf("proposer", 1), message }] });
  }
});

test("an inquiry proposes what it finds, and nothing where nothing was accepted", () => {
  for (const found of [0, 2]) {
    const proposer = new Proposer(options);
    proposer.restore({ kind: "Prepare", ballot: 1 });
    const out: Output = newOutput();
    proposer.step(addressOf("learner", 1), { kind: "Inquire" }, newOutput());
    proposer.step(acceptor(1), promised(3), out);
    proposer.step(acceptor(2), promised(3, found, found === 0 ? nothing : mine), out);
    expect(out.sendAfterPersist).toEqual(found === 0 ? [] : toAll({ kind: "Accept", ballot: 3, value: mine }));
    expect(proposer.status()["phase"]).toBe(found === 0 ? "idle" : "proposing");
  }
});

test("what was reported to an abandoned ballot says nothing about the next one", () => {
  const proposer = new Proposer(options);
  proposer.restore({ kind: "Prepare", ballot: 1 });
  proposer.step(client, request, newOutput());
  proposer.step(acceptor(1), promised(3, 2, Uint8Array.of(1)), newOutput());
  proposer.step(acceptor(2), rejected(3, 4), newOutput());
  for (let tick = 0; tick < 4; tick++) proposer.tick(newOutput());
  const out: Output = newOutput();
  for (const node of [2, 3]) proposer.step(acceptor(node), promised(5), out);
  expect(out.sendAfterPersist).toEqual(toAll({ kind: "Accept", ballot: 5, value: mine }));
});

test("the first value that it is asked for is the one it wants", () => {
  const inquiry: Message = { kind: "Inquire" };
  const later: Message = { kind: "Request", value: Uint8Array.of(1) };
  for (const asked of [
    [request, later],
    [inquiry, request, later],
  ]) {
    const proposer = new Proposer(options);
    const out: Output = newOutput();
    for (const message of asked) proposer.step(client, message, newOutput());
    for (const node of [1, 2]) proposer.step(acceptor(node), promised(1), out);
    expect(out.sendAfterPersist).toEqual(toAll({ kind: "Accept", ballot: 1, value: mine }));
  }
});

test("a new request begins with the shortest delay again", () => {
  const asked: number[] = [];
  const delay = (attempt: number) => {
    asked.push(attempt);
    return 1;
  };
  const proposer = new Proposer({ ...options, delay });
  proposer.step(client, { kind: "Inquire" }, newOutput());
  proposer.step(acceptor(1), rejected(1, 2), newOutput());
  proposer.tick(newOutput());
  for (const node of [1, 2]) proposer.step(acceptor(node), promised(3), newOutput());
  proposer.step(client, request, newOutput());
  proposer.step(acceptor(1), rejected(5, 6), newOutput());
  expect(asked).toEqual([1, 1]);
});
