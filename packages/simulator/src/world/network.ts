/**
 * The simulated network: frames between endpoints, late, lost, doubled, damaged or kept back as its faults say.
 */
import { nodeOf, roleOf, type Address } from "@synod/protocol";
import { newTransportCounters, type Endpoint, type TakeFrame, type Transport } from "@synod/transports";
import type { Clock } from "./clock.ts";
import { damageFrame } from "./damage.ts";
import type { Randomness } from "./randomness.ts";
import type { Tally } from "./tally.ts";

/** One thing that is wrong with the network for a while. All that are there work together. */
export interface NetworkFault {
  /** The class that is counted when it strikes. */
  readonly name: string;
  /** Only frames from or to these nodes are struck; all when there are none. */
  readonly nodes?: readonly number[];
  /** Whether frames from one node to another are cut off; a client is where its site says, or on no node. */
  readonly cuts?: (from: number, to: number) => boolean;
  /** Whether frames wait until it is over, instead of being lost. */
  readonly clogs?: (from: number, to: number) => boolean;
  /** The chance that a frame is lost, is delivered twice, or is damaged. */
  readonly loss?: number;
  readonly duplication?: number;
  readonly corruption?: number;
  /** Half of the frames take this much longer, one of ten 9 times as much, one of a hundred 99 times; in order. */
  readonly delayMicroseconds?: number;
  /** Frames take up to this much longer, and pass each other. */
  readonly jitterMicroseconds?: number;
}

/** How long a frame takes when nothing is wrong, in microseconds. */
export interface Latency {
  readonly least: number;
  readonly most: number;
}

export interface NetworkOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly faults: Tally;
  readonly latency: Latency;
  /** Hears of each frame that arrives, before it is opened. */
  readonly arrived: (from: Endpoint, to: Endpoint, frame: Uint8Array) => void;
  /** The node beside which a client lives: what cuts that node off cuts it off as well. Undefined when nothing does. */
  readonly siteOf?: ((client: Address) => number | undefined) | undefined;
}

interface Clogged {
  readonly path: Path;
  readonly frame: Uint8Array;
}

/** The way from one endpoint to another. */
interface Path {
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** When the last of its frames arrives. */
  lastArrival: number;
}

/** The longest that one frame is held up, in microseconds. */
const mostDelayMicroseconds = 2_000_000;
/** A delay that is worth counting, in microseconds. */
const slowMicroseconds = 1000;
/** How late the second arrival of a frame may be, in microseconds. */
const secondArrivals: readonly number[] = [100, 20_000, 1_000_000];
/** Frames that one clog keeps back; past it they are lost, as on a full path. */
const mostClogged = 4096;

