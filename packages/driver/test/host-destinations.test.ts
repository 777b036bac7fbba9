import { addressOf, multi } from "@synod/protocol";
import { newTransportCounters } from "@synod/transports";
import { newCodec } from "@synod/wire";
import { expect, test } from "vitest";
import { Host } from "../src/index.ts";

const here = addressOf("learner", 1);
const message: multi.Message = { kind: "Probe", round: 1 };

/** A host, and a turn of it; its transport reaches the clients below 100. */
function newHost() {
  let turn = (): void => undefined;
  const sent: number[] = [];
  const host = new Host<multi.Message>({
    transport: {
      send: (to) => to < addressOf("client", 100) && sent.push(to) > 0,
      receive: () => undefined,
      counters: newTransportCounters(),
      close: () => undefined,
    },
    codec: newCodec<multi.Message>(multi.layout),
    group: 0,
    checksum: false,
    route: (address) => address,
    later: (job) => (turn = job),
  });
  return { host, sent, turn: () => turn() };
}

test("what cannot be reached keeps no buffer, however many there are", () => {
  const { host, sent, turn } = newHost();
  for (let client = 90; client < 1090; client++) host.send(here, addressOf("client", client), message);
  turn();
  expect(sent).toHaveLength(10);
  expect(host.destinations).toBe(10);
});

test("a client that has gone keeps no buffer for long, and gets one again", () => {
  const { host, sent, turn } = newHost();
  for (let client = 1; client <= 50; client++) {
    host.send(here, addressOf("client", client), message);
    turn();
  }
  for (let ticks = 0; ticks < 1000; ticks++) host.tick();
  expect(host.destinations).toBe(0);
  host.send(here, addressOf("client", 7), message);
  // What waits is not given up.
  for (let ticks = 0; ticks < 1000; ticks++) host.tick();
  turn();
  expect(sent).toHaveLength(51);
});
