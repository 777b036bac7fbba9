/**
 * What the compliance suite works with: the adapter under test as its harness gives it, what has arrived, and waiting
 * for more by turns instead of by time.
 */
import type { Endpoint, Transport } from "./transport.ts";

/** How the suite gets at an adapter. */
export interface TransportHarness {
  /** New transports, one for each of the endpoints, in which each has a path to every other. The suite closes them. */
  connect(endpoints: readonly Endpoint[]): Promise<ReadonlyMap<Endpoint, Transport>>;
  /** The most bytes that a path holds; at least 1 MiB, and not much more, so that the suite is quick. */
  readonly pathBytes: number;
  /** Lets what is under way go on a little, such as by a turn of the event loop; a frame may take 5000 of them. */
  turn(): Promise<void>;
}

export interface TransportCase {
  readonly name: string;
  /** @throws ComplianceError when the adapter does not comply, or whatever the adapter throws */
  run(harness: TransportHarness): Promise<void>;
}

/** Says what an adapter did that it must not do, or left undone. */
export class ComplianceError extends Error {
  override readonly name = "ComplianceError";
}

/** How many turns of the harness may pass before a frame has arrived. */
const patienceTurns = 5000;
/** How many turns the suite waits for what must not come. */
const quietTurns = 20;

/** Transports under test, with what has arrived at each. */
export class World {
  readonly #harness: TransportHarness;
  readonly #transports: ReadonlyMap<Endpoint, Transport>;
  readonly #arrived = new Map<Endpoint, Uint8Array[]>();
  readonly #senders = new Map<Endpoint, Endpoint[]>();

  constructor(harness: TransportHarness, transports: ReadonlyMap<Endpoint, Transport>) {
    this.#harness = harness;
    this.#transports = transports;
  }

  get pathBytes(): number {
    return this.#harness.pathBytes;
  }

  at(endpoint: Endpoint): Transport {
    const transport = this.#transports.get(endpoint);
    if (transport === undefined) throw new ComplianceError(`the harness made no transport for endpoint ${endpoint}`);
    return transport;
  }

  /** What has arrived at an endpoint, the frames themselves. */
  arrivedAt(endpoint: Endpoint): readonly Uint8Array[] {
    return this.#arrived.get(endpoint) ?? [];
  }

  /** The endpoints that these came from, as the adapter says, in the same order. */
  sendersAt(endpoint: Endpoint): readonly Endpoint[] {
    return this.#senders.get(endpoint) ?? [];
  }

  /** Collects what arrives at the endpoints from now on. */
  listen(...endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      const frames: Uint8Array[] = [];
      this.#arrived.set(endpoint, frames);
      const senders: Endpoint[] = [];
      this.#senders.set(endpoint, senders);
      this.at(endpoint).receive((frame, from) => {
        frames.push(frame);
        senders.push(from);
      });
    }
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < patienceTurns; turn++) {
      if (condition()) return;
      await this.#harness.turn();
    }
    throw new ComplianceError(`waited in vain until ${what}`);
  }

  async turns(count = quietTurns): Promise<void> {
    for (let turn = 0; turn < count; turn++) await this.#harness.turn();
  }

  close(): void {
    for (const transport of this.#transports.values()) transport.close();
  }
}

/** A case that gets new transports, which are closed after it. */
export function transportCase(
  name: string,
  endpoints: readonly Endpoint[],
  body: (world: World) => Promise<void>,
): TransportCase {
  return {
    name,
    async run(harness) {
      const world = new World(harness, await harness.connect(endpoints));
      try {
        await body(world);
      } finally {
        world.close();
      }
    },
  };
}

/** A frame in a buffer of its own, whose bytes depend on `seed`. */
export function pattern(sizeBytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) frame[i] = seed + i + (i >>> 8) * 7;
  return frame;
}

export function same(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && one.length === other.length && one.every((byte, i) => byte === other[i]);
}

export function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new ComplianceError(otherwise);
}
