import { MemoryNetwork, MessagePortTransport, newPath, type Endpoint, type Transport } from "@synod/transports";
import { transportCompliance, type TransportHarness } from "@synod/transports/compliance";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { brokenTransports } from "./broken.ts";

const pathBytes = 1024 * 1024;
const turn = () => setImmediate<void>(undefined);

const memory: TransportHarness = {
  pathBytes,
  turn,
  connect(endpoints) {
    const network = new MemoryNetwork({ pathBytes });
    return Promise.resolve(new Map(endpoints.map((endpoint) => [endpoint, network.endpoint(endpoint)])));
  },
};

const messagePort: TransportHarness = {
  pathBytes,
  turn,
  connect(endpoints) {
    const transports = endpoints.map((endpoint) => [endpoint, new MessagePortTransport({ pathBytes })] as const);
    for (const [here, transport] of transports) {
      for (const [there, peer] of transports) {
        if (there <= here) continue;
        const [end, otherEnd] = newPath();
        transport.connect(there, end);
        peer.connect(here, otherEnd);
      }
    }
    return Promise.resolve(new Map(transports));
  },
};

describe.each([
  ["memory", memory],
  ["message port", messagePort],
])("%s", (_, harness) => {
  for (const { name, run } of transportCompliance) test(name, () => run(harness));
});

/** The names of the cases that a transport fails. */
async function failures(connect: (endpoints: readonly Endpoint[]) => ReadonlyMap<Endpoint, Transport>) {
  const harness: TransportHarness = { pathBytes, turn, connect: (endpoints) => Promise.resolve(connect(endpoints)) };
  const failed: string[] = [];
  for (const { name, run } of transportCompliance) {
    await run(harness).catch(() => failed.push(name));
  }
  return failed;
}

describe("the suite finds a transport that", () => {
  test.each(brokenTransports)("$flaw", async ({ connect, caught }) => {
    expect(await failures((endpoints) => connect(endpoints, pathBytes))).toContain(caught);
  });

  test("every case is the one that catches some flaw", () => {
    const caught = new Set(brokenTransports.map((broken) => broken.caught));
    expect(transportCompliance.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([]);
  });
});
