/**
 * A place at the end of message ports, from which a client of any protocol talks to a cluster in the same process.
 */
import { addressOf, tickMilliseconds, type Address, type Layout } from "@synod/protocol";
import { Host, type Resident } from "@synod/driver";
import type { Endpoint } from "@synod/transports";
import { MessagePortTransport, type PathEnd } from "@synod/transports/message-port";
import { newCodec } from "@synod/wire";
import { performance } from "node:perf_hooks";

export interface StationOptions {
  /** The number of this client, unlike that of any other. */
  readonly client: number;
  /** Of the messages of the cluster's protocol. */
  readonly layout: readonly Layout[];
  /** The endpoint where an address lives. */
  readonly route: (address: Address) => Endpoint;
  /** Hears that this client has closed. */
  readonly closed: () => void;
}

/** A client as its cluster sees it. */
export interface ClusterGuest {
  readonly endpoint: Endpoint;
  /** Messages that it has sent. */
  readonly sentMessages: number;
  connect(endpoint: Endpoint, path: PathEnd): void;
  disconnect(endpoint: Endpoint): void;
  /** The paths to the cluster are there: what was called until now goes out. */
  start(): void;
  /** Fails what is outstanding, and leaves; nothing the second time. */
  close(): void;
}

/** What a client may use of its station. */
export interface StationGround<Message> {
  readonly client: number;
  readonly send: (to: Address, message: Message) => void;
  /** Asks for a turn soon: what is called until then travels together. */
  readonly wake: () => void;
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number;
  /** Says whether ticks are needed: nothing is outstanding without them. */
  readonly ticking: (needed: boolean) => void;
}

/** @typeParam Message what the client sends and takes; others may come, and are passed over by it */
export class Station<Message extends { readonly kind: string }> {
  /** The endpoint of this client. */
  readonly endpoint: Endpoint;
  readonly #client: number;
  readonly #transport = new MessagePortTransport();
  readonly #host: Host<Message>;
  readonly #closed: () => void;
  #ticking: NodeJS.Timeout | undefined;

  constructor({ client, layout, route, closed }: StationOptions) {
    this.#client = client;
    this.#closed = closed;
    this.endpoint = addressOf("client", client);
    this.#host = new Host<Message>({
      transport: this.#transport,
      codec: newCodec<Message>(layout),
      group: 0,
      checksum: false,
      route,
      later: (turn) => void setImmediate(turn),
    });
  }

  /** What a client that is to take its place here may use. */
  get ground(): StationGround<Message> {
    return {
      client: this.#client,
      send: (to, message) => this.#host.send(this.endpoint, to, message),
      wake: () => this.#host.wake(),
      now: () => performance.now(),
      ticking: (needed) => this.#tick(needed),
    };
  }

  /** Messages that the client has sent. */
  get sentMessages(): number {
    return this.#host.counters.sentMessages;
  }

  seat(resident: Resident<Message>): void {
    this.#host.attach(this.endpoint, resident);
  }

  connect(endpoint: Endpoint, path: PathEnd): void {
    this.#transport.connect(endpoint, path);
  }

  disconnect(endpoint: Endpoint): void {
    this.#transport.disconnect(endpoint);
  }

  /** Leaves the cluster. */
  close(): void {
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
