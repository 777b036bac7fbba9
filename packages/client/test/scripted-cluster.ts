/**
 * A session whose cluster is the test: what it sends is kept, what it gets and what time it is the test says.
 */
import { addressOf, leaderAccess, nodeOf, type Access, type Address, type ServiceMessage } from "@synod/protocol";
import {
  encodeOpen,
  encodePut,
  newKeyValueMachine,
  readOk,
  readValue,
  encodeGet,
  Replica,
  type StateMachine,
} from "@synod/machines";
import { ByteReader } from "@synod/wire";
import { Session, type CallOptions } from "../src/index.ts";

export interface Sent {
  readonly to: Address;
  readonly message: ServiceMessage;
}

/** The number of the client under test. */
const client = 5;
export const leader = addressOf("proposer", 1);

export class ScriptedCluster {
  /** In milliseconds. */
  now = 1000;
  readonly sent: Sent[] = [];
  /** Turns asked for and not taken. */
  wakes = 0;
  ticking = false;
  readonly session: Session;
  readonly #replica: Replica;

  constructor({
    access = leaderAccess([1, 2, 3]) as Access,
    started = true,
    machine = newKeyValueMachine() as StateMachine,
    random = Math.random,
  } = {}) {
    this.#replica = new Replica({ machine, node: 1 });
    this.session = new Session({
      client,
      access,
      random,
      send: (to, message) => void this.sent.push({ to, message }),
      wake: () => void (this.wakes += 1),
      now: () => this.now,
      ticking: (needed) => void (this.ticking = needed),
    });
    if (started) this.session.start();
  }

  /** The session takes its turn; returns what it sends. */
  turn(): readonly Sent[] {
    const before = this.sent.length;
    this.wakes = 0;
    this.session.turn();
    return this.sent.slice(before);
  }

  /** Time passes, with a tick at its end; returns what the session sends. */
  wait(ms: number): readonly Sent[] {
    const before = this.sent.length;
    this.now += ms;
    this.session.tick();
    return this.sent.slice(before);
  }

  /** The session gets messages, in one turn; returns what it sends. */
  answer(...messages: readonly ServiceMessage[]): readonly Sent[] {
    for (const message of messages) this.session.post(leader, message);
    return this.turn();
  }

  /** Messages are chosen, in this order, and answered as a replica answers; returns the answers. */
  choose(...messages: readonly Sent[]): readonly ServiceMessage[] {
    const responses: ServiceMessage[] = [];
    const respond = (_client: Address, reply: Uint8Array): void => void responses.push({ kind: "Response", reply });
    for (const { message } of messages) {
      if (message.kind === "Request") {
        this.#replica.apply(this.#replica.appliedSlot + 1, redirected(message.command), respond);
      } else if (message.kind === "Read") {
        this.#replica.query(addressOf("client", client), message.query, respond);
      }
    }
    return responses;
  }

  /** Other clients open so many sessions that older ones are forgotten. */
  crowd(count: number): void {
    for (let i = 0; i < count; i++) {
      const open = encodeOpen({ client: addressOf("client", 99), replyTo: 2 }, i);
      this.#replica.apply(this.#replica.appliedSlot + 1, open, () => undefined);
    }
  }

  /** Opens the session, for tests of what comes after. */
  open(): void {
    void this.put("opening", "x");
    for (let sent = this.turn(); sent.length > 0;) sent = this.answer(...this.choose(...sent));
    this.sent.length = 0;
  }

  put(key: string, value: string, options?: CallOptions): Promise<void> {
    return this.session.command((writer) => encodePut(writer, key, value), readOk, options);
  }

  get(key: string, options?: CallOptions): Promise<string | undefined> {
    return this.session.query((writer) => encodeGet(writer, key), readValue, options);
  }
}

/** The replica of this cluster answers, whatever node the client asked to. */
function redirected(command: Uint8Array): Uint8Array {
  const copy = command.slice();
  new DataView(copy.buffer).setUint32(replyToAt, 1, true);
  return copy;
}
/** size u32 | kind u8 | client u32 | reply to u32 */
const replyToAt = 9;

/** What a request says, as a replica reads it. */
export interface RequestFields {
  readonly session: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly count: number;
  readonly replyTo: number;
}

/** The fields of the requests among messages. */
export function requests(sent: readonly Sent[]): readonly RequestFields[] {
  return sent.flatMap(({ message }) => {
    if (message.kind !== "Request") return [];
    const reader = new ByteReader(message.command);
    reader.u32("size");
    if (reader.u8("kind") !== 1) return [];
    reader.u32("client");
    const replyTo = reader.u32("reply to");
    const session = reader.integer("session");
    const sequence = reader.integer("sequence");
    const acknowledged = reader.integer("acknowledged");
    return [{ session, sequence, acknowledged, count: reader.u32("count"), replyTo }];
  });
}

/** The nodes that messages go to. */
export function nodesOf(sent: readonly Sent[]): readonly number[] {
  return sent.map(({ to }) => nodeOf(to));
}

/** The number by which a proposer refuses a message. */
export function ticketOf(sent: Sent | undefined): number {
  const message = sent?.message;
  if (message?.kind !== "Request" && message?.kind !== "Read") throw new Error("expected a Request or a Read");
  return message.sequence;
}
