/**
 * A session as a guest: the client of a replicated state machine in the same process.
 */
import type { Access, ServiceMessage } from "@synod/protocol";
import { Guest, type GuestOptions } from "./guest.ts";
import { Session } from "./session.ts";

export interface ConnectionOptions extends GuestOptions {
  /** How the protocol of the cluster is used. */
  readonly access: Access;
}

export class Connection extends Guest<ServiceMessage> {
  readonly session: Session;

  constructor({ access, ...options }: ConnectionOptions) {
    super(options);
    this.session = this.seat(new Session({ access, ...this.ground }));
  }
}
