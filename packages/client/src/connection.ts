/**
 * A session at its station: the client of a replicated state machine in the same process.
 */
import type { Access, ServiceMessage } from "@synod/protocol";
import type { Endpoint } from "@synod/transports";
import type { PathEnd } from "@synod/transports/message-port";
import { Session } from "./session.ts";
import { Station, type ClusterGuest, type StationOptions } from "./station.ts";

export interface ConnectionOptions extends StationOptions {
  /** How the protocol of the cluster is used. */
  readonly access: Access;
}

export class Connection implements ClusterGuest {
  readonly session: Session;
  readonly #station: Station<ServiceMessage>;

  constructor({ access, ...options }: ConnectionOptions) {
    this.#station = new Station(options);
    this.session = new Session({ access, ...this.#station.ground });
    this.#station.seat(this.session);
  }

  /** The endpoint of this client. */
  get endpoint(): Endpoint {
    return this.#station.endpoint;
  }

  /** Messages that it has sent. */
  get sentMessages(): number {
    return this.#station.sentMessages;
  }

  /** The paths to the cluster are there. */
  start(): void {
    this.session.start();
  }

  connect(endpoint: Endpoint, path: PathEnd): void {
    this.#station.connect(endpoint, path);
  }

  disconnect(endpoint: Endpoint): void {
    this.#station.disconnect(endpoint);
  }

  /** Fails what is outstanding, and leaves; nothing the second time. */
  close(): void {
    if (this.session.closed) return;
    this.session.close();
    this.#station.close();
  }
}
