import { addressOf, basic } from "@synod/protocol";
import { DecodeError, FrameWriter, newCodec, readFrame } from "@synod/wire";
import { expect, test, vi } from "vitest";
import { simulate } from "../../src/index.ts";
import { damageFrame } from "../../src/world/damage.ts";
import { Randomness } from "../../src/world/randomness.ts";
import { faultOf, FaultyNetwork } from "./faulty-network.ts";
import { newSmallWorld } from "./small-world.ts";

const frames = 1000;

function numbered(index: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(index >> 8, index & 0xff);
}

function numberIn({ bytes }: { readonly bytes: Uint8Array }): number {
  return (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
}

/** Sends frames with a number each, one after the other; returns the numbers in the order of arrival. */
function sendMany(world: FaultyNetwork, from = 1, to = 2): readonly number[] {
  for (let index = 0; index < frames; index++) {
    world.send(from, to, numbered(index));
    world.pass(500);
  }
  world.pass(5_000_000);
  return world.arrivals.map(numberIn);
}

const inOrder = Array.from({ length: frames }, (_, index) => index);

test("a network with nothing wrong delivers each frame once, in order", () => {
  const world = new FaultyNetwork([1, 2]);
  expect(sendMany(world)).toEqual(inOrder);
  expect(world.faults.counts()).toEqual({});
});

test("loss loses about as many frames as it says, keeps the order of the rest, and ends", () => {
  const world = new FaultyNetwork([1, 2]);
  const end = world.begin(faultOf("loss", { amount: 0.3 }));
  const arrived = sendMany(world);
  expect(arrived.length).toBeGreaterThan(frames * 0.6);
  expect(arrived.length).toBeLessThan(frames * 0.8);
  expect(world.faults.get("loss")).toBe(frames - arrived.length);
  expect(arrived).toEqual(arrived.toSorted((one, other) => one - other));
  end();
  world.arrivals.length = 0;
  expect(sendMany(world)).toEqual(inOrder);
});

test("a fault of some nodes strikes only frames from them and to them", () => {
  const world = new FaultyNetwork([1, 2, 3]);
  world.begin(faultOf("loss", { amount: 1, nodes: [3] }));
  expect(world.picture([1, 2, 3])).toEqual(["xx.", "xx.", "..."]);
});

test("who takes a frame is told whose it is, whatever the network did to it and whatever is written in it", () => {
  const world = new FaultyNetwork([1, 2, 3]);
  world.begin(faultOf("duplication", { amount: 0.5 }));
  world.begin(faultOf("corruption", { amount: 0.5 }));
  for (let round = 0; round < 50; round++) for (const from of [1, 3]) world.send(from, 2, Uint8Array.of(from));
  world.pass(5_000_000);
  expect(world.arrivals.length).toBeGreaterThan(100);
  expect(world.senders).toEqual(world.arrivals.map(({ from }) => from));
  expect(new Set(world.senders)).toEqual(new Set([1, 3].map((node) => addressOf("acceptor", node))));
});

test("duplication delivers frames twice, in bytes of their own", () => {
  const world = new FaultyNetwork([1, 2]);
  world.begin(faultOf("duplication", { amount: 0.5 }));
  const arrived = sendMany(world);
  expect(new Set(arrived)).toEqual(new Set(inOrder));
  expect(arrived.length - frames).toBe(world.faults.get("duplication"));
  expect(arrived.length).toBeGreaterThan(frames * 1.4);
  expect(new Set(world.arrivals.map(({ bytes }) => bytes.buffer)).size).toBe(arrived.length);
});

test("a delay makes some frames very slow, and keeps their order", () => {
  const world = new FaultyNetwork([1, 2]);
  world.begin(faultOf("delay", { amount: 1000 }));
  expect(sendMany(world)).toEqual(inOrder);
  const longest = Math.max(...world.arrivals.map((arrival) => arrival.at - numberIn(arrival) * 500));
  expect(longest).toBeGreaterThan(100_000);
  expect(longest).toBeLessThan(2_100_000);
  expect(world.faults.get("delay")).toBeGreaterThan(frames * 0.4);
});

test("reordering lets frames pass each other, loses none, and counts those that passed", () => {
  const world = new FaultyNetwork([1, 2]);
  world.begin(faultOf("reordering", { amount: 5000 }));
  const arrived = sendMany(world);
  expect(arrived).not.toEqual(inOrder);
  expect(arrived.toSorted((one, other) => one - other)).toEqual(inOrder);
  expect(world.faults.get("reordering")).toBeGreaterThan(0);
  expect(world.faults.get("reordering")).toBeLessThan(frames);
});

test("what may pass but has nothing to pass is not counted", () => {
  const world = new FaultyNetwork([1, 2]);
  world.begin(faultOf("reordering", { amount: 5000 }));
  world.send(1, 2);
  expect(world.faults.counts()).toEqual({});
});

test("a clogged path keeps frames back until it is over, and then delivers them in order", () => {
  const world = new FaultyNetwork([1, 2]);
  const end = world.begin(faultOf("clog", { nodes: [1, 2], amount: 0 }));
  expect(sendMany(world)).toEqual([]);
  world.send(2, 1, numbered(0));
  world.pass(1000);
  expect(world.arrivals).toHaveLength(1);
  world.arrivals.length = 0;
  end();
  world.pass(1000);
  expect(world.arrivals.map(numberIn)).toEqual(inOrder);
  expect(world.faults.get("clog")).toBe(frames);
});

test("the end of one clog leaves what another keeps back", () => {
  const world = new FaultyNetwork([1, 2, 3]);
  const ends = [1, 3].map((node) => world.begin(faultOf("clog", { nodes: [node, 2], amount: 0 })));
  world.send(1, 2);
  world.send(3, 2);
  ends[0]?.();
  world.pass(1000);
  expect(world.arrivals.map(({ from }) => from)).toEqual([addressOf("acceptor", 1)]);
});

test("clients are cut off by chance only", () => {
  const world = new FaultyNetwork([1, 2]);
  const client = addressOf("client", 101);
  world.add(client);
  world.begin(faultOf("partition", { nodes: [1] }));
  world.begin(faultOf("clog", { nodes: [1, 2], amount: 1 }));
  world.sendTo(client, addressOf("acceptor", 1));
  world.sendTo(addressOf("acceptor", 1), client);
  world.pass(1000);
  expect(world.arrivals).toHaveLength(2);
});

test("corruption changes the bytes of a copy, and the network remembers of which frames", () => {
  const world = new FaultyNetwork([1, 2]);
  world.begin(faultOf("corruption", { amount: 0.5 }));
  const sent = Uint8Array.from({ length: 40 }, (_, index) => index);
  for (let count = 0; count < 200; count++) {
    world.send(1, 2, sent.slice());
    world.pass(1000);
  }
  const damaged = world.arrivals.filter(({ bytes }) => bytes.toString() !== sent.toString());
  expect(damaged.length).toBe(world.faults.get("corruption"));
  expect(damaged.length).toBeGreaterThan(60);
  for (const { bytes } of world.arrivals) {
    expect(world.network.isDamaged(bytes)).toBe(bytes.toString() !== sent.toString());
  }
});

test("a damaged frame is refused, whatever the damage, and nothing in it is visited", () => {
  const codec = newCodec<basic.Message>(basic.layout);
  const writer = new FrameWriter(codec, { group: 0, checksum: true });
  const value = Uint8Array.from({ length: 60 }, (_, index) => index);
  writer.add(addressOf("client", 101), addressOf("proposer", 1), { kind: "Request", value });
  const frame = writer.take();
  const open = (bytes: Uint8Array) =>
    readFrame(codec, bytes, { group: 0, requireChecksum: true }, () => {
      throw new Error("visited");
    });
  expect(() => open(frame)).toThrow("visited");
  const randomness = new Randomness(1);
  for (let count = 0; count < 3000; count++) expect(() => open(damageFrame(frame, randomness))).toThrow(DecodeError);
});

test("damaged frames are refused by the roles of a run, which go on", () => {
  const runs = [1, 2, 3, 4, 5, 6].map((seed) => simulate({ seed, nodes: 3, faults: ["corruption"] }));
  expect(runs.map(({ violation }) => violation)).toEqual(runs.map(() => undefined));
  const struck = runs.filter(({ faults }) => (faults["corruption"] ?? 0) > 0);
  expect(struck.length).toBeGreaterThan(2);
  for (const { reached } of struck) expect(reached["refused-frames"]).toBeGreaterThan(0);
});

test("a host that refuses a frame that is whole, or takes one that is not, is found", () => {
  const refusing = newSmallWorld();
  refusing.world.network.begin({ name: "corruption", corruption: 0.2 });
  vi.spyOn(refusing.world.network, "isDamaged").mockReturnValue(false);
  refusing.pass(1_000_000);
  expect(refusing.violations[0]).toMatch(/^frames: .* refuses a frame that is whole$/);

  const taking = newSmallWorld();
  vi.spyOn(taking.world.network, "isDamaged").mockReturnValue(true);
  taking.pass(1_000_000);
  expect(taking.violations[0]).toMatch(/^frames: .* takes a frame that was damaged$/);
});
