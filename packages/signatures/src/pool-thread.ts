/**
 * A thread of the pool: it has the keys, and does what it is given.
 */
import type { Statement } from "@synod/protocol";
import { workerData } from "node:worker_threads";
import { Ed25519 } from "./ed25519.ts";
import type { Keys } from "./pooled.ts";

const keys = workerData as Keys;
const ed25519 = new Ed25519(keys.privateKey, keys.publicKeys);

export function sign(texts: readonly Uint8Array[]): readonly Uint8Array[] {
  return ed25519.signAll(texts);
}

export function verify(statements: readonly Statement[]): readonly boolean[] {
  return ed25519.verifyAll(statements);
}
