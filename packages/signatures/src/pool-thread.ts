/**
 * A thread of the pool: does what comes through the ports that it is handed, each for the keys that came with the port.
 */
import type { MessagePort } from "node:worker_threads";
import { packSignatures, packValid, unpackAsked } from "./batch.ts";
import { Ed25519 } from "./ed25519.ts";
import type { Introduction } from "./pool.ts";

/** Serves until the port is closed through which it hears of others. */
export async function serve(introductions: MessagePort): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  introductions.on("message", ({ port, keys }: Introduction) => answer(port, new Ed25519(keys)));
  introductions.on("close", resolve);
  await closed;
}

/** The port's answers come in the order of what it was asked. */
function answer(port: MessagePort, ed25519: Ed25519): void {
  port.on("message", (packed: Uint8Array) => {
    const asked = unpackAsked(packed);
    const answered =
      asked.what === "sign"
        ? packSignatures(ed25519.signAll(asked.texts))
        : packValid(ed25519.verifyAll(asked.statements));
    port.postMessage(answered, [answered.buffer]);
  });
}
