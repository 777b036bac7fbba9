/**
 * A stage: a deterministic world where the real roles act, each run by the driver that runs it in production. Time is
 * a count of units; each unit is a tick for every role, and a message takes one unit unless it is told otherwise. What
 * goes wrong, the scenario says.
 */
import { nodeOf, roleOf, showAddress } from "@synod/protocol";
import type { Address, Layout, RoleMachine, Seals } from "@synod/protocol";
import { ByteReader, ByteWriter, newCodec, type Codec } from "@synod/wire";
import { Actor, type Cast } from "./actor.ts";
import { Schedule } from "./schedule.ts";
import { showFields, showPlain, type ShowBytes } from "./show.ts";
import type { Loss, Note, TracedMessage } from "./trace.ts";
import { KeyRing } from "./world/signatures.ts";

/** What the stage must know of a protocol. */
export interface StagedProtocol<Message, Entry> {
  readonly layout: readonly Layout[];
  readonly asEntry: (message: Message) => Entry;
  /** The slot that an entry is about, or 0. */
  readonly slotOf: (entry: Entry) => number;
  /** How bytes are shown; plainly if absent. */
  readonly showBytes?: ShowBytes;
  /** What is signed in its messages, if anything is. Signatures take no time. */
  readonly seals?: Seals<Message>;
}

export interface StageTimes {
  /** Units that a sync takes. None if absent. */
  readonly syncUnits?: number;
}

/** How many units a message is on its way, from 0. */
export type Delay<Message> = (from: Address, to: Address, message: Message) => number;

/** A message in flight or arrived, as a scenario looks at it. */
export interface Sent<Message> {
  readonly at: number;
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
}

interface Recorded {
  readonly at: number;
  readonly arrives: number;
  readonly from: Address;
  readonly to: Address;
  readonly message: { readonly kind: string };
  lost: Loss | undefined;
}

export class Stage<Message extends { readonly kind: string }, Entry extends Message, Delivery> {
  readonly #protocol: StagedProtocol<Message, Entry>;
  readonly #times: StageTimes;
  readonly #codec: Codec<Message>;
  readonly #schedule = new Schedule();
  readonly #keys = new KeyRing();
  readonly #actors = new Map<Address, Actor<Message, Entry, Delivery>>();
  #recorded: Recorded[] = [];
  #received: Sent<Message>[] = [];
  #notes: Note[] = [];
  readonly #cuts = new Set<string>();
  #drops: (sent: Sent<Message>) => boolean = () => false;
  #delay: Delay<Message> = () => 1;
  #now = 0;
  /** When the curtain rose: all times that are told and asked for count from here. */
  #curtain = 0;

  constructor(protocol: StagedProtocol<Message, Entry>, times: StageTimes = {}) {
    this.#protocol = protocol;
    this.#times = times;
    this.#codec = newCodec<Message>(protocol.layout);
  }

  get now(): number {
    return this.#now - this.#curtain;
  }

  /** What happened so far was before the play: forgets it, and begins time anew. */
  raiseCurtain(): void {
    this.#curtain = this.#now;
    this.#recorded = [];
    this.#received = [];
    this.#notes = [];
  }

  /** What clients got, in the order it arrived. */
  get received(): readonly Sent<Message>[] {
    return this.#received;
  }

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** All messages so far, in the order they were sent. */
  get messages(): readonly TracedMessage[] {
    return this.#recorded.map(({ at, arrives, from, to, message, lost }) => ({
      at: at - this.#curtain,
      from: showAddress(from),
      to: showAddress(to),
      kind: message.kind,
      ...showFields(message, this.#protocol.showBytes ?? showPlain),
      ...(lost === undefined ? {} : { lost }),
      ...(lost !== undefined || arrives === at + 1 ? {} : { arrives: arrives - this.#curtain }),
    }));
  }

