/**
 * A server of primary-backup: the primary, the backup, or neither, as the view server says. The primary answers a write
 * when the backup has it too.
 *
 * Two things are naive, and split its brain when it is cut off but not dead:
 * - It takes itself for the primary until it is told otherwise. It answers reads by itself, though the view server may
 *   have named another primary meanwhile, which has taken writes.
 * - It takes a backup that does not answer for dead, and goes on alone. That backup may be the new primary.
 *
 * A backup that refused what the primary of an older view forwards, and a primary that did nothing without its backup,
 * would mend it at the price that nobody writes until the view server, a single process, has named a new view.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../../address.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import { entrySlot } from "../place.ts";
import { viewServerNode, type Configuration } from "./configuration.ts";
import { Database } from "./database.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Entry, Forward, Get, Message, Put, View } from "./messages.ts";

const viewServer = addressOf("view-server", viewServerNode);

/** A write that the primary has done, and the backup has not said so. */
interface UnderWay {
  readonly forward: Forward;
  ageTicks: number;
}

export class Server implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #database: Database;
  #view: View = { kind: "View", view: 0, primary: 0, backup: 0 };
  /** As the primary: the backup has all that it has, or there is none. As the backup: it was given all. */
  #isTransferred = false;
  /** It has taken the backup of this view for dead. */
  #isAlone = false;
  readonly #underWay = new Map<string, UnderWay>();
  #ticks = 0;
  /** Ticks since it has begun to transfer. */
  #transferTicks = 0;

  constructor(configuration: Configuration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#database = new Database(configuration.limits.sessions);
  }

  step(from: Address, message: Message, out: Output): void {
    switch (message.kind) {
      case "View":
        if (from === viewServer && message.view > this.#view.view) this.#enter(message, out);
        return;
      case "Put":
        return this.#put(from, message, out);
      case "Get":
        return this.#get(from, message, out);
      case "Forward":
        return this.#forwarded(from, message, out);
      case "Forwarded":
        if (message.view === this.#view.view) this.#done(idOf(message), out);
        return;
      case "Transfer":
        if (!this.#isFrom(from, message.view) || this.#view.backup !== this.#node) return;
        if (!this.#isTransferred) {
          this.#isTransferred = true;
          this.#database.replace(message);
          out.persist.push(message);
        }
        out.sendAfterPersist.push({ to: from, message: { kind: "Transferred", view: message.view } });
        return;
      case "Transferred":
        if (message.view === this.#view.view && this.#isPrimary()) this.#isTransferred = true;
        return;
      default:
        return; // Not for a server.
    }
  }

  tick(out: Output): void {
    out.trimThrough = entrySlot;
    const { pingTicks, retryTicks, aloneTicks } = this.#configuration.timing;
    if (this.#ticks % pingTicks === 0) this.#ping(out);
    this.#ticks += 1;
    if (!this.#isPrimary()) return;
    if (!this.#isTransferred && !this.#isAlone) {
      this.#transferTicks += 1;
      if (this.#transferTicks >= aloneTicks) this.#goAlone(out);
      else if (this.#transferTicks % retryTicks === 0) this.#transfer(out);
    }
    for (const { forward, ...write } of this.#ageing()) {
      if (write.ageTicks >= aloneTicks) return this.#goAlone(out);
      if (write.ageTicks % retryTicks === 0) this.#forward(forward, out);
    }
  }

  flush(): void {}

  restore(entry: Entry): void {
    if (entry.kind === "Forward") this.#database.write(entry);
    if (entry.kind === "Transfer") this.#database.replace(entry);
  }

  checkpoint(): readonly Entry[] {
    return [this.#database.transfer(this.#view.view)];
  }

  status(): RoleStatus {
    const { view, primary, backup } = this.#view;
    const is = primary === this.#node ? "primary" : backup === this.#node ? "backup" : "idle";
    return { is, view, alone: this.#isAlone, underWay: this.#underWay.size, keys: this.#database.keys };
  }

  #isPrimary(): boolean {
    return this.#view.primary === this.#node;
  }

  /** A primary does not act in a view until its backup could take its place. */
  #ping(out: Output): void {
    const isActing = !this.#isPrimary() || this.#isTransferred;
    out.send.push({
      to: viewServer,
      message: { kind: "Ping", view: isActing ? this.#view.view : this.#view.view - 1 },
    });
  }

  #enter(view: View, out: Output): void {
    this.#view = view;
    this.#isAlone = false;
    this.#isTransferred = this.#isPrimary() && view.backup === 0;
    this.#transferTicks = 0;
    const waiting = [...this.#underWay.values()].map(({ forward }) => ({ ...forward, view: view.view }));
    this.#underWay.clear();
    if (!this.#isPrimary()) return;
    for (const forward of waiting) this.#underWay.set(idOf(forward), { forward, ageTicks: 0 });
    if (view.backup !== 0) return this.#transfer(out);
    for (const id of [...this.#underWay.keys()]) this.#done(id, out);
  }

  #transfer(out: Output): void {
    const message = this.#database.transfer(this.#view.view);
    out.sendAfterPersist.push({ to: addressOf("server", this.#view.backup), message });
  }

  #put(client: Address, { sequence, key, value, removed }: Put, out: Output): void {
    if (!this.#isPrimary()) {
      out.send.push({ to: client, message: { kind: "NotPrimary", sequence } });
      return;
    }
    const { view, backup } = this.#view;
    const { limits } = this.#configuration;
    if (this.#underWay.has(idOf({ client, sequence }))) return;
    if (this.#database.isDone(client, sequence)) return this.#reply({ client, sequence }, out);
    const isFull = !this.#database.hasRoom({ key, value }, limits.participantBytes);
    if (isFull || this.#underWay.size >= limits.transactions) return; // As if it had been lost on its way.
    const version = this.#database.nextVersion(key);
    const forward: Forward = { kind: "Forward", view, client, sequence, key, value, removed, version };
    this.#database.write(forward);
    out.persist.push(forward);
    if (backup === 0 || this.#isAlone) return this.#reply(forward, out);
    this.#underWay.set(idOf(forward), { forward, ageTicks: 0 });
    this.#forward(forward, out);
  }

  #get(client: Address, { sequence, key }: Get, out: Output): void {
    if (!this.#isPrimary()) {
      out.send.push({ to: client, message: { kind: "NotPrimary", sequence } });
      return;
    }
    const value = this.#database.get(key);
    const { view } = this.#view;
    const reply = { sequence, view, found: value !== undefined, value: value ?? new Uint8Array(0) };
    out.sendAfterPersist.push({ to: client, message: { kind: "GetReply", ...reply } });
  }

  #forward(forward: Forward, out: Output): void {
    out.send.push({ to: addressOf("server", this.#view.backup), message: forward });
  }

  /** As the backup. */
  #forwarded(from: Address, forward: Forward, out: Output): void {
    const { view, client, sequence, key, version } = forward;
    if (!this.#isFrom(from, view) || this.#view.backup !== this.#node || !this.#isTransferred) return;
    if (version >= this.#database.nextVersion(key)) {
      this.#database.write(forward);
      out.persist.push(forward);
    }
    out.sendAfterPersist.push({ to: from, message: { kind: "Forwarded", view, client, sequence } });
  }

  #done(id: string, out: Output): void {
    const write = this.#underWay.get(id);
    if (write === undefined) return;
    this.#underWay.delete(id);
    this.#reply(write.forward, out);
  }

  #reply({ client, sequence }: { readonly client: Address; readonly sequence: number }, out: Output): void {
    if (roleOf(client) !== "client") return;
    const { view } = this.#view;
    out.sendAfterPersist.push({ to: client, message: { kind: "PutReply", sequence, view } });
  }

  /** Naive: a silent backup is a dead one. */
  #goAlone(out: Output): void {
    this.#isAlone = true;
    for (const id of [...this.#underWay.keys()]) this.#done(id, out);
  }

  /** Whether it is the primary of the view that this server knows. */
  #isFrom(from: Address, view: number): boolean {
    return roleOf(from) === "server" && nodeOf(from) === this.#view.primary && view === this.#view.view;
  }

  #ageing(): readonly UnderWay[] {
    const writes = [...this.#underWay.values()];
    for (const write of writes) write.ageTicks += 1;
    return writes;
  }
}

function idOf({ client, sequence }: { readonly client: number; readonly sequence: number }): string {
  return `${client} ${sequence}`;
}
