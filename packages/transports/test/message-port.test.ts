import { MessagePortTransport, newPath, type PathEnd } from "@synod/transports/message-port";
import { setImmediate } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";

const peer = 2;

/** A transport with what has arrived at it. */
function newEnd(pathBytes?: number) {
  const transport = new MessagePortTransport(pathBytes === undefined ? {} : { pathBytes });
  const arrived: Uint8Array[] = [];
  transport.receive((frame) => arrived.push(frame));
  return { transport, arrived };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

test("what is no frame is refused, counted, and disturbs nothing", async () => {
  const { transport, arrived } = newEnd();
  const [here, there] = newPath();
  transport.connect(peer, here);
  const strange: readonly unknown[] = ["text", 7, null, undefined, {}, [1, 2], new ArrayBuffer(8), new Uint16Array(4)];
  for (const value of strange) there.port.postMessage(value);
  there.port.postMessage(Uint8Array.of(1));
  await until(() => arrived.length === 1);
  expect(transport.counters).toMatchObject({ refusedFrames: strange.length, receivedFrames: 1, receivedBytes: 1 });
  transport.close();
});

test("a message that cannot be read is refused", async () => {
  const { transport } = newEnd();
  const [here, there] = newPath();
  transport.connect(peer, here);
  there.port.emit("messageerror", new Error("could not be deserialised"));
  expect(transport.counters.refusedFrames).toBe(0);
  here.port.emit("messageerror", new Error("could not be deserialised"));
  expect(transport.counters.refusedFrames).toBe(1);
  transport.close();
});

test("a large frame is transferred, not copied", () => {
  const { transport } = newEnd();
  const [here] = newPath();
  transport.connect(peer, here);
  const large = new Uint8Array(100_000);
  transport.send(peer, large);
  expect(large.buffer.detached).toBe(true);
  expect(transport.counters.sentBytes).toBe(100_000);
  transport.close();
});

test("a new path replaces the old one, which its other end notices", async () => {
  const one = newEnd();
  const old = newEnd();
  const renewed = newEnd();
  const [oldHere, oldThere] = newPath();
  one.transport.connect(peer, oldHere);
  old.transport.connect(1, oldThere);
  old.transport.send(1, Uint8Array.of(1));
  const [here, there] = newPath();
  one.transport.connect(peer, here);
  renewed.transport.connect(1, there);
  one.transport.send(peer, Uint8Array.of(2));
  renewed.transport.send(1, Uint8Array.of(3));
  await until(() => renewed.arrived.length === 1 && one.arrived.length === 1);
  await until(() => !old.transport.send(1, Uint8Array.of(4)));
  expect(one.arrived).toEqual([Uint8Array.of(3)]);
  expect(old.arrived).toEqual([]);
  // The end of the old path closes it alone.
  expect(one.transport.send(peer, Uint8Array.of(5))).toBe(true);
  one.transport.close();
});

test("a path that is disconnected drops, at both ends", async () => {
  const one = newEnd();
  const two = newEnd();
  const [here, there] = newPath();
  one.transport.connect(peer, here);
  two.transport.connect(1, there);
  one.transport.disconnect(peer);
  one.transport.disconnect(peer);
  expect(one.transport.send(peer, Uint8Array.of(1))).toBe(false);
  await until(() => !two.transport.send(1, Uint8Array.of(1)));
  expect(two.transport.counters.droppedFrames).toBe(1);
});

test("a path that is opened after close is closed at once", async () => {
  const one = newEnd();
  const two = newEnd();
  const [here, there] = newPath();
  one.transport.close();
  one.transport.connect(peer, here);
  expect(one.transport.send(peer, Uint8Array.of(1))).toBe(false);
  two.transport.connect(1, there);
  await until(() => !two.transport.send(1, Uint8Array.of(1)));
});

test("the counts of a path go on right beyond 2^32 bytes", async () => {
  const flow = new SharedArrayBuffer(8);
  new Uint32Array(flow).fill(2 ** 32 - 150);
  const { port1, port2 } = new MessageChannel();
  const end = (port: PathEnd["port"], side: 0 | 1): PathEnd => ({ port, flow, side });
  const one = newEnd(250);
  const two = newEnd();
  one.transport.connect(peer, end(port1, 0));
  two.transport.connect(1, end(port2, 1));
  for (let sent = 0; sent < 10; sent += 2) {
    expect([1, 2, 3].map(() => one.transport.send(peer, new Uint8Array(100)))).toEqual([true, true, false]);
    await until(() => two.arrived.length === sent + 2);
  }
  one.transport.close();
});
