import { addressOf, byzantine, newOutput, type Address } from "@synod/protocol";
import { beforeEach, describe, expect, test } from "vitest";

const digest = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length, ...bytes.subarray(0, 8));
const configuration = byzantine.configurationOf(4, digest);
const signature = Uint8Array.of(7);
const [a, b] = [Uint8Array.of(1, 0, 0, 0, 1), Uint8Array.of(1, 0, 0, 0, 2)];
const at = (node: number): Address => addressOf("acceptor", node);

let out = newOutput<byzantine.Message, byzantine.Entry, byzantine.Delivery>();
let learner: byzantine.Learner;
beforeEach(() => {
  out = newOutput();
  learner = new byzantine.Learner(configuration, 3);
});

const chosen = (node: number, from: number, values: readonly Uint8Array[], trimmedThrough = 0): void =>
  learner.step(at(node), { kind: "Chosen", from, values: values.map((value) => ({ value })), trimmedThrough }, out);
const accepted = (node: number, slot: number, value: Uint8Array): void =>
  learner.step(at(node), { kind: "Accepted", ballot: 1, slot, digest: digest(value), signature }, out);

test("what it learned by votes it tells its acceptor before it repairs the slots after that", () => {
  chosen(2, 2, [b]);
  learner.step(at(3), { kind: "AcceptedValue", slot: 1, digest: digest(a), value: a }, out);
  for (const node of [2, 3, 4]) accepted(node, 1, a);
  expect(out.deliver).toMatchObject([{ slot: 1, value: a }]);
  chosen(4, 2, [b]);
  learner.flush(out);
  expect(out.deliver).toMatchObject([{ slot: 1 }, { slot: 2, value: b }]);
  const told = out.send.filter(({ to }) => to === at(3)).map(({ message }) => message);
  expect(told.slice(0, 2)).toMatchObject([
    { kind: "Learned", from: 1, values: [{ digest: digest(a) }] },
    { kind: "Chosen", from: 2, values: [{ value: b }] },
  ]);
});

describe("it fetches a snapshot", () => {
  const isFetching = (): boolean => out.send.some(({ message }) => message.kind === "FetchSnapshot");

  test("when two logs have nothing up to the slot any more", () => {
    chosen(1, 1, [], 4);
    expect(isFetching()).toBe(false);
    chosen(2, 1, [], 4);
    expect(isFetching()).toBe(true);
  });

  test("when one of three has nothing any more and one tells what no other does: they are beyond it, and no two agree", () => {
    chosen(1, 1, [], 4);
    chosen(2, 1, [a]);
    expect(isFetching()).toBe(false);
    chosen(3, 1, []);
    expect(isFetching()).toBe(true);
  });

  test("not when some have not got so far", () => {
    for (const node of [2, 3, 4]) chosen(node, 1, []);
    chosen(1, 1, [], 4);
    expect(isFetching()).toBe(false);
  });
});
