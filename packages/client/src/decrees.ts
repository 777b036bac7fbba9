/**
 * A client of named decrees: it proposes a value for a name, and is told which value was chosen for that name, be it its
 * own or another's that came first.
 */
import { addressOf, limits, type Address, type basic } from "@synod/protocol";
import type { Resident } from "@synod/driver";
import { LimitError } from "@synod/machines";
import type { Endpoint } from "@synod/transports";
import type { PathEnd } from "@synod/transports/message-port";
import { Closed, Overloaded, Timeout } from "./errors.ts";
import { Station, type ClusterGuest, type StationGround, type StationOptions } from "./station.ts";

export interface DecreeClientOptions extends StationOptions {
  /** The nodes, each of which has a proposer and a learner. */
  readonly nodes: readonly number[];
}

export interface ProposeOptions {
  /** How long to try, in milliseconds; 5000 unless told. */
  readonly deadlineMs?: number;
}

/** One call that waits. */
interface Proposal {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
  readonly since: number;
  readonly deadline: number;
  retryAt: number;
  /** The place of the node that is asked, among all. */
  place: number;
  readonly resolve: (value: string) => void;
  readonly reject: (error: unknown) => void;
}

/** Before another node is asked, in milliseconds. */
const retryMs = 250;
const defaultDeadlineMs = 5000;

export class DecreeClient implements ClusterGuest {
  readonly #station: Station<basic.NamedMessage>;
  readonly #ground: StationGround<basic.NamedMessage>;
  readonly #nodes: readonly number[];
  #waiting = new Set<Proposal>();
  #started = false;
  #closed = false;
  #place = 0;

  constructor({ nodes, ...options }: DecreeClientOptions) {
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
   * Proposes `value` for `name`; resolves with the value that is chosen for the name, once and for ever.
   *
   * Rejects with Timeout, with Overloaded when the nodes hold as many decrees as they may, with LimitError when name or
   * value is too large, or with Closed. After a Timeout the value may still be chosen.
   */
  propose(name: string, value: string, { deadlineMs = defaultDeadlineMs }: ProposeOptions = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Closed();
      if (!(deadlineMs >= 0)) throw new RangeError(`deadlineMs: expected a number from 0, got ${deadlineMs}`);
      const now = this.#ground.now();
      const proposal: Proposal = {
        name: bytesOf(name, "keyBytes"),
        value: bytesOf(value, "storedBytes"),
        since: now,
        deadline: now + deadlineMs,
        retryAt: now + retryMs,
        place: this.#place,
        resolve,
        reject,
      };
      if (this.#waiting.size >= limits.clientCommands) {
        const message = `overloaded: ${this.#waiting.size} calls of this client wait already`;
        throw new Overloaded({ message, mayTakeEffect: false });
      }
      this.#waiting.add(proposal);
      this.#ground.ticking(true);
      if (this.#started) this.#send(proposal);
    });
  }

  start(): void {
    this.#started = true;
    for (const proposal of this.#waiting) this.#send(proposal);
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
    for (const proposal of [...this.#waiting]) this.#settle(proposal, () => proposal.reject(new Closed()));
    this.#station.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #resident(): Resident<basic.NamedMessage> {
    return {
      busy: false,
      post: (_from: Address, message: basic.NamedMessage) => this.#take(message),
      turn: () => undefined,
      tick: () => this.#tick(),
    };
  }

  /** The proposer is asked to have it chosen, and the learner beside it to tell what is. */
  #send({ name, value, place }: Proposal): void {
    const node = this.#nodes[place % this.#nodes.length] ?? 1;
    this.#ground.send(addressOf("proposer", node), { kind: "Request", name, value });
    this.#ground.send(addressOf("learner", node), { kind: "Inquire", name });
  }

  #take(message: basic.NamedMessage): void {
    if (message.kind !== "Response" && message.kind !== "Full") return;
    const asked = [...this.#waiting].filter(({ name }) => Buffer.compare(name, message.name) === 0);
    for (const proposal of asked) {
      this.#settle(proposal, () => {
        if (message.kind === "Response") proposal.resolve(Buffer.from(message.value).toString());
        else proposal.reject(new Overloaded({ message: fullMessage, mayTakeEffect: true }));
      });
    }
  }

  #tick(): void {
    const now = this.#ground.now();
    for (const proposal of [...this.#waiting]) {
      if (proposal.deadline <= now) {
        const afterMs = Math.round(now - proposal.since);
        this.#settle(proposal, () => proposal.reject(new Timeout({ afterMs })));
      } else if (proposal.retryAt <= now) {
        proposal.retryAt = now + retryMs;
        proposal.place += 1;
        // Whoever did not answer is not asked first next time.
        this.#place = proposal.place;
        if (this.#started) this.#send(proposal);
      }
    }
  }

  #settle(proposal: Proposal, tell: () => void): void {
    this.#waiting.delete(proposal);
    if (this.#waiting.size === 0) this.#ground.ticking(false);
    tell();
  }
}

const fullMessage = "overloaded: the nodes hold as many decrees as they may";

/** @throws LimitError when it is too large */
function bytesOf(text: string, limit: "keyBytes" | "storedBytes"): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length > limits[limit]) throw new LimitError(limit, bytes.length);
  return bytes;
}
