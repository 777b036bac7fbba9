import { MemoryNetwork } from "@synod/transports/memory";
import { expect, test } from "vitest";

/** A network whose frames wait until the test delivers them. */
function newHeldNetwork() {
  const held: (() => void)[] = [];
  const network = new MemoryNetwork({ pathBytes: 100, later: (deliver) => held.push(deliver) });
  const open = (endpoint: number) => {
    const transport = network.endpoint(endpoint);
    const arrived: number[] = [];
    transport.receive((frame) => arrived.push(frame[0] ?? -1));
    return { transport, arrived };
  };
  return { held, open };
}

test("frames arrive in a later microtask, in the order of sending", async () => {
  const network = new MemoryNetwork();
  const one = network.endpoint(1);
  const arrived: number[] = [];
  network.endpoint(2).receive((frame) => arrived.push(frame[0] ?? -1));
  for (const byte of [1, 2, 3]) one.send(2, Uint8Array.of(byte));
  expect(arrived).toEqual([]);
  await Promise.resolve();
  expect(arrived).toEqual([1, 2, 3]);
});

test("a driver of its own delivers each frame when it likes, and in its own order", () => {
  const { held, open } = newHeldNetwork();
  const one = open(1);
  const two = open(2);
  for (const byte of [1, 2, 3]) one.transport.send(2, Uint8Array.of(byte));
  expect(two.arrived).toEqual([]);
  for (const deliver of held.reverse()) deliver();
  expect(two.arrived).toEqual([3, 2, 1]);
});

test("an endpoint that is opened again closes the one before, takes its place and finds an empty path", () => {
  const { held, open } = newHeldNetwork();
  const one = open(1);
  const before = open(2);
  expect(one.transport.send(2, new Uint8Array(80))).toBe(true);
  expect(one.transport.send(2, new Uint8Array(80))).toBe(false);
  const after = open(2);
  expect(
    one.transport.send(
      2,
      Uint8Array.from({ length: 80 }, () => 7),
    ),
  ).toBe(true);
  for (const deliver of held) deliver();
  expect(before.arrived).toEqual([]);
  expect(after.arrived).toEqual([7]);
  expect(before.transport.send(1, Uint8Array.of(1))).toBe(false);
  before.transport.close();
  expect(one.transport.send(2, Uint8Array.of(8))).toBe(true);
  expect(after.transport.send(1, Uint8Array.of(1))).toBe(true);
});

test("the sender's buffer is taken from it", () => {
  const { open } = newHeldNetwork();
  const one = open(1);
  open(2);
  const frame = new Uint8Array(10);
  one.transport.send(2, frame);
  expect(frame.buffer.detached).toBe(true);
  expect(one.transport.counters.sentBytes).toBe(10);
});