export class Network {
  readonly #options: NetworkOptions;
  readonly #receivers = new Map<Endpoint, TakeFrame>();
  readonly #paths = new Map<Endpoint, Map<Endpoint, Path>>();
  /** With what each keeps back. */
  readonly #faults = new Map<NetworkFault, Clogged[]>();
  readonly #damaged = new WeakSet<Uint8Array>();
  readonly #impersonating = new WeakSet<Uint8Array>();

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** A transport for an endpoint, in the place of the one before it. */
  connect(endpoint: Endpoint): Transport {
    const counters = newTransportCounters();
    const paths = this.#pathsOf(endpoint);
    let closed = false;
    return {
      counters,
      send: (to, frame) => {
        if (closed) return false;
        counters.sentFrames += 1;
        counters.sentBytes += frame.length;
        let path = paths.get(to);
        if (path === undefined) {
          path = { from: endpoint, to, lastArrival: 0 };
          paths.set(to, path);
        }
        this.#send(path, frame);
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
    this.#faults.set(fault, []);
    return () => {
      const clogged = this.#faults.get(fault) ?? [];
      this.#faults.delete(fault);
      for (const { path, frame } of clogged) this.#send(path, frame);
    };
  }

  /** Whether its faults have damaged a frame: whoever opens it must refuse it. */
  isDamaged(frame: Uint8Array): boolean {
    return this.#damaged.has(frame);
  }

  /** A frame that a liar sends in the name of another node: where it comes from tells. */
  impersonates(frame: Uint8Array): void {
    this.#impersonating.add(frame);
  }

  isImpersonating(frame: Uint8Array): boolean {
    return this.#impersonating.has(frame);
  }

  #pathsOf(endpoint: Endpoint): Map<Endpoint, Path> {
    let paths = this.#paths.get(endpoint);
    if (paths === undefined) {
      paths = new Map();
      this.#paths.set(endpoint, paths);
    }
    return paths;
  }

  #send(path: Path, frame: Uint8Array): void {
    if (this.#faults.size === 0) return this.#transmit(path, frame, 0);
    if (!this.#isStopped(path, frame)) this.#strike(path, frame);
  }

  /** Whether a fault between two nodes keeps the frame from passing. */
  #isStopped(path: Path, frame: Uint8Array): boolean {
    const { from, to } = path;
    const [one, other] = [this.#siteOf(from), this.#siteOf(to)];
    if (one === undefined || other === undefined || one === other) return false;
    for (const [fault, clogged] of this.#faults) {
      const clogs = fault.clogs?.(one, other) === true;
      if (!clogs && fault.cuts?.(one, other) !== true) continue;
      this.#options.faults.count(fault.name);
      if (clogs && clogged.length < mostClogged) clogged.push({ path, frame });
      return true;
    }
    return false;
  }

  #siteOf(endpoint: Endpoint): number | undefined {
    return roleOf(endpoint) === "client" ? this.#options.siteOf?.(endpoint) : nodeOf(endpoint);
  }

  /** What chance does to a frame that passes. */
  #strike(path: Path, frame: Uint8Array): void {
    const { randomness, faults } = this.#options;
    let delay = 0;
    let jitter = 0;
    let passing: string | undefined;
    let copies = 0;
    let first = frame;
    for (const fault of this.#faults.keys()) {
      const { name, loss = 0, duplication = 0, corruption = 0, delayMicroseconds = 0, jitterMicroseconds = 0 } = fault;
      if (!concerns(fault, path)) continue;
      if (loss > 0 && randomness.chance(loss)) return faults.count(name);
      if (duplication > 0 && randomness.chance(duplication)) {
        copies += 1;
        faults.count(name);
      }
      if (corruption > 0 && randomness.chance(corruption)) {
        first = damageFrame(frame, randomness);
        this.#damaged.add(first);
        faults.count(name);
      }
      if (delayMicroseconds > 0) {
        const luck = randomness.next();
        const longer = Math.min(mostDelayMicroseconds, Math.floor((delayMicroseconds * luck) / (1 - luck)));
        if (longer >= slowMicroseconds) faults.count(name);
        delay += longer;
      }
      if (jitterMicroseconds > 0) {
        jitter += randomness.integer(0, jitterMicroseconds);
        passing = name;
      }
    }
    this.#transmit(path, first, delay + jitter, passing);
    // Each arrival owns its bytes.
    for (; copies > 0; copies--) {
      const copy = frame.slice();
      if (this.#impersonating.has(frame)) this.#impersonating.add(copy);
      this.#transmitAgain(path, copy);
    }
  }

  /** @param passing counted when the frame passes one that was sent before; without it the path keeps its order */
  #transmit(path: Path, frame: Uint8Array, longer: number, passing?: string): void {
    const { clock, randomness, latency, faults } = this.#options;
    let arrival = clock.now + randomness.integer(latency.least, latency.most) + longer;
    if (arrival < path.lastArrival) {
      if (passing === undefined) arrival = path.lastArrival;
      else faults.count(passing);
    }
    path.lastArrival = Math.max(path.lastArrival, arrival);
    clock.at(arrival, () => this.#arrive(path, frame));
  }

  /** A second arrival, which nothing waits for. */
  #transmitAgain(path: Path, frame: Uint8Array): void {
    const { clock, randomness, latency } = this.#options;
    clock.after(latency.least + randomness.integer(0, randomness.pick(secondArrivals)), () =>
      this.#arrive(path, frame),
    );
  }

  #arrive({ from, to }: Path, frame: Uint8Array): void {
    const receiver = this.#receivers.get(to);
    if (receiver === undefined) return;
    this.#options.arrived(from, to, frame);
    receiver(frame, from);
  }
}

function concerns({ nodes }: NetworkFault, { from, to }: Path): boolean {
  return nodes === undefined || nodes.length === 0 || nodes.includes(nodeOf(from)) || nodes.includes(nodeOf(to));
}
