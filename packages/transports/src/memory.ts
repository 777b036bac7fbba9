/**
 * Frames within one thread: for tests, for a cluster in a page, and for a driver that decides when each frame arrives.
 */
import { limits } from "@synod/protocol";
import { newTransportCounters, type Endpoint, type TakeFrame, type Transport } from "./transport.ts";

export interface MemoryNetworkOptions {
  /**
   * Called once per frame, in the order of sending, with what delivers it; it must not call that at once. By default a
   * microtask, so that frames arrive soon after the turn that sent them. A deterministic driver keeps the deliveries
   * and runs each when it likes, in any order.
   */
  readonly later?: (deliver: () => void) => void;
  /** Bytes sent from one endpoint to another and not yet taken, past which frames are dropped. */
  readonly pathBytes?: number;
}

/** Endpoints that reach each other by their numbers. */
export class MemoryNetwork {
  readonly #later: (deliver: () => void) => void;
  readonly #pathBytes: number;
  readonly #endpoints = new Map<Endpoint, MemoryTransport>();

  constructor({ later = queueMicrotask, pathBytes = limits.pathBytes }: MemoryNetworkOptions = {}) {
    this.#later = later;
    this.#pathBytes = pathBytes;
  }

  /** The transport of an endpoint, from now on. One that had the number before is closed, as when a thread restarts. */
  endpoint(endpoint: Endpoint): MemoryTransport {
    this.#endpoints.get(endpoint)?.close();
    const transport = new MemoryTransport({
      endpoint,
      later: this.#later,
      pathBytes: this.#pathBytes,
      find: (to) => this.#endpoints.get(to),
      leave: () => this.#endpoints.delete(endpoint),
    });
    this.#endpoints.set(endpoint, transport);
    return transport;
  }
}

/** What a transport knows of its network. */
interface Surroundings {
  readonly endpoint: Endpoint;
  readonly later: (deliver: () => void) => void;
  readonly pathBytes: number;
  readonly find: (endpoint: Endpoint) => MemoryTransport | undefined;
  readonly leave: () => void;
}

/** The way to a peer; a peer that is opened anew is reached by a new one. */
interface Path {
  readonly from: Endpoint;
  readonly peer: MemoryTransport;
  /** Bytes sent and not yet taken. */
  waitingBytes: number;
}

/** A frame that has arrived where nobody takes it yet. */
interface Early {
  readonly path: Path;
  readonly frame: Uint8Array;
}

/** Made by `MemoryNetwork.endpoint`. */
export class MemoryTransport implements Transport {
  readonly counters = newTransportCounters();
  readonly #surroundings: Surroundings;
  readonly #paths = new Map<Endpoint, Path>();
  #take: TakeFrame | undefined;
  #early: Early[] = [];
  #closed = false;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  send(to: Endpoint, frame: Uint8Array<ArrayBuffer>): boolean {
    const path = this.#pathTo(to);
    const sizeBytes = frame.length;
    if (path === undefined || path.waitingBytes + sizeBytes > this.#surroundings.pathBytes) {
      this.counters.droppedFrames += 1;
      return false;
    }
    path.waitingBytes += sizeBytes;
    this.counters.sentFrames += 1;
    this.counters.sentBytes += sizeBytes;
    const taken = takeBuffer(frame);
    this.#surroundings.later(() => path.peer.#arrive(path, taken));
    return true;
  }

  receive(take: TakeFrame): void {
    this.#take = take;
    const early = this.#early;
    this.#early = [];
    for (const { path, frame } of early) this.#surroundings.later(() => this.#arrive(path, frame));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#early = [];
    this.#paths.clear();
    this.#surroundings.leave();
  }

  #pathTo(to: Endpoint): Path | undefined {
    const peer = this.#closed ? undefined : this.#surroundings.find(to);
    if (peer === undefined) return undefined;
    const known = this.#paths.get(to);
    if (known?.peer === peer) return known;
    const path = { from: this.#surroundings.endpoint, peer, waitingBytes: 0 };
    this.#paths.set(to, path);
    return path;
  }

  #arrive(path: Path, frame: Uint8Array): void {
    if (this.#closed) return;
    if (this.#take === undefined) {
      this.#early.push({ path, frame });
      return;
    }
    path.waitingBytes -= frame.length;
    this.counters.receivedFrames += 1;
    this.counters.receivedBytes += frame.length;
    this.#take(frame, path.from);
  }
}

/**
 * Takes the buffer from the sender, as a port does, so that a sender that goes on using it is found out. A frame that
 * is a part of a larger buffer is copied: the rest may be someone else's.
 */
function takeBuffer(frame: Uint8Array<ArrayBuffer>): Uint8Array {
  if (frame.length < frame.buffer.byteLength) return new Uint8Array(frame);
  return new Uint8Array(frame.buffer.transfer());
}
