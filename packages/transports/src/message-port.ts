/**
 * Frames between the threads of one process, over message ports.
 *
 * A port's queue has no bound, so each path has one: beside the port its two ends share memory in which each counts the
 * bytes that it has taken. A sender compares that with what it has sent, and drops what is too much.
 */
import { limits } from "@synod/protocol";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { newTransportCounters, type Endpoint, type TakeFrame, type Transport } from "./transport.ts";

/** One end of a path between two endpoints. It can be posted to a thread, with its port in the transfer list. */
export interface PathEnd {
  readonly port: MessagePort;
  /** Two counters of 32 bits: the bytes that each side has taken, modulo 2^32. */
  readonly flow: SharedArrayBuffer;
  /** Which of the counters this end writes. */
  readonly side: 0 | 1;
}

/** A path: an end for each of two endpoints. */
export function newPath(): readonly [PathEnd, PathEnd] {
  const { port1, port2 } = new MessageChannel();
  const flow = new SharedArrayBuffer(2 * Uint32Array.BYTES_PER_ELEMENT);
  return [
    { port: port1, flow, side: 0 },
    { port: port2, flow, side: 1 },
  ];
}

/**
 * Up to this size a frame is copied, beyond it its buffer is transferred. Measured on Node 24, from `postMessage` until
 * the receiver has it: 64 bytes to 1 kB take 2.4 to 2.7 µs copied and 2.7 to 3.1 µs transferred, 2 kB about 3.9 either
 * way, 4 kB 5.1 and 3.6, 64 kB 51 and 20.
 */
const copiedBytes = 1024;

export interface MessagePortOptions {
  /** Bytes sent to an endpoint and not yet taken by it, past which frames are dropped. */
  readonly pathBytes?: number;
}

export class MessagePortTransport implements Transport {
  readonly counters = newTransportCounters();
  readonly #pathBytes: number;
  readonly #paths = new Map<Endpoint, Path>();
  #take: TakeFrame | undefined;
  #referenced = true;
  #closed = false;

  constructor({ pathBytes = limits.pathBytes }: MessagePortOptions = {}) {
    this.#pathBytes = pathBytes;
  }

  /** Opens the path to an endpoint in place of the one that there was. A path that its other end closes is dropped. */
  connect(endpoint: Endpoint, end: PathEnd): void {
    this.disconnect(endpoint);
    if (this.#closed) {
      end.port.close();
      return;
    }
    const path = new Path(endpoint, end);
    this.#paths.set(endpoint, path);
    end.port.on("close", () => {
      if (this.#paths.get(endpoint) === path) this.disconnect(endpoint);
    });
    if (this.#take !== undefined) this.#listen(path);
  }

  disconnect(endpoint: Endpoint): void {
    this.#paths.get(endpoint)?.close();
    this.#paths.delete(endpoint);
  }

  send(to: Endpoint, frame: Uint8Array<ArrayBuffer>): boolean {
    const path = this.#paths.get(to);
    const sizeBytes = frame.length;
    if (path === undefined || path.waitingBytes + sizeBytes > this.#pathBytes) {
      this.counters.droppedFrames += 1;
      return false;
    }
    path.post(frame);
    this.counters.sentFrames += 1;
    this.counters.sentBytes += sizeBytes;
    return true;
  }

  receive(take: TakeFrame): void {
    const first = this.#take === undefined;
    this.#take = take;
    // Until now what arrived has waited in the ports, counted as not taken.
    if (first) for (const path of this.#paths.values()) this.#listen(path);
  }

  /** Open paths keep the process, or thread, alive while there is a receiver: so it is at first. */
  ref(): void {
    this.#referenced = true;
    if (this.#take !== undefined) for (const { port } of this.#paths.values()) port.ref();
  }

  /** Open paths no longer keep the process, or thread, alive. Closed ones never do. */
  unref(): void {
    this.#referenced = false;
    for (const { port } of this.#paths.values()) port.unref();
  }

  close(): void {
    this.#closed = true;
    for (const endpoint of [...this.#paths.keys()]) this.disconnect(endpoint);
  }

  #listen(path: Path): void {
    const { port } = path;
    port.on("message", (arrival: unknown) => {
      if (path.closed) return;
      if (arrival instanceof Uint8Array) this.#arrive(path, arrival);
      else this.counters.refusedFrames += 1;
    });
    port.on("messageerror", () => {
      this.counters.refusedFrames += 1;
    });
    // A listener refs its port.
    if (!this.#referenced) port.unref();
  }

  #arrive(path: Path, frame: Uint8Array): void {
    path.take(frame.length);
    this.counters.receivedFrames += 1;
    this.counters.receivedBytes += frame.length;
    this.#take?.(frame, path.endpoint);
  }
}

/** An open path, seen from this end. */
class Path {
  readonly endpoint: Endpoint;
  readonly port: MessagePort;
  readonly #taken: Uint32Array<SharedArrayBuffer>;
  readonly #here: number;
  readonly #there: number;
  #sentBytes: number;
  #closed = false;

  constructor(endpoint: Endpoint, { port, flow, side }: PathEnd) {
    this.endpoint = endpoint;
    this.port = port;
    this.#taken = new Uint32Array(flow);
    this.#here = side;
    this.#there = 1 - side;
    this.#sentBytes = Atomics.load(this.#taken, this.#there);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes sent and not yet taken by the other end. Both counts wrap around at 2^32; their difference stays right. */
  get waitingBytes(): number {
    return (this.#sentBytes - Atomics.load(this.#taken, this.#there)) >>> 0;
  }

  post(frame: Uint8Array<ArrayBuffer>): void {
    this.#sentBytes = (this.#sentBytes + frame.length) >>> 0;
    // Posting a part of a buffer would copy, or take, the whole of it.
    const whole = frame.length < frame.buffer.byteLength ? new Uint8Array(frame) : frame;
    if (whole.length <= copiedBytes) this.port.postMessage(whole);
    else this.port.postMessage(whole, [whole.buffer]);
  }

  /** Counts bytes that came from the other end. */
  take(sizeBytes: number): void {
    Atomics.add(this.#taken, this.#here, sizeBytes);
  }

  close(): void {
    this.#closed = true;
    this.port.close();
  }
}
