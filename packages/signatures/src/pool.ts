/**
 * The pool of threads that signs and verifies for all nodes of a process. Whoever signs gets a way to it, ports that go
 * straight to its threads: a thread for each who signs would be too many, and a hop through the main thread too long.
 */
import { availableParallelism } from "node:os";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Piscina } from "piscina";
import { Ed25519 } from "./ed25519.ts";
import type { SigningKeys } from "./keys.ts";

/** A way to the pool for one who signs; it can be posted to a thread, with its ports in the transfer list. */
export interface PoolPath {
  /** One to each thread of the pool. */
  readonly ports: readonly MessagePort[];
}

/** What a thread of the pool is told: a port to serve, and for which keys. */
export interface Introduction {
  readonly port: MessagePort;
  readonly keys: SigningKeys;
}

export class SignaturePool {
  readonly #piscina: Piscina;
  /** To each thread, to introduce others to it; undefined for one that has ended. */
  readonly #introducers: (MessagePort | undefined)[];
  /** Which thread is the first of the next path: small batches go there. */
  #first = 0;
  #closed = false;

  /** @param threads as many as there are processors, but one, unless given */
  constructor(threads: number = Math.max(1, availableParallelism() - 1)) {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#piscina = new Piscina({
      filename: new URL(`./pool-thread.${extension}`, import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      // A thread that waits sleeps, and can be ended.
      atomics: "disabled",
      recordTiming: false,
    });
    this.#introducers = Array.from({ length: threads }, () => undefined);
  }

  /**
   * A way to the pool for who has these keys.
   *
   * @throws Error for what is no key
   */
  connect(keys: SigningKeys): PoolPath {
    // Bad keys are told here, not in a thread.
    new Ed25519(keys);
    const ports = this.#introducers.map((_, thread) => {
      const { port1, port2 } = new MessageChannel();
      const introduction: Introduction = { port: port2, keys };
      this.#introducer(thread).postMessage(introduction, [port2]);
      return port1;
    });
    this.#first += 1;
    const first = this.#first % ports.length;
    return { ports: [...ports.slice(first), ...ports.slice(0, first)] };
  }

  /** Ends the threads; what is under way is not answered. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const introducer of this.#introducers) introducer?.close();
    await this.#piscina.destroy();
  }

  /** A thread that has ended is begun anew when somebody needs it: its end has closed the ports of all whom it served. */
  #introducer(thread: number): MessagePort {
    const known = this.#introducers[thread];
    if (known !== undefined) return known;
    const { port1, port2 } = new MessageChannel();
    this.#introducers[thread] = port1;
    const forget = (): void => {
      if (!this.#closed) this.#introducers[thread] = undefined;
    };
    // Those it served learn of it by their ports.
    this.#piscina.run(port2, { name: "serve", transferList: [port2] }).then(forget, forget);
    return port1;
  }
}
