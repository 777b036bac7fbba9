/**
 * Every run of up to five votes of three acceptors in two ballots, under each quorum system: the learner against an
 * account of the same votes that is written the other way round.
 */
import { describe, expect, test } from "vitest";
import { addressOf, type Address } from "../src/address.ts";
import { newOutput } from "../src/output.ts";
import { flexible, majority, type QuorumSystem } from "../src/quorum.ts";
import type { Output } from "../src/basic/delivery.ts";
import { Learner, type LearnerOptions } from "../src/basic/learner.ts";
import type { Message } from "../src/basic/messages.ts";

interface Vote {
  readonly acceptor: number;
  readonly ballot: number;
}

const client = addressOf("client", 9);
const other = addressOf("learner", 2);
const value = Uint8Array.of(86);
const options: LearnerOptions = {
  quorums: majority(3),
  proposers: 2,
  tells: [],
  clients: [],
  retryTicks: 5,
};

function votes(learner: Learner, run: readonly Vote[], out: Output): void {
  for (const { acceptor, ballot } of run) {
    learner.step(addressOf("acceptor", acceptor), { kind: "Accepted", ballot, value }, out);
  }
}

/** The ballot in which the value is first known to be chosen, if it is: acceptors' last votes, a quorum in one ballot. */
function chosenBallot(run: readonly Vote[], quorum: number): number | undefined {
  for (let length = 1; length <= run.length; length++) {
    const heard = run.slice(0, length);
    const last = [1, 2, 3].map((acceptor) =>
      Math.max(0, ...heard.filter((vote) => vote.acceptor === acceptor).map((vote) => vote.ballot)),
    );
    const found = [1, 2].find((ballot) => last.filter((each) => each === ballot).length >= quorum);
    if (found !== undefined) return found;
  }
  return undefined;
}

const single: readonly Vote[] = [1, 2, 3].flatMap((acceptor) => [1, 2].map((ballot) => ({ acceptor, ballot })));

function* runs(length: number): Iterable<readonly Vote[]> {
  if (length === 0) yield [];
  else for (const run of runs(length - 1)) for (const vote of single) yield [...run, vote];
}

const systems: readonly (readonly [string, QuorumSystem])[] = [
  ["majority", majority(3)],
  ["one for phase 2", flexible(3, 3, 1)],
  ["all for phase 2", flexible(3, 1, 3)],
];

describe.each(systems)("%s", (_name, quorums) => {
  test("it learns when a quorum has accepted one ballot, once, and never by votes of different ballots", () => {
    for (let length = 0; length <= 5; length++) {
      for (const run of runs(length)) {
        const out: Output = newOutput();
        votes(new Learner({ ...options, quorums }), run, out);
        const ballot = chosenBallot(run, quorums.phase2);
        const expected = ballot === undefined ? [] : [{ kind: "chosen", ballot, value }];
        expect(out.deliver, JSON.stringify(run)).toEqual(expected);
        // Whatever it learned, a quorum of different acceptors did vote for.
        for (const { ballot: learned } of out.deliver) {
          const voters = new Set(run.filter((vote) => vote.ballot === learned).map((vote) => vote.acceptor));
          expect(voters.size).toBeGreaterThanOrEqual(quorums.phase2);
        }
      }
    }
  });
});

test("a vote of an acceptor that is not in the configuration does not count", () => {
  const out: Output = newOutput();
  votes(
    new Learner(options),
    [1, 4].map((acceptor) => ({ acceptor, ballot: 1 })),
    out,
  );
  expect(out.deliver).toEqual([]);
});

test("what it learns it tells: the learners that it is to tell, and the clients", () => {
  const out: Output = newOutput();
  const learner = new Learner({ ...options, tells: [other], clients: [client] });
  votes(
    learner,
    [1, 2, 3].map((acceptor) => ({ acceptor, ballot: 4 })),
    out,
  );
  expect(out.send).toEqual([
    { to: other, message: { kind: "Learned", ballot: 4, value } },
    { to: client, message: { kind: "Response", value } },
  ]);
});

