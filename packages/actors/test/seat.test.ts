import { expect, test } from "vitest";
import { newSeat, newStorage, restartDelayMs } from "../src/seat.ts";

const seat = () => newSeat({ endpoint: 9, node: 1, roles: ["proposer"] }, newStorage("folder", 1, ["proposer"]));

test("an actor that keeps ending waits longer each time, and then is left alone", () => {
  const one = seat();
  const delays = Array.from({ length: 7 }, (_, index) => restartDelayMs(one, index));
  expect(delays).toEqual([0, 50, 100, 200, 400, undefined, undefined]);
});

test("what ended long ago counts no more", () => {
  const one = seat();
  for (let now = 0; now < 5; now++) restartDelayMs(one, now);
  expect(restartDelayMs(one, 20_000)).toBe(0);
});

test("each role of a node keeps its own folder", () => {
  expect(newStorage("folder", 2, ["acceptor", "learner"])).toEqual({
    acceptor: { kind: "file", folder: "folder/node-2/acceptor" },
    learner: { kind: "file", folder: "folder/node-2/learner" },
  });
});
