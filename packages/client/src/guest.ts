/**
 * A client of any protocol as a guest of its cluster: at the end of message ports, from which it talks to the threads of
 * the same process. What it is a client of is seated here: a session, or calls.
 */
import { addressOf, tickMilliseconds, type Address, type Layout } from "@synod/protocol";
import { Host, type Resident } from "@synod/driver";
import type { Endpoint } from "@synod/transports";
import { MessagePortTransport, type PathEnd } from "@synod/transports/message-port";
import { newCodec } from "@synod/wire";
import { performance } from "node:perf_hooks";

export interface GuestOptions {
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

/** What is seated at a guest: it is given what comes, and says what is sent. */
export interface Seated<Message> extends Resident<Message> {
  /** The paths to the cluster are there. */
  start(): void;
  /** Fails what is outstanding. */
  close(): void;
}

/** What is seated may use. */
export interface Ground<Message> {
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
export abstract class Guest<Message extends { readonly kind: string }> implements ClusterGuest {
  /** The endpoint of this client. */
  readonly endpoint: Endpoint;
  protected readonly ground: Ground<Message>;
  readonly #transport = new MessagePortTransport();
  readonly #host: Host<Message>;
  readonly #hearsOfClose: () => void;
  #seated: Seated<Message> | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ client, layout, route, closed }: GuestOptions) {
    this.#hearsOfClose = closed;
    this.endpoint = addressOf("client", client);
    this.#host = new Host<Message>({
      transport: this.#transport,
      codec: newCodec<Message>(layout),
      group: 0,
      checksum: false,
      route,
      later: (turn) => void setImmediate(turn),
    });
    this.ground = {
      client,
      send: (to, message) => this.#host.send(this.endpoint, to, message),
      wake: () => this.#host.wake(),
      now: () => performance.now(),
      ticking: (needed) => this.#tick(needed),
    };
  }

  get sentMessages(): number {
    return this.#host.counters.sentMessages;
  }

  connect(endpoint: Endpoint, path: PathEnd): void {
    this.#transport.connect(endpoint, path);
  }

  disconnect(endpoint: Endpoint): void {
    this.#transport.disconnect(endpoint);
  }

  start(): void {
    this.#seated?.start();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#seated?.close();
    this.#tick(false);
    this.#transport.close();
    this.#hearsOfClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Gives what comes to `seated` from now on; it starts and closes with the guest. */
  protected seat<Resident extends Seated<Message>>(seated: Resident): Resident {
    this.#seated = seated;
    this.#host.attach(this.endpoint, seated);
    return seated;
  }

  #tick(needed: boolean): void {
    if (!needed) {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    } else this.#ticking ??= setInterval(() => this.#host.tick(), tickMilliseconds);
  }
}
