/**
 * Signatures in a pool of threads: a batch is split among them, and the thread that asks goes on meanwhile. Worth it where
 * batches are large and processors idle.
 */
import type { Signatures } from "@synod/protocol";
import type { MessagePort } from "node:worker_threads";
import { packAsked, unpackSignatures, unpackValid, type Asked } from "./batch.ts";
import type { PoolPath } from "./pool.ts";

export interface PooledOptions {
  /** A batch is not split into parts smaller than this. */
  readonly leastPart?: number;
  /** A thread of the pool has ended: what it was asked will not be answered. */
  readonly failed: (failure: Error) => void;
}

export interface PooledSignatures extends Signatures {
  /** Gives up the way to the pool; what is under way is not answered. */
  close(): void;
}

const usualLeastPart = 16;

export function pooledSignatures({ ports }: PoolPath, options: PooledOptions): PooledSignatures {
  const { leastPart = usualLeastPart, failed } = options;
  let closed = false;
  const lines = ports.map(
    (port) =>
      new Line(port, () => {
        if (!closed) failed(new Error("a thread that signs has ended"));
      }),
  );
  const ask = <Item, Answer>(
    items: readonly Item[],
    pack: (part: readonly Item[]) => Asked,
    unpack: (packed: Uint8Array) => readonly Answer[],
    finish: (done: () => void) => void,
    done: (answers: readonly Answer[]) => void,
  ): void => {
    const parts = split(items, leastPart, lines.length);
    const answers: (readonly Answer[])[] = [];
    let missing = parts.length;
    for (const [index, part] of parts.entries()) {
      leastBusy(lines).ask(packAsked(pack(part)), part.length, (packed) => {
        answers[index] = unpack(packed);
        missing -= 1;
        if (missing === 0) finish(() => done(answers.flat()));
      });
    }
  };
  const signing = inOrder();
  const verifying = inOrder();
  return {
    sign: (texts, done) => ask(texts, (part) => ({ what: "sign", texts: part }), unpackSignatures, signing(), done),
    verify: (statements, done) =>
      ask(statements, (part) => ({ what: "verify", statements: part }), unpackValid, verifying(), done),
    close() {
      closed = true;
      for (const line of lines) line.close();
    },
  };
}

/** The way to one thread of the pool, which answers in the order in which it is asked. */
class Line {
  readonly #port: MessagePort;
  readonly #waiting: { readonly size: number; readonly answered: (packed: Uint8Array) => void }[] = [];
  /** Texts and statements that it has been asked for, and has not answered. */
  load = 0;

  constructor(port: MessagePort, ended: () => void) {
    this.#port = port;
    port.on("message", (packed: Uint8Array) => {
      const asked = this.#waiting.shift();
      if (asked === undefined) throw new Error("an answer to nothing that was asked");
      this.load -= asked.size;
      asked.answered(packed);
    });
    port.on("close", ended);
  }

  ask(packed: Uint8Array<ArrayBuffer>, size: number, answered: (packed: Uint8Array) => void): void {
    this.load += size;
    this.#waiting.push({ size, answered });
    this.#port.postMessage(packed, [packed.buffer]);
  }

  close(): void {
    this.#waiting.length = 0;
    this.#port.removeAllListeners("message");
    this.#port.close();
  }
}

function leastBusy(lines: readonly Line[]): Line {
  const [first, ...rest] = lines;
  if (first === undefined) throw new RangeError("a pool of no threads");
  return rest.reduce((least, line) => (line.load < least.load ? line : least), first);
}

/** Splits a batch evenly, into no more parts than there are threads. */
function split<Item>(items: readonly Item[], least: number, threads: number): readonly (readonly Item[])[] {
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