test("what a distinguished learner says it believes", () => {
  const out: Output = newOutput();
  const learner = new Learner({ ...options, clients: [client] });
  for (let i = 0; i < 2; i++) learner.step(other, { kind: "Learned", ballot: 4, value }, out);
  expect(out.deliver).toEqual([{ kind: "chosen", ballot: 4, value }]);
  expect(out.send).toEqual([{ to: client, message: { kind: "Response", value } }]);
});

test("who asks is told what was chosen", () => {
  const learner = new Learner(options);
  learner.step(other, { kind: "Learned", ballot: 4, value }, newOutput());
  const out: Output = newOutput();
  for (const asker of [client, other]) learner.step(asker, { kind: "Inquire" }, out);
  expect(out.send).toEqual([
    { to: client, message: { kind: "Response", value } },
    { to: other, message: { kind: "Learned", ballot: 4, value } },
  ]);
});

test("asked for what it does not know, it asks the acceptors, then one proposer after the other, until it knows", () => {
  const learner = new Learner(options);
  const asked: Address[][] = [];
  for (let round = 0; round < 7; round++) {
    const out: Output = newOutput();
    if (round === 0) learner.step(client, { kind: "Inquire" }, out);
    for (let tick = 0; round > 0 && tick < options.retryTicks; tick++) {
      expect(out.send).toEqual([]);
      learner.tick(out);
    }
    expect(out.send.every(({ message }) => message.kind === "Inquire")).toBe(true);
    asked.push(out.send.map(({ to }) => to));
  }
  const acceptors = [1, 2, 3].map((node) => addressOf("acceptor", node));
  const proposer = (node: number) => [addressOf("proposer", node)];
  expect(asked).toEqual([acceptors, proposer(1), acceptors, proposer(2), acceptors, proposer(1), acceptors]);

  votes(
    learner,
    [1, 2].map((acceptor) => ({ acceptor, ballot: 1 })),
    newOutput(),
  );
  const out: Output = newOutput();
  for (let tick = 0; tick < 3 * options.retryTicks; tick++) learner.tick(out);
  expect(out.send).toEqual([]);
});

test("nobody asked: it asks nobody", () => {
  const learner = new Learner(options);
  const out: Output = newOutput();
  votes(learner, [{ acceptor: 1, ballot: 1 }], out);
  for (let tick = 0; tick < 10 * options.retryTicks; tick++) learner.tick(out);
  expect(out).toEqual(newOutput());
});

describe("after the value was chosen in ballot 4", () => {
  const wrong = Uint8Array.of(87);
  const knowing = () => {
    const learner = new Learner(options);
    votes(
      learner,
      [1, 2].map((acceptor) => ({ acceptor, ballot: 4 })),
      newOutput(),
    );
    return learner;
  };

  test.each([4, 5])("another value in ballot %i breaks P2b: it stops", (ballot) => {
    const vote: Message = { kind: "Accepted", ballot, value: wrong };
    expect(() => knowing().step(addressOf("acceptor", 3), vote, newOutput())).toThrow("two values chosen");
  });

  test("another value in a lower ballot was only a minority's", () => {
    const out: Output = newOutput();
    knowing().step(addressOf("acceptor", 3), { kind: "Accepted", ballot: 3, value: wrong }, out);
    expect(out).toEqual(newOutput());
  });

  test.each([3, 4, 5])("another chosen value, in whatever ballot (%i), is a disagreement: it stops", (ballot) => {
    const learned: Message = { kind: "Learned", ballot, value: wrong };
    expect(() => knowing().step(other, learned, newOutput())).toThrow("two values chosen");
  });
});

test("messages for other roles change nothing", () => {
  const out: Output = newOutput();
  const learner = new Learner(options);
  const others: readonly Message[] = [
    { kind: "Request", value },
    { kind: "Prepare", ballot: 1 },
    { kind: "Promised", ballot: 1, acceptedBallot: 0, acceptedValue: value },
    { kind: "Accept", ballot: 1, value },
    { kind: "Rejected", ballot: 1, promised: 2 },
    { kind: "Response", value },
  ];
  for (const message of others) learner.step(addressOf("acceptor", 1), message, out);
  expect(out).toEqual(newOutput());
  expect(learner.checkpoint()).toEqual([]);
});
