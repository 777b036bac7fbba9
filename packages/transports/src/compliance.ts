/**
 * What every transport must do, as named cases that any test runner runs in one line:
 *
 *     for (const { name, run } of transportCompliance) test(name, () => run(harness));
 *
 * The cases look at an undisturbed network: one that loses nothing by itself.
 */
import type { Endpoint, Transport } from "./transport.ts";

/** How the suite gets at an adapter. */
export interface TransportHarness {
  /** New transports, one for each of the endpoints, in which each has a path to every other. The suite closes them. */
  connect(endpoints: readonly Endpoint[]): Promise<ReadonlyMap<Endpoint, Transport>>;
  /** The most bytes that a path holds; at least 1 MiB, and not much more, so that the suite is quick. */
  readonly pathBytes: number;
  /** Lets what is under way go on a little, such as by a turn of the event loop. */
  turn(): Promise<void>;
}

export interface TransportCase {
  readonly name: string;
  /** @throws ComplianceError when the adapter does not comply, or whatever the adapter throws */
  run(harness: TransportHarness): Promise<void>;
}

/** Says what an adapter did that it must not do, or left undone. */
export class ComplianceError extends Error {
  override readonly name = "ComplianceError";
}

/** How many turns of the harness a frame may take. */
const patienceTurns = 20_000;
/** How many turns the suite waits for what must not come. */
const quietTurns = 20;

/** Transports under test, with what has arrived at each. */
class World {
  readonly #harness: TransportHarness;
  readonly #transports: ReadonlyMap<Endpoint, Transport>;
  readonly #arrived = new Map<Endpoint, Uint8Array[]>();

  constructor(harness: TransportHarness, transports: ReadonlyMap<Endpoint, Transport>) {
    this.#harness = harness;
    this.#transports = transports;
  }

  get pathBytes(): number {
    return this.#harness.pathBytes;
  }

  at(endpoint: Endpoint): Transport {
    const transport = this.#transports.get(endpoint);
    if (transport === undefined) throw new ComplianceError(`the harness made no transport for endpoint ${endpoint}`);
    return transport;
  }

  /** What has arrived at an endpoint, the frames themselves. */
  arrivedAt(endpoint: Endpoint): readonly Uint8Array[] {
    return this.#arrived.get(endpoint) ?? [];
  }

  /** Collects what arrives at the endpoints from now on. */
  listen(...endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      const frames: Uint8Array[] = [];
      this.#arrived.set(endpoint, frames);
      this.at(endpoint).receive((frame) => frames.push(frame));
    }
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < patienceTurns; turn++) {
      if (condition()) return;
      await this.#harness.turn();
    }
    throw new ComplianceError(`waited in vain until ${what}`);
  }

  async turns(count = quietTurns): Promise<void> {
    for (let turn = 0; turn < count; turn++) await this.#harness.turn();
  }

  close(): void {
    for (const transport of this.#transports.values()) transport.close();
  }
}

function transportCase(
  name: string,
  endpoints: readonly Endpoint[],
  body: (world: World) => Promise<void>,
): TransportCase {
  return {
    name,
    async run(harness) {
      const world = new World(harness, await harness.connect(endpoints));
      try {
        await body(world);
      } finally {
        world.close();
      }
    },
  };
}

/** A frame in a buffer of its own, whose bytes depend on `seed`. */
function pattern(sizeBytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) frame[i] = seed + i + (i >>> 8) * 7;
  return frame;
}

function same(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && one.length === other.length && one.every((byte, i) => byte === other[i]);
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new ComplianceError(otherwise);
}

