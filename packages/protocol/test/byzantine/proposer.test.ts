import { addressOf, byzantine, newOutput, type Address } from "@synod/protocol";
import { beforeEach, describe, expect, test } from "vitest";

const digest = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length, ...bytes.subarray(0, 8));
const configuration = byzantine.configurationOf(4, digest);
const client = addressOf("client", 101);
/** A command says in its first four bytes how many follow. */
const command = Uint8Array.of(1, 0, 0, 0, 42);

let out = newOutput<byzantine.Message, byzantine.Entry, byzantine.Delivery>();
let proposer: byzantine.Proposer;
beforeEach(() => {
  out = newOutput();
  proposer = new byzantine.Proposer(configuration, 2);
});

const promised = (ballot: number): byzantine.Promised => ({
  kind: "Promised",
  ballot,
  stable: 0,
  checkpoints: [],
  votes: [],
  signature: Uint8Array.of(1),
});
const standing = (ballot: number): byzantine.Message => ({ kind: "Standing", ballot, stable: 0, chosenThrough: 0 });
const step = (from: Address, message: byzantine.Message): void => proposer.step(from, message, out);
const sent = (kind: string): readonly byzantine.Message[] =>
  [...out.send, ...out.sendAfterPersist].map(({ message }) => message).filter((message) => message.kind === kind);

test("it leads with the promises of a quorum, in whatever order its own acceptor tells it where that stands", () => {
  step(addressOf("acceptor", 2), standing(1));
  step(client, { kind: "Request", sequence: 1, command });
  for (const node of [1, 3]) step(addressOf("acceptor", node), promised(2));
  proposer.flush(out);
  expect(sent("NewView")).toEqual([]);
  step(addressOf("acceptor", 4), promised(2));
  step(addressOf("acceptor", 2), standing(2));
  proposer.flush(out);
  expect(out.persist).toEqual([{ kind: "Entered", ballot: 2 }]);
  expect(sent("NewView")).toHaveLength(4);
  expect(sent("Accept")).toHaveLength(4);
});

test("it leads no ballot of another, none twice, and none that it led in an earlier life", () => {
  for (const node of [1, 2, 3]) step(addressOf("acceptor", node), promised(3));
  expect(out.persist).toEqual([]);
  proposer.restore({ kind: "Entered", ballot: 6 });
  for (const node of [1, 2, 3]) for (const ballot of [2, 6]) step(addressOf("acceptor", node), promised(ballot));
  expect(out.persist).toEqual([]);
  for (const node of [1, 2, 3]) step(addressOf("acceptor", node), promised(10));
  expect(out.persist).toEqual([{ kind: "Entered", ballot: 10 }]);
});

test("a promise that proves nothing of what it says does not count", () => {
  const votes = [
    { slot: 1, ballot: 1, digest: digest(command), certificate: [{ acceptor: 1, signature: Uint8Array.of(1) }] },
  ];
  step(addressOf("acceptor", 1), { ...promised(2), votes });
  step(addressOf("acceptor", 3), { ...promised(2), stable: 4 });
  step(addressOf("acceptor", 4), promised(2));
  expect(out.persist).toEqual([]);
});

test("a promise of one acceptor for a ballot far away keeps it from leading no other", () => {
  const far = 2 + 4 * 2 ** 40;
  step(addressOf("acceptor", 1), promised(far));
  for (const node of [2, 3, 4]) step(addressOf("acceptor", node), promised(2));
  expect(out.persist).toEqual([{ kind: "Entered", ballot: 2 }]);
  step(addressOf("acceptor", 1), promised(far));
  for (const node of [2, 3, 4]) step(addressOf("acceptor", node), promised(6));
  expect(out.persist.at(-1)).toEqual({ kind: "Entered", ballot: 6 });
});

describe("a promise counts when the values of its votes have come", () => {
  const other = Uint8Array.of(1, 0, 0, 0, 43);
  const certificate = [1, 3, 4].map((acceptor) => ({ acceptor, signature: Uint8Array.of(1) }));
  const vote = (slot: number, value: Uint8Array) => ({ slot, ballot: 1, digest: digest(value), certificate });
  const both = { ...promised(2), votes: [vote(1, command), vote(2, other)] };
  const payload = (node: number, slot: number, value: Uint8Array): void =>
    step(addressOf("acceptor", node), { kind: "Payload", slot, value });

  test("which are asked for one by one, again when the promise comes again, and taken as they were promised", () => {
    for (const node of [1, 3]) step(addressOf("acceptor", node), promised(2));
    step(addressOf("acceptor", 4), both);
    step(addressOf("acceptor", 4), both);
    expect(sent("Wanted")).toEqual([1, 1].map((slot) => ({ kind: "Wanted", slot })));
    payload(4, 1, other);
    payload(3, 1, command);
    payload(4, 1, command);
    payload(4, 1, command);
    expect(sent("Wanted").slice(2)).toEqual([{ kind: "Wanted", slot: 2 }]);
    expect(out.persist).toEqual([]);
    payload(4, 2, other);
    proposer.flush(out);
    expect(out.persist).toEqual([{ kind: "Entered", ballot: 2 }]);
    expect([...new Set(sent("Accept"))]).toMatchObject([
      { slot: 1, value: command },
      { slot: 2, value: other },
    ]);
  });

  test("but for a no-op, which needs none", () => {
    for (const node of [1, 3]) step(addressOf("acceptor", node), promised(2));
    step(addressOf("acceptor", 4), { ...promised(2), votes: [vote(1, new Uint8Array(0))] });
    expect(sent("Wanted")).toEqual([]);
    expect(out.persist).toEqual([{ kind: "Entered", ballot: 2 }]);
  });

  test("so who keeps them back is done without", () => {
    step(addressOf("acceptor", 1), both);
    for (const node of [2, 3, 4]) step(addressOf("acceptor", node), promised(2));
    expect(out.persist).toEqual([{ kind: "Entered", ballot: 2 }]);
  });
});

test("one proposer that relays a command is not believed, two are", () => {
  const relayed: byzantine.Message = { kind: "Relayed", command };
  step(addressOf("proposer", 1), relayed);
  step(addressOf("proposer", 1), relayed);
  expect(sent("Vouched")).toEqual([]);
  step(addressOf("proposer", 4), relayed);
  expect(sent("Vouched")).toEqual([{ kind: "Vouched", digest: digest(command) }]);
});

test("what is late is relayed, and later the leader is doubted; not when it is served", () => {
  const { retryTicks, electionTicks } = configuration.timing;
  step(addressOf("acceptor", 2), standing(1));
  step(client, { kind: "Request", sequence: 1, command });
  const tick = (count: number): void => {
    for (let ticks = 0; ticks < count; ticks++) proposer.tick(out);
  };
  tick(retryTicks);
  expect(sent("Relayed")).toHaveLength(3);
  tick(2 * electionTicks - retryTicks - 1);
  expect(sent("Doubted")).toEqual([]);
  tick(1);
  expect(sent("Doubted")).toEqual([{ kind: "Doubted", ballot: 1 }]);
  out = newOutput();
  step(addressOf("acceptor", 2), { kind: "Served", through: 1, commands: [{ digest: digest(command) }] });
  tick(4 * electionTicks);
  expect(sent("Doubted")).toEqual([]);
});
