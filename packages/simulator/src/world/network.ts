/**
 * The simulated network: frames between endpoints, late, lost, doubled, damaged or kept back as its faults say.
 */
import { nodeOf, roleOf } from "@synod/protocol";
import { newTransportCounters, type Endpoint, type Transport } from "@synod/transports";
import type { Clock } from "./clock.ts";
import type { Randomness } from "./randomness.ts";
import type { Tally } from "./tally.ts";

/** One thing that is wrong with the network for a while. All that are there work together. */
export interface NetworkFault {
  /** The class that is counted when it strikes. */
  readonly name: string;
  /** Whether frames from one node to another are cut off; clients are on no node and are never asked about. */
  readonly cuts?: (from: number, to: number) => boolean;
  /** Whether frames wait until it is over, instead of being lost. */
  readonly clogs?: (from: number, to: number) => boolean;
  /** The chance that a frame is lost, is delivered twice, or has a bit turned over. */
  readonly loss?: number;
  readonly duplication?: number;
  readonly corruption?: number;
  /** Frames take up to this much longer, in microseconds, and pass each other. */
  readonly jitterMicroseconds?: number;
}

/** How long a frame takes when nothing is wrong, in microseconds. */
export interface Latency {
  readonly least: number;
  readonly most: number;
}

/** Takes frames for an endpoint. */
export type Receiver = (frame: Uint8Array) => void;

export interface NetworkOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly faults: Tally;
  readonly latency: Latency;
  /** Hears of each frame that arrives, before it is opened. */
  readonly arrived: (from: Endpoint, to: Endpoint, frame: Uint8Array) => void;
}

interface Clogged {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly frame: Uint8Array;
}

export class Network {
  readonly #options: NetworkOptions;
  readonly #receivers = new Map<Endpoint, Receiver>();
  /** When the last frame of a path arrives, for paths that keep the order. */
  readonly #lastArrival = new Map<number, number>();
  readonly #faults = new Set<NetworkFault>();
  #clogged: Clogged[] = [];

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** A transport for an endpoint, in the place of the one before it. */
  connect(endpoint: Endpoint): Transport {
    const counters = newTransportCounters();
    let closed = false;
    return {
      counters,
      send: (to, frame) => {
        if (closed) return false;
        counters.sentFrames += 1;
        counters.sentBytes += frame.length;
        this.#send(endpoint, to, frame);
        return true;
      },
      receive: (take) => {
        this.#receivers.set(endpoint, take);
      },
      close: () => {
        if (!closed) this.#receivers.delete(endpoint);
        closed = true;
      },
    };
  }

  /** From now on something is wrong; the function that is returned ends it. */
  begin(fault: NetworkFault): () => void {
    this.#faults.add(fault);
    return () => {
      this.#faults.delete(fault);
      if (fault.clogs !== undefined) this.#unclog();
    };
  }

  #send(from: Endpoint, to: Endpoint, frame: Uint8Array): void {
    const { randomness, faults } = this.#options;
    const struck = this.#stops(from, to);
    if (struck?.cuts !== undefined) return faults.count(struck.name);
    if (struck !== undefined) {
      faults.count(struck.name);
      this.#clogged.push({ from, to, frame });
      return;
    }
    let jitter = 0;
    let copies = 1;
    for (const { name, loss = 0, duplication = 0, corruption = 0, jitterMicroseconds = 0 } of this.#faults) {
      if (loss > 0 && randomness.chance(loss)) return faults.count(name);
      if (duplication > 0 && randomness.chance(duplication)) {
        copies += 1;
        faults.count(name);
      }
      if (corruption > 0 && randomness.chance(corruption)) {
        const at = randomness.integer(0, frame.length * 8 - 1);
        frame[at >> 3] = (frame[at >> 3] ?? 0) ^ (1 << (at & 7));
        faults.count(name);
      }
      if (jitterMicroseconds > 0) {
        jitter = Math.max(jitter, jitterMicroseconds);
        faults.count(name);
      }
    }
    // Each arrival owns its bytes.
    for (; copies > 1; copies--) this.#transmit(from, to, frame.slice(), Math.max(jitter, 1));
    this.#transmit(from, to, frame, jitter);
  }

  /** A fault between two nodes that keeps frames from passing. */
  #stops(from: Endpoint, to: Endpoint): NetworkFault | undefined {
    if (this.#faults.size === 0 || roleOf(from) === "client" || roleOf(to) === "client") return undefined;
    const [one, other] = [nodeOf(from), nodeOf(to)];
    if (one === other) return undefined;
    for (const fault of this.#faults) {
      if (fault.cuts?.(one, other) === true || fault.clogs?.(one, other) === true) return fault;
    }
    return undefined;
  }

  /** Frames without jitter keep the order of their path. */
  #transmit(from: Endpoint, to: Endpoint, frame: Uint8Array, jitter: number): void {
    const { clock, randomness, latency } = this.#options;
    let arrival = clock.now + randomness.integer(latency.least, latency.most);
    if (jitter > 0) {
      arrival += randomness.integer(0, jitter);
    } else {
      const path = from * 2 ** 26 + to;
      arrival = Math.max(arrival, this.#lastArrival.get(path) ?? 0);
      this.#lastArrival.set(path, arrival);
    }
    clock.at(arrival, () => this.#arrive(from, to, frame));
  }

  #arrive(from: Endpoint, to: Endpoint, frame: Uint8Array): void {
    const receiver = this.#receivers.get(to);
    if (receiver === undefined) return;
    this.#options.arrived(from, to, frame);
    receiver(frame);
  }

  #unclog(): void {
    const clogged = this.#clogged;
    this.#clogged = [];
    for (const { from, to, frame } of clogged) this.#send(from, to, frame);
  }
}
