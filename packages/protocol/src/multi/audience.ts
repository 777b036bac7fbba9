/**
 * To whom the heartbeats of a leader go.
 */
import { addressOf, type Address } from "../address.ts";
import type { Output } from "./delivery.ts";
import type { Heartbeat } from "./messages.ts";

export class Audience {
  /** Those whose answers count, and those that may come to. */
  readonly acceptors: readonly Address[];
  /** The other proposers and all learners. */
  readonly #observers: readonly Address[];

  /**
   * @param leader its node
   * @param nodes that have all three roles
   * @param called acceptors, on those nodes or others
   */
  constructor(leader: number, nodes: readonly number[], called: readonly Address[]) {
    this.acceptors = [...new Set([...nodes.map((node) => addressOf("acceptor", node)), ...called])];
    this.#observers = nodes.flatMap((node) =>
      node === leader ? [addressOf("learner", node)] : [addressOf("proposer", node), addressOf("learner", node)],
    );
  }

  /** The leader is there, and wants to know who is. */
  asks(message: Heartbeat, out: Output): void {
    for (const to of this.acceptors) out.send.push({ to, message });
  }

  /** The leader is there: all hear it. */
  hears(message: Heartbeat, out: Output): void {
    this.asks(message, out);
    for (const to of this.#observers) out.send.push({ to, message });
  }
}
