/**
 * Who changes the members of a cluster: it asks the leader for one change, follows where it is sent, and asks again until
 * the change is in force or refused. To ask again is harmless: a change that is made already is answered so.
 */
import { addressOf, changeRefusals, type Address, type Change, type ChangeRefused as Refusal } from "@synod/protocol";
import type { NoQuorum as NoQuorumMessage, ReconfigurationMessage, Redirect } from "@synod/protocol";
import type { Resident } from "@synod/driver";
import type { Endpoint } from "@synod/transports";
import type { PathEnd } from "@synod/transports/message-port";
import { ChangeRefused, Closed, NoQuorum, Timeout } from "./errors.ts";
import { Station, type ClusterGuest, type StationGround, type StationOptions } from "./station.ts";

export interface AdministratorOptions extends StationOptions {
  /** The nodes that there are now. */
  readonly nodes: () => readonly number[];
}

export interface ChangeOptions {
  /** How long to try, in milliseconds; 30,000 unless told. A leader waits for who joins for as long as it gets on. */
  readonly deadlineMs?: number;
}

/** A change that is in force. */
export interface ChangeMade {
  /** How many changes there have been. */
  readonly number: number;
  /** The first slot that the new members choose. */
  readonly fromSlot: number;
}

type Spoken = ReconfigurationMessage | Redirect | NoQuorumMessage;

/** The change that is asked for. */
interface Asked {
  readonly change: Change;
  readonly sequence: number;
  readonly since: number;
  readonly deadline: number;
  retryAt: number;
  node: number;
  /** That node has answered. */
  isAnswered: boolean;
  /** Why it was not made when it was asked for last; what passes is waited for. */
  refusal: Refusal | NoQuorumMessage | undefined;
  readonly resolve: (made: ChangeMade) => void;
  readonly reject: (error: unknown) => void;
}

/** Before a change that was not answered is asked for again, in milliseconds. */
const retryMs = 250;
/** Before one is asked for elsewhere, or when another one is in the way, in milliseconds. */
const soonMs = 50;
const defaultDeadlineMs = 30_000;

export class AdministratorClient implements ClusterGuest {
  readonly #station: Station<Spoken>;
  readonly #ground: StationGround<Spoken>;
  readonly #nodes: () => readonly number[];
  #asked: Asked | undefined;
  #sequence = 0;
  #started = false;
  #closed = false;

  constructor({ nodes, ...options }: AdministratorOptions) {
    this.#nodes = nodes;
    this.#station = new Station(options);
    this.#ground = this.#station.ground;
    this.#station.seat(this.#resident());
  }

  get endpoint(): Endpoint {
    return this.#station.endpoint;
  }

  /** Messages that it has sent. */
  get sentMessages(): number {
    return this.#station.sentMessages;
  }

  /**
   * Has a node added, removed, or replaced; resolves once that is in force.
   *
   * Rejects with ChangeRefused, with NoQuorum, with Timeout, after which it may still be made, or with Closed.
   */
  change(change: Change, { deadlineMs = defaultDeadlineMs }: ChangeOptions = {}): Promise<ChangeMade> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Closed();
      if (!(deadlineMs >= 0)) throw new RangeError(`deadlineMs: expected a number from 0, got ${deadlineMs}`);
      if (this.#asked !== undefined) throw new ChangeRefused({ reason: "another change is under way" });
      const since = this.#ground.now();
      this.#sequence += 1;
      const sequence = this.#sequence;
      const deadline = since + deadlineMs;
      const node = this.#nodes()[0] ?? 1;
      this.#asked = {
        change,
        sequence,
        since,
        deadline,
        retryAt: 0,
        node,
        isAnswered: false,
        refusal: undefined,
        resolve,
        reject,
      };
      this.#ground.ticking(true);
      if (this.#started) this.#ask(this.#asked);
    });
  }

  start(): void {
    this.#started = true;
    if (this.#asked !== undefined) this.#ask(this.#asked);
  }

  connect(endpoint: Endpoint, path: PathEnd): void {
    this.#station.connect(endpoint, path);
  }

  disconnect(endpoint: Endpoint): void {
    this.#station.disconnect(endpoint);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#settle()?.reject(new Closed());
    this.#station.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #resident(): Resident<Spoken> {
    return {
      busy: false,
      post: (_from: Address, message: Spoken) => this.#take(message),
      turn: () => undefined,
      tick: () => this.#tick(),
    };
  }

  #ask(asked: Asked): void {
    const { node, sequence, change } = asked;
    asked.isAnswered = false;
    asked.retryAt = this.#ground.now() + retryMs;
    this.#ground.send(addressOf("proposer", node), { kind: "Reconfigure", sequence, ...change });
  }

  #take(message: Spoken): void {
    const asked = this.#asked;
    if (asked === undefined || message.kind === "Reconfigure" || message.sequence !== asked.sequence) return;
    asked.isAnswered = true;
    switch (message.kind) {
      case "Reconfigured":
        return this.#settle()?.resolve({ number: message.number, fromSlot: message.from });
      case "ChangeRefused":
        return this.#refused(asked, message);
      case "NoQuorum":
        asked.refusal = message;
        return this.#elsewhere(asked);
      case "Redirect":
        if (message.leader === asked.node || !this.#nodes().includes(message.leader)) return this.#elsewhere(asked);
        asked.node = message.leader;
        return this.#ask(asked);
      default:
        // Others than it knows may come from a cluster: none of them answers it.
        return;
    }
  }

  /** Another change passes; all else stays as it is. */
  #refused(asked: Asked, refusal: Refusal): void {
    asked.refusal = refusal;
    if (changeRefusals[refusal.reason] !== "another change is under way") {
      this.#settle()?.reject(errorOf(refusal));
    } else asked.retryAt = this.#ground.now() + soonMs;
  }

  #elsewhere(asked: Asked): void {
    asked.node = this.#after(asked.node);
    asked.retryAt = this.#ground.now() + soonMs;
  }

  #tick(): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    const now = this.#ground.now();
    if (asked.deadline <= now) return this.#settle()?.reject(this.#givenUp(asked, Math.round(now - asked.since)));
    if (asked.retryAt > now || !this.#started) return;
    // Who does not answer is not asked next time: a leader that has gone sends nobody anywhere.
    if (!asked.isAnswered) asked.node = this.#after(asked.node);
    this.#ask(asked);
  }

  #after(node: number): number {
    const nodes = this.#nodes();
    return nodes[(nodes.indexOf(node) + 1) % nodes.length] ?? node;
  }

  #givenUp({ refusal }: Asked, afterMs: number): ChangeRefused | NoQuorum | Timeout {
    if (refusal === undefined) return new Timeout({ afterMs });
    if (refusal.kind === "ChangeRefused") return errorOf(refusal);
    return new NoQuorum({ reachable: refusal.reachable, needed: refusal.needed, afterMs });
  }

  #settle(): Asked | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#ground.ticking(false);
    return asked;
  }
}

function errorOf({ reason, reachable, needed }: Refusal): ChangeRefused {
  return new ChangeRefused({ reason: changeRefusals[reason] ?? `for reason ${reason}`, reachable, needed });
}
