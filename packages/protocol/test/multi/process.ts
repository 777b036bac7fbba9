/**
 * A role with a disk that may be slow and may lose what it has not synced: the driver's rules, in a few lines.
 */
import { newOutput, type Address, type Envelope, type Random, type RoleMachine } from "../../src/index.ts";
import { slotOf, type Delivery, type Entry, type Message, type Output } from "../../src/multi/index.ts";

type Role = RoleMachine<Message, Entry, Delivery>;

export interface Surroundings {
  readonly random: Random;
  readonly send: (from: Address, to: Address, message: Message) => void;
  readonly deliver: (delivery: Delivery, out: Output) => void;
}

export class Process<Kind extends Role = Role> {
  readonly address: Address;
  readonly #make: () => Kind;
  readonly #surroundings: Surroundings;
  #role: Kind | undefined;
  /** What is durable, by log segments; each but the first begins with a checkpoint. */
  #segments: Entry[][] = [[]];
  #unsynced: Entry[] = [];
  #waiting: Envelope<Message>[] = [];
  #trimThrough = 0;

  constructor(address: Address, make: () => Kind, surroundings: Surroundings) {
    this.address = address;
    this.#make = make;
    this.#surroundings = surroundings;
    this.#role = make();
  }

  get alive(): boolean {
    return this.#role !== undefined;
  }

  get role(): Kind {
    if (this.#role === undefined) throw new Error("expected a living role");
    return this.#role;
  }

  take(from: Address, message: Message): void {
    this.act((role, out) => role.step(from, message, out));
  }

  /** One turn. Nothing when the role is down. */
  act(action: (role: Kind, out: Output) => void): void {
    if (this.#role === undefined) return;
    const out: Output = newOutput();
    action(this.#role, out);
    this.#role.flush(out);
    for (const delivery of out.deliver) this.#surroundings.deliver(delivery, out);
    for (const { to, message } of out.send) this.#surroundings.send(this.address, to, message);
    this.#unsynced.push(...out.persist);
    this.#waiting.push(...out.sendAfterPersist);
    this.#trimThrough = Math.max(this.#trimThrough, out.trimThrough);
    if (this.#unsynced.length === 0) this.sync();
  }

  /** The disk has caught up: what waited leaves, and what was trimmed may go. */
  sync(): void {
    if (this.#role === undefined) return;
    this.#segments.at(-1)?.push(...this.#unsynced.splice(0));
    for (const { to, message } of this.#waiting.splice(0)) this.#surroundings.send(this.address, to, message);
    if (this.#surroundings.random() < 0.05) this.#segments.push([...this.#role.checkpoint()]);
    const dropped = (segment: Entry[]): boolean => segment.every((entry) => slotOf(entry) <= this.#trimThrough);
    while (this.#trimThrough > 0 && this.#segments.length > 1 && dropped(this.#segments[0] ?? []))
      this.#segments.shift();
  }

  /** Loses all but the disk. Of what was not synced, some may have reached it. */
  crash(): void {
    const survived = Math.floor(this.#surroundings.random() * (this.#unsynced.length + 1));
    this.#segments.at(-1)?.push(...this.#unsynced.splice(0).slice(0, survived));
    this.#waiting = [];
    this.#trimThrough = 0;
    this.#role = undefined;
  }

  restart(): void {
    const role = this.#make();
    for (const segment of this.#segments) for (const entry of segment) role.restore(entry);
    this.#role = role;
  }
}
