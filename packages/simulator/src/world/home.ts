/**
 * Where a client of the world lives: a host with an address on the network. One that goes away and comes back lives
 * under another address, since a client's number is unlike that of any other; what was sent to the old one is lost.
 */
import type { Address } from "@synod/protocol";
import { Host, type Resident } from "@synod/driver";
import type { Endpoint, Transport } from "@synod/transports";
import type { Codec } from "@synod/wire";
import type { Clock } from "./clock.ts";
import type { Network } from "./network.ts";
import { usualPace } from "./pace.ts";

export interface HomeOptions<Message> {
  readonly clock: Clock;
  readonly network: Network;
  readonly codec: Codec<Message>;
  readonly route: (address: Address) => Endpoint;
  /** An address that nobody has had. */
  readonly newAddress: () => Address;
  /** It has opened a frame that arrived. */
  readonly opened: (endpoint: Endpoint, frame: Uint8Array, refused: boolean) => void;
}

export class Home<Message> {
  readonly #options: HomeOptions<Message>;
  #address: Address;
  #transport: Transport;
  #host: Host<Message>;
  #resident: Resident<Message> | undefined;

  constructor(options: HomeOptions<Message>) {
    this.#options = options;
    this.#address = options.newAddress();
    this.#transport = options.network.connect(this.#address);
    this.#host = this.#newHost(this.#transport, this.#address);
  }

  get address(): Address {
    return this.#address;
  }

  attach(resident: Resident<Message>): void {
    this.#resident = resident;
    this.#host.attach(this.#address, resident);
  }

  /** Goes on under another address. */
  move(): Address {
    this.#transport.close();
    this.#host.detach(this.#address);
    this.#address = this.#options.newAddress();
    this.#transport = this.#options.network.connect(this.#address);
    this.#host = this.#newHost(this.#transport, this.#address);
    if (this.#resident !== undefined) this.#host.attach(this.#address, this.#resident);
    return this.#address;
  }

  send(to: Address, message: Message): void {
    this.#host.send(this.#address, to, message);
  }

  wake(): void {
    this.#host.wake();
  }

  tick(): void {
    this.#host.tick();
  }

  #newHost(transport: Transport, address: Address): Host<Message> {
    const { clock, codec, route, opened } = this.#options;
    const host = new Host<Message>({
      transport: {
        ...transport,
        receive: (take) =>
          transport.receive((frame, from) => {
            const before = host.counters.refusedFrames;
            take(frame, from);
            opened(address, frame, host.counters.refusedFrames > before);
          }),
      },
      codec,
      group: 0,
      checksum: true,
      route,
      later: (turn) => clock.after(usualPace.turnMicroseconds, turn),
    });
    return host;
  }
}
