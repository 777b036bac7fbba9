/**
 * A host: the place where drivers live together, be it a thread, a page or a simulated process. It opens the frames
 * that arrive, lets every driver take its turn, and sends what they want sent: one frame per destination and turn.
 */
import type { Address } from "@synod/protocol";
import type { Endpoint, Transport } from "@synod/transports";
import { DecodeError, FrameWriter, readFrame, type Codec } from "@synod/wire";

/** What a host runs: a driver, or something that speaks like one. */
export interface Resident<Message> {
  post(from: Address, message: Message): void;
  readonly busy: boolean;
  turn(): void;
  tick(): void;
}

export interface HostOptions<Message> {
  readonly transport: Transport;
  readonly codec: Codec<Message>;
  /** The group that this host's frames belong to: many may share a process. */
  readonly group: number;
  /** Whether frames carry and need a checksum: wherever bytes leave the process. */
  readonly checksum: boolean;
  /** The endpoint where an address lives. */
  readonly route: (address: Address) => Endpoint;
  /** Runs a turn soon, when everything that has arrived by now is in the inboxes. */
  readonly later: (turn: () => void) => void;
}

export interface HostCounters {
  frames: number;
  /** Frames refused because their bytes are not what they should be, or name a sender that does not live at theirs. */
  refusedFrames: number;
  /** Messages for an address that is not here. */
  strayMessages: number;
  /** Messages that its residents sent, to each other and away. */
  sentMessages: number;
}

/** After so many ticks the buffers of destinations for which nothing waits are given up: clients come and go. */
const keptTicks = 1000;

/** How often residents of one host may answer each other within a turn before other hosts get theirs. */
const maxRounds = 16;

export class Host<Message> {
  readonly #options: HostOptions<Message>;
  readonly #residents = new Map<Address, Resident<Message>>();
  readonly #outgoing = new Map<Endpoint, FrameWriter<Message>>();
  /** The endpoints for which a frame was begun in this turn. */
  readonly #begun: Endpoint[] = [];
  #scheduled = false;
  #ticks = 0;
  readonly counters: HostCounters = { frames: 0, refusedFrames: 0, strayMessages: 0, sentMessages: 0 };

  constructor(options: HostOptions<Message>) {
    this.#options = options;
    options.transport.receive((frame, from) => this.#open(frame, from));
  }

  attach(address: Address, resident: Resident<Message>): void {
    this.#residents.set(address, resident);
  }

  detach(address: Address): void {
    this.#residents.delete(address);
  }

  /** Puts a message in the frame for its destination; one for a resident goes straight to its inbox. */
  send(from: Address, to: Address, message: Message): void {
    this.counters.sentMessages += 1;
    const resident = this.#residents.get(to);
    if (resident !== undefined) {
      resident.post(from, message);
    } else {
      this.#frame(this.#options.route(to), from, to, message);
    }
    this.#schedule();
  }

  /** Endpoints for which it keeps a buffer. */
  get destinations(): number {
    return this.#outgoing.size;
  }

  /** A resident has something to do. */
  wake(): void {
    this.#schedule();
  }

  /** One tick of time for every resident. */
  tick(): void {
    for (const resident of this.#residents.values()) resident.tick();
    this.#ticks += 1;
    if (this.#ticks % keptTicks === 0) this.#forgetIdle();
    this.#schedule();
  }

  #frame(endpoint: Endpoint, from: Address, to: Address, message: Message): void {
    const writer = this.#writer(endpoint);
    if (writer.count === 0) this.#begun.push(endpoint);
    if (writer.add(from, to, message)) return;
    // The frame is full: it goes, and the message begins the next one.
    this.#options.transport.send(endpoint, writer.take());
    writer.add(from, to, message);
  }

  #writer(endpoint: Endpoint): FrameWriter<Message> {
    const known = this.#outgoing.get(endpoint);
    if (known !== undefined) return known;
    const { codec, group, checksum } = this.#options;
    const writer = new FrameWriter(codec, { group, checksum });
    this.#outgoing.set(endpoint, writer);
    return writer;
  }

  /** An address is believed only from the endpoint where it lives: nobody speaks for another. */
  protected livesAt(address: Address, endpoint: Endpoint): boolean {
    return this.#options.route(address) === endpoint;
  }

  #open(frame: Uint8Array, source: Endpoint): void {
    const { codec, group, checksum } = this.#options;
    const isSender = (address: Address): boolean => this.livesAt(address, source);
    this.counters.frames += 1;
    try {
      readFrame(codec, frame, { group, requireChecksum: checksum, isSender }, (from, to, message) => {
        const resident = this.#residents.get(to);
        if (resident === undefined) this.counters.strayMessages += 1;
        else resident.post(from, message);
      });
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      // The network may corrupt a frame, and a liar write what it likes; the protocol treats it as lost.
      this.counters.refusedFrames += 1;
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.later(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    for (let round = 0; round < maxRounds; round++) {
      let busy = false;
      for (const resident of this.#residents.values()) {
        if (!resident.busy) continue;
        busy = true;
        resident.turn();
      }
      if (!busy) break;
    }
    for (const endpoint of this.#begun) {
      const writer = this.#outgoing.get(endpoint);
      if (writer === undefined || writer.count === 0) continue;
      // Clients come and go: what cannot be reached keeps no buffer.
      if (!this.#options.transport.send(endpoint, writer.take())) this.#outgoing.delete(endpoint);
    }
    this.#begun.length = 0;
    for (const resident of this.#residents.values()) if (resident.busy) this.#schedule();
  }

  #forgetIdle(): void {
    for (const [endpoint, writer] of this.#outgoing) if (writer.count === 0) this.#outgoing.delete(endpoint);
  }
}