export const transportCompliance: readonly TransportCase[] = [
  transportCase("a frame arrives as it was sent, whatever its size", [1, 2], async (world) => {
    world.listen(2);
    const sizes = [1, 20, 1000, 1024, 1025, 5000, 65_536, 500_000];
    for (const [i, sizeBytes] of sizes.entries()) {
      check(world.at(1).send(2, pattern(sizeBytes, i)), `a frame of ${sizeBytes} bytes was dropped`);
      await world.until(`a frame of ${sizeBytes} bytes has arrived`, () => world.arrivedAt(2).length > i);
      check(same(world.arrivedAt(2)[i], pattern(sizeBytes, i)), `a frame of ${sizeBytes} bytes was altered`);
    }
  }),

  transportCase(
    "a frame that is a part of a larger buffer arrives alone, and leaves the rest",
    [1, 2],
    async (world) => {
      world.listen(2);
      for (const [i, sizeBytes] of [10, 100_000].entries()) {
        const buffer = pattern(sizeBytes + 16, i);
        const expected = buffer.slice(8, 8 + sizeBytes);
        world.at(1).send(2, buffer.subarray(8, 8 + sizeBytes));
        check(same(buffer.subarray(0, 8), pattern(8, i)), "the buffer around a frame was taken or altered");
        await world.until("the frame has arrived", () => world.arrivedAt(2).length > i);
        check(same(world.arrivedAt(2)[i], expected), "what arrived is not the part that was sent");
      }
    },
  ),

  transportCase("each frame arrives at the endpoint that it is for, and at no other", [1, 2, 3], async (world) => {
    world.listen(1, 2, 3);
    const pairs = [1, 2, 3].flatMap((from) =>
      [1, 2, 3].map((to) => [from, to] as const).filter(([, to]) => to !== from),
    );
    const rounds = 50;
    for (let round = 0; round < rounds; round++) {
      for (const [from, to] of pairs) world.at(from).send(to, Uint8Array.of(from, to, round));
    }
    const distinct = (to: Endpoint) => new Set(world.arrivedAt(to).map((frame) => frame.join())).size;
    await world.until("every frame has arrived", () => [1, 2, 3].every((to) => distinct(to) >= 2 * rounds));
    for (const to of [1, 2, 3]) {
      const stray = world.arrivedAt(to).find((frame) => frame[1] !== to);
      check(stray === undefined, `endpoint ${to} got a frame for ${stray?.[1]}`);
    }
  }),

  transportCase("a frame is not delivered inside send", [1, 2], async (world) => {
    world.listen(2);
    world.at(1).send(2, pattern(10, 1));
    check(world.arrivedAt(2).length === 0, "the receiver was called before send returned");
    await world.until("the frame has arrived", () => world.arrivedAt(2).length === 1);
  }),

  transportCase("frames that arrive before there is a receiver are kept for it", [1, 2], async (world) => {
    for (let i = 0; i < 10; i++) world.at(1).send(2, pattern(100, i));
    await world.turns();
    world.listen(2);
    await world.until("the early frames have arrived", () => world.arrivedAt(2).length === 10);
  }),

  transportCase("what a sender writes to its buffer afterwards does not arrive", [1, 2], async (world) => {
    world.listen(2);
    for (const [i, sizeBytes] of [100, 100_000].entries()) {
      const frame = pattern(sizeBytes, i);
      world.at(1).send(2, frame);
      // Without effect when the transport has taken the buffer away.
      for (let at = 0; at < frame.length; at++) frame[at] = 0xee;
      await world.until("the frame has arrived", () => world.arrivedAt(2).length > i);
      check(same(world.arrivedAt(2)[i], pattern(sizeBytes, i)), "the sender's later writes arrived");
    }
  }),

  transportCase("a frame that has arrived stays as it is while others arrive", [1, 2], async (world) => {
    world.listen(2);
    for (let i = 0; i < 20; i++) {
      world.at(1).send(2, pattern(2000, i));
      await world.until("the frame has arrived", () => world.arrivedAt(2).length > i);
    }
    for (let i = 0; i < 20; i++) check(same(world.arrivedAt(2)[i], pattern(2000, i)), `frame ${i} was overwritten`);
  }),

  transportCase("a frame for an unknown endpoint is dropped and counted", [1, 2], async (world) => {
    check(!world.at(1).send(9, pattern(10, 1)), "send to an endpoint without a path returned true");
    check(world.at(1).counters.droppedFrames === 1, "the dropped frame was not counted");
    check(world.at(1).counters.sentFrames === 0, "the dropped frame was counted as sent");
    await world.turns();
  }),

  transportCase("what nobody takes is bounded, and flows again once it is taken", [1, 2], async (world) => {
    const one = world.at(1);
    const sizeBytes = Math.floor(world.pathBytes / 8);
    let accepted = 0;
    while (one.send(2, pattern(sizeBytes, accepted))) {
      accepted += 1;
      check(accepted * sizeBytes <= world.pathBytes, `a path accepted more than ${world.pathBytes} bytes`);
      await world.turns(2);
    }
    check(accepted > 0, "an empty path dropped a frame");
    check(one.counters.droppedFrames === 1, "the frame that was too much was not counted as dropped");
    world.listen(2);
    await world.until("the accepted frames have arrived", () => world.arrivedAt(2).length === accepted);
    await world.until("the path takes frames again", () => one.send(2, pattern(sizeBytes, 0)));
  }),

  transportCase("counters say what was sent and received", [1, 2], async (world) => {
    world.listen(2);
    for (const sizeBytes of [3, 4000, 50]) world.at(1).send(2, pattern(sizeBytes, 0));
    await world.until("the frames have arrived", () => world.arrivedAt(2).length === 3);
    const { sentFrames, sentBytes, droppedFrames } = world.at(1).counters;
    const { receivedFrames, receivedBytes, refusedFrames } = world.at(2).counters;
    check(sentFrames === 3 && sentBytes === 4053, `sent 3 frames of 4053 bytes, counted ${sentFrames}, ${sentBytes}`);
    check(receivedFrames === 3 && receivedBytes === 4053, `received them, counted ${receivedFrames}, ${receivedBytes}`);
    check(droppedFrames === 0 && refusedFrames === 0, `counted ${droppedFrames} dropped, ${refusedFrames} refused`);
  }),

  transportCase("a closed transport drops and counts what it is to send", [1, 2], async (world) => {
    world.listen(2);
    const one = world.at(1);
    one.close();
    one.close();
    check(!one.send(2, pattern(10, 1)), "send returned true after close");
    check(one.counters.droppedFrames === 1, "the frame dropped after close was not counted");
    await world.turns();
    check(world.arrivedAt(2).length === 0, "a frame sent after close arrived");
  }),

  transportCase("nothing arrives at a closed transport, and its peers go on", [1, 2, 3], async (world) => {
    world.listen(2, 3);
    world.at(1).send(2, pattern(10, 1));
    world.at(2).close();
    for (let i = 0; i < 10; i++) {
      world.at(1).send(2, pattern(10, 2));
      world.at(1).send(3, pattern(10, 3));
      await world.turns(2);
    }
    await world.until("the frames for another endpoint have arrived", () => world.arrivedAt(3).length === 10);
    check(world.arrivedAt(2).length === 0, "a frame arrived after close");
  }),
];
