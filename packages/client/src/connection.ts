/**
 * A session at the end of message ports: the client of a cluster in the same process.
 */
import { addressOf, multi, tickMilliseconds, type Address } from "@synod/protocol";
import { Host } from "@synod/driver";
import type { Endpoint } from "@synod/transports";
import { MessagePortTransport, type PathEnd } from "@synod/transports/message-port";
import { newCodec } from "@synod/wire";
import { performance } from "node:perf_hooks";
import { Session } from "./session.ts";

export interface ConnectionOptions {
  /** The number of this client, unlike that of any other. */
  readonly client: number;
  readonly nodes: readonly number[];
  /** The endpoint where an address lives. */
  readonly route: (address: Address) => Endpoint;
  /** Hears that this client has closed. */
  readonly closed: () => void;
}

export class Connection {
  readonly session: Session;
  /** The endpoint of this client. */
  readonly endpoint: Endpoint;
  readonly #transport = new MessagePortTransport();
  readonly #host: Host<multi.Message>;
  #ticking: NodeJS.Timeout | undefined;

  readonly #closed: () => void;

  constructor({ client, nodes, route, closed }: ConnectionOptions) {
    this.#closed = closed;
    const address = addressOf("client", client);
    this.endpoint = address;
    this.#host = new Host<multi.Message>({
      transport: this.#transport,
      codec: newCodec<multi.Message>(multi.layout),
      group: 0,
      checksum: false,
      route,
      later: (turn) => void setImmediate(turn),
    });
    this.session = new Session({
      client,
      nodes,
      send: (to, message) => this.#host.send(address, to, message),
      wake: () => this.#host.wake(),
      now: () => performance.now(),
      ticking: (needed) => this.#tick(needed),
    });
    this.#host.attach(address, this.session);
  }

  connect(endpoint: Endpoint, path: PathEnd): void {
    this.#transport.connect(endpoint, path);
  }

  disconnect(endpoint: Endpoint): void {
    this.#transport.disconnect(endpoint);
  }

  /** Fails what is outstanding, and leaves; nothing the second time. */
  close(): void {
    if (this.session.closed) return;
    this.session.close();
    this.#tick(false);
    this.#transport.close();
    this.#closed();
  }

  #tick(needed: boolean): void {
    if (!needed) {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    } else this.#ticking ??= setInterval(() => this.#host.tick(), tickMilliseconds);
  }
}
