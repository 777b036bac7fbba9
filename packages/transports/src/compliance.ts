/**
 * What every transport must do, as named cases that any test runner runs in one line:
 *
 *     for (const { name, run } of transportCompliance) test(name, () => run(harness));
 *
 * The cases look at an undisturbed network: one that loses nothing by itself.
 */
import { check, pattern, same, transportCase, type TransportCase } from "./compliance-world.ts";
import type { Endpoint } from "./transport.ts";

export { ComplianceError, type TransportCase, type TransportHarness } from "./compliance-world.ts";

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

  transportCase("a frame arrives with the endpoint that has sent it", [1, 2, 3], async (world) => {
    world.at(2).send(1, Uint8Array.of(2));
    await world.turns();
    world.listen(1, 2, 3);
    for (let round = 0; round < 10; round++) {
      for (const [from, to] of [
        [2, 1],
        [3, 1],
        [1, 2],
        [3, 2],
      ] as const)
        world.at(from).send(to, Uint8Array.of(from));
    }
    await world.until(
      "every frame has arrived",
      () => world.arrivedAt(1).length === 21 && world.arrivedAt(2).length === 20,
    );
    for (const to of [1, 2]) {
      for (const [i, said] of world.sendersAt(to).entries()) {
        const sender = world.arrivedAt(to)[i]?.[0];
        check(said === sender, `endpoint ${to} is told that a frame of ${sender} came from ${said}`);
      }
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

  transportCase("a new receiver takes the place of the one before", [1, 2], async (world) => {
    let before = 0;
    world.at(2).receive(() => (before += 1));
    world.listen(2);
    world.at(1).send(2, pattern(10, 1));
    await world.until("the frame has arrived", () => world.arrivedAt(2).length > 0);
    await world.turns();
    check(world.arrivedAt(2).length === 1, "the frame arrived more than once");
    check(before === 0, "the frame went to the receiver that was replaced");
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
    await world.until("the path takes frames again", () => one.send(2, new Uint8Array(sizeBytes)));
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

  transportCase("nothing arrives any more once the receiver has closed its transport", [1, 2], async (world) => {
    let arrived = 0;
    world.at(2).receive(() => {
      arrived += 1;
      world.at(2).close();
    });
    for (let i = 0; i < 10; i++) world.at(1).send(2, pattern(10, i));
    await world.until("a frame has arrived", () => arrived > 0);
    await world.turns();
    check(arrived === 1, `${arrived - 1} frames arrived after close`);
  }),
];
