/**
 * Signatures in a pool of threads: a batch is split among them, and the thread that asks goes on meanwhile. Worth it
 * where batches are large and processors idle.
 */
import type { Signatures, Statement } from "@synod/protocol";
import { Piscina } from "piscina";
import { Ed25519 } from "./ed25519.ts";
import type { PublicKeys } from "./keys.ts";

export interface PoolOptions {
  /** At most so many threads; as many as there are processors, but one, unless given. */
  readonly threads?: number;
  /** A batch is not split into parts smaller than this. */
  readonly leastPart?: number;
  /** The pool failed: nothing that was asked will be answered. */
  readonly failed: (failure: unknown) => void;
}

export interface PooledSignatures extends Signatures {
  /** Ends the threads; what is under way is not answered. */
  close(): Promise<void>;
}

/** What a thread of the pool is given at its start. */
export interface Keys {
  readonly privateKey: string;
  readonly publicKeys: PublicKeys;
}

const usualLeastPart = 16;

/** @throws Error for what is no key */
export function pooledSignatures(privateKey: string, publicKeys: PublicKeys, options: PoolOptions): PooledSignatures {
  // Bad keys are told here, not by each thread.
  new Ed25519(privateKey, publicKeys);
  const keys: Keys = { privateKey, publicKeys };
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const pool = new Piscina({
    filename: new URL(`./pool-thread.${extension}`, import.meta.url).href,
    workerData: keys,
    ...(options.threads === undefined ? {} : { minThreads: options.threads, maxThreads: options.threads }),
  });
  const order = { sign: inOrder(), verify: inOrder() };
  let closed = false;
  const ask = <Given, Got>(
    name: "sign" | "verify",
    all: readonly Given[],
    done: (got: readonly Got[]) => void,
  ): void => {
    const asked = parts(all, options.leastPart ?? usualLeastPart, pool.maxThreads).map(
      (part) => pool.run(part, { name }) as Promise<readonly Got[]>,
    );
    const finish = order[name]();
    Promise.all(asked).then(
      (got) => finish(() => !closed && done(got.flat())),
      (failure: unknown) => {
        if (!closed) options.failed(failure);
      },
    );
  };
  return {
    sign: (texts, done) => ask<Uint8Array, Uint8Array>("sign", texts, done),
    verify: (statements, done) => ask<Statement, boolean>("verify", statements, done),
    async close() {
      closed = true;
      await pool.destroy();
    },
  };
}

/** Splits a batch evenly, into no more parts than there are threads. */
function parts<Item>(items: readonly Item[], least: number, threads: number): readonly (readonly Item[])[] {
  const count = Math.max(1, Math.min(threads, Math.floor(items.length / least)));
  const size = Math.ceil(items.length / count);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** Batches end in the order in which they began: each takes its place, and is done when those before it are. */
function inOrder(): () => (finish: () => void) => void {
  const waiting: { finish: (() => void) | undefined }[] = [];
  return () => {
    const place: { finish: (() => void) | undefined } = { finish: undefined };
    waiting.push(place);
    return (finish) => {
      place.finish = finish;
      for (let first = waiting[0]?.finish; first !== undefined; first = waiting[0]?.finish) {
        waiting.shift();
        first();
      }
    };
  };
}
