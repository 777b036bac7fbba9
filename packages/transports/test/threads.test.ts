import { MessagePortTransport, newPath } from "@synod/transports/message-port";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import type { EchoSettings } from "./echo.worker.ts";

const echo = 2;
const pathBytes = 1024 * 1024;

const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

/** Starts a thread that echoes, connected to the transport; returns it with the gate that lets it go on. */
function startEcho(transport: MessagePortTransport): { readonly worker: Worker; readonly openGate: () => void } {
  const [here, there] = newPath();
  const gate = new SharedArrayBuffer(4);
  const settings: EchoSettings = { path: there, gate };
  const worker = new Worker(new URL("./echo.worker.ts", import.meta.url), {
    workerData: settings,
    transferList: [there.port],
  });
  workers.push(worker);
  transport.connect(echo, here);
  const openGate = () => {
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
  };
  return { worker, openGate };
}

/** A transport with what has arrived, and a way to wait for more. */
function newMain() {
  const transport = new MessagePortTransport({ pathBytes });
  const arrived: Uint8Array[] = [];
  transport.receive((frame) => arrived.push(frame));
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await setImmediate();
  };
  return { transport, arrived, until };
}

describe("between threads", () => {
  test("frames of every size come back as they went, in order", async () => {
    const { transport, arrived, until } = newMain();
    startEcho(transport);
    const sizes = [1, 64, 1024, 1025, 4096, 100_000];
    for (let round = 0; round < 50; round++) {
      for (const sizeBytes of sizes) {
        await until(() => transport.send(echo, new Uint8Array(sizeBytes).fill(round)));
      }
    }
    await until(() => arrived.length === 50 * sizes.length);
    for (const [i, frame] of arrived.entries()) {
      expect(frame.length).toBe(sizes[i % sizes.length]);
      expect(frame.every((byte) => byte === Math.floor(i / sizes.length))).toBe(true);
    }
    transport.close();
  });

  test("a thread that stands still makes its senders drop, and takes what they kept when it goes on", async () => {
    const { transport, arrived, until } = newMain();
    const { openGate } = startEcho(transport);
    transport.send(echo, new Uint8Array(1000));
    await until(() => arrived.length === 1);
    transport.send(echo, Uint8Array.of(255));
    const attempts = 100;
    let accepted = 0;
    for (let i = 0; i < attempts; i++) {
      if (transport.send(echo, new Uint8Array(pathBytes / 8))) accepted += 1;
      await setImmediate();
    }
    expect(accepted).toBeGreaterThanOrEqual(7);
    expect(accepted).toBeLessThanOrEqual(8);
    expect(transport.counters.droppedFrames).toBe(attempts - accepted);
    openGate();
    await until(() => arrived.length === 2 + accepted);
    await until(() => transport.send(echo, new Uint8Array(pathBytes / 8)));
    transport.close();
  });

  test("a thread that was killed is no error: frames are dropped until it is connected anew", async () => {
    const { transport, arrived, until } = newMain();
    const first = startEcho(transport);
    transport.send(echo, Uint8Array.of(1));
    await until(() => arrived.length === 1);
    await first.worker.terminate();
    await until(() => !transport.send(echo, Uint8Array.of(2)));
    expect(transport.counters.droppedFrames).toBe(1);
    startEcho(transport);
    expect(transport.send(echo, Uint8Array.of(3))).toBe(true);
    await until(() => arrived.length === 2);
    expect(arrived[1]).toEqual(Uint8Array.of(3));
    transport.close();
  });

  test("a thread ends by itself once its paths are closed", async () => {
    const { transport, arrived, until } = newMain();
    const { worker } = startEcho(transport);
    transport.send(echo, Uint8Array.of(1));
    await until(() => arrived.length === 1);
    transport.close();
    expect(await once(worker, "exit")).toEqual([0]);
  });
});

describe("a process", () => {
  const run = (lastly: string) =>
    spawnSync(process.execPath, [...process.execArgv, "--input-type=module", "--eval", script(lastly)], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      timeout: 5000,
    });
  const script = (lastly: string): string => `
    import { MessagePortTransport, newPath } from "@synod/transports/message-port";
    const [one, other] = newPath();
    const transport = new MessagePortTransport();
    const peer = new MessagePortTransport();
    ${lastly}
    console.log("done");
  `;
  const open =
    "transport.connect(2, one); peer.connect(1, other); transport.receive(() => {}); peer.receive(() => {});";

  test.each([
    ["is closed", `${open} transport.close(); peer.close();`],
    ["is closed at one end", `${open} peer.close();`],
    ["does not keep it alive", `${open} transport.unref(); peer.unref();`],
    ["was not to keep it alive before it was opened", `transport.unref(); peer.unref(); ${open}`],
  ])("ends when its transport %s", (_, lastly) => {
    expect(run(lastly)).toMatchObject({ stdout: "done\n", stderr: "", status: 0, signal: null });
  });

  test.each([
    ["is open", `${open} transport.unref();`],
    ["is to keep it alive again", `${open} transport.unref(); peer.unref(); peer.ref();`],
    ["was to keep it alive again before it was opened", `transport.unref(); peer.unref(); peer.ref(); ${open}`],
  ])("goes on while its transport %s", (_, lastly) => {
    const exits = `
      ${lastly}
      peer.receive(() => {
        console.log("frame");
        process.exit();
      });
      process.on("beforeExit", () => console.log("idle"));
      transport.send(2, Uint8Array.of(1));
    `;
    expect(run(exits).stdout).toBe("done\nframe\n");
  });
});