  /** Puts a role on the stage. */
  add(address: Address, cast: Cast<Message, Entry, Delivery>): void {
    const { asEntry, slotOf, seals } = this.#protocol;
    const { syncUnits = 0 } = this.#times;
    const writer = new ByteWriter();
    const actor = new Actor(cast, {
      node: nodeOf(address),
      codec: {
        encode: (entry) => this.#encode(writer, entry),
        decode: (record) => asEntry(this.#codec.decode(new ByteReader(record))),
        position: slotOf,
      },
      send: (to, message) => this.post(address, to, message),
      whenSynced: (done) => (syncUnits === 0 ? done() : this.#schedule.plan(this.#now + syncUnits, done)),
      soon: (action) => this.#schedule.plan(this.#now, action),
      sealing: seals && { seals, signatures: this.#keys.signer(nodeOf(address)) },
    });
    this.#actors.set(address, actor);
  }

  /** Whether there is a role at `address`, up or down. */
  has(address: Address): boolean {
    return this.#actors.has(address);
  }

  /** The role at `address`, to ask it for its status. */
  role(address: Address): RoleMachine<Message, Entry, Delivery> {
    return this.#actor(address).role;
  }

  /** Sends a message, as a client does. */
  post(from: Address, to: Address, message: Message): void {
    const bytes = this.#encode(new ByteWriter(), message).slice();
    const arrives = this.#now + this.#delay(from, to, message);
    const recorded: Recorded = { at: this.#now, arrives, from, to, message, lost: undefined };
    this.#recorded.push(recorded);
    if (this.#cuts.has(linkOf(from, to))) recorded.lost = "cut";
    else if (this.#drops({ at: this.now, from, to, message })) recorded.lost = "dropped";
    else this.#schedule.plan(arrives, () => this.#arrive(recorded, this.#codec.decode(new ByteReader(bytes))));
  }

  /** Plans something for a time that has not passed. */
  at(time: number, action: () => void): void {
    if (time < this.now) throw new RangeError(`time ${time} has passed, it is ${this.now}`);
    this.#schedule.plan(this.#curtain + time, action);
  }

  /** From now on loses the messages that `drops` says, in place of what was said before. */
  lose(drops: (sent: Sent<Message>) => boolean): void {
    this.#drops = drops;
  }

  /** From now on a message takes as long as `delay` says; at first each takes one unit. */
  slow(delay: Delay<Message>): void {
    this.#delay = delay;
  }

  /** Stops roles at once, with all that they have not synced. */
  crash(...addresses: readonly Address[]): void {
    for (const address of addresses) this.#actor(address).crash();
    this.note(`crash: ${addresses.map(showAddress).join(", ")}`);
  }

  /** Starts crashed roles again from what they have synced. */
  restart(...addresses: readonly Address[]): void {
    for (const address of addresses) this.#actor(address).start();
    this.note(`restart: ${addresses.map(showAddress).join(", ")}`);
  }

  /** Cuts the link between two nodes, both ways. */
  cut(one: number, other: number): void {
    this.#cuts.add(`${one}-${other}`).add(`${other}-${one}`);
    this.note(`the link between nodes ${one} and ${other} is cut`);
  }

  /** Mends all links. */
  heal(): void {
    this.#cuts.clear();
    this.note("all links are mended");
  }

  note(text: string): void {
    this.#notes.push({ at: this.now, text });
  }

  /** Units since all began, the curtain or no curtain: what everybody's clock shows. */
  get clock(): number {
    return this.#now;
  }

  /** Goes on until just after `time`: what happens then, ticks last. */
  run(time: number): void {
    for (; this.now <= time; this.#now += 1) {
      for (let next = this.#due(); next !== undefined; next = this.#due()) next();
      for (const actor of this.#actors.values()) actor.tick();
      // A tick takes no time: what it causes at once happens now.
      for (let next = this.#due(); next !== undefined; next = this.#due()) next();
    }
  }

  #due(): (() => void) | undefined {
    return this.#schedule.nextTime <= this.#now ? this.#schedule.take() : undefined;
  }

  #arrive(recorded: Recorded, message: Message): void {
    const { at, from, to } = recorded;
    if (roleOf(to) === "client") {
      this.#received.push({ at: at - this.#curtain, from, to, message });
    } else if (this.#actors.get(to)?.post(from, message) !== true) {
      recorded.lost = "down";
    }
  }

  #encode(writer: ByteWriter, message: Message): Uint8Array {
    writer.clear();
    this.#codec.encode(writer, message);
    return writer.view();
  }

  #actor(address: Address): Actor<Message, Entry, Delivery> {
    const actor = this.#actors.get(address);
    if (actor === undefined) throw new RangeError(`${showAddress(address)} is not on the stage`);
    return actor;
  }
}

function linkOf(from: Address, to: Address): string {
  return roleOf(from) === "client" || roleOf(to) === "client" ? "" : `${nodeOf(from)}-${nodeOf(to)}`;
}
