/**
 * The learner of Byzantine Paxos: finds out what has been chosen, and delivers it in slot order, each slot once.
 *
 * It learns from the votes of a quorum together with the value that its own acceptor has; from what f + 1 acceptors have
 * in their logs; or from a snapshot that f + 1 learners have alike.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import { keyOf } from "../digest.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import type { ReplicatedLearner } from "../replication/delivery.ts";
import { SnapshotFetch } from "../replication/snapshot-fetch.ts";
import type { Value } from "../value.ts";
import { Believing } from "./believing.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Accepted, AcceptedValue, CatchUp, Chosen, Entry, FetchSnapshot } from "./messages.ts";
import type { Message, Slot, SnapshotPart } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { believedBy } from "./quorums.ts";
import { Tally } from "./tally.ts";

export class Learner implements RoleMachine<Message, Entry, Delivery>, ReplicatedLearner<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #self: Address;
  readonly #ownAcceptor: Address;
  readonly #acceptors: readonly Address[];
  readonly #tally: Tally;
  /** By slot: what the own acceptor voted for last. */
  readonly #values = new Map<Slot, { readonly key: string; readonly digest: Uint8Array; readonly value: Value }>();
  readonly #told: Believing;
  /** Digests of what was delivered last, by slot: the own acceptor may ask again. */
  readonly #delivered = new Map<Slot, Uint8Array>();
  /** All slots up to this one have been delivered. */
  #through: Slot = 0;
  /** The own acceptor has been told of all up to here. */
  #toldThrough: Slot = 0;
  /** All slots up to this one are known to be chosen by someone honest. */
  #known: Slot = 0;
  /** The host's newest durable snapshot holds all up to this one. */
  #snapshot: Slot = 0;
  /** At the start the own log may know more than any message says. */
  #starting = true;
  #stuckTicks = 0;
  #fetch: SnapshotFetch | undefined;
  /** Ticks since it made a snapshot because another learner asked. */
  #servedTicks = 0;

  constructor(configuration: Configuration, node: number) {
    const { quorums, nodes } = configuration;
    this.#configuration = configuration;
    this.#node = node;
    this.#self = addressOf("learner", node);
    this.#ownAcceptor = addressOf("acceptor", node);
    this.#acceptors = nodes.map((each) => addressOf("acceptor", each));
    this.#tally = new Tally(quorums.quorum, believedBy(quorums));
    this.#told = new Believing(quorums, node);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, this.#self, from, message)) return;
    switch (message.kind) {
      case "Accepted":
        return this.#accepted(nodeOf(from), message, out);
      case "AcceptedValue":
        return this.#acceptedValue(message, out);
      case "Known":
        this.#known = Math.max(this.#known, message.slot);
        return;
      case "Chosen":
        return this.#chosen(from, message, out);
      case "CatchUp":
        return this.#remind(from, message, out);
      case "FetchSnapshot":
        return this.#serve(from, message, out);
      case "SnapshotPart":
        return this.#part(from, message, out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#servedTicks += 1;
    if (this.#fetch !== undefined) {
      if (!this.#fetch.tick(out)) this.#fetch = undefined;
      return;
    }
    const isBehind = this.#starting || Math.max(this.#known, this.#tally.reached) > this.#through;
    if (!isBehind) {
      this.#stuckTicks = 0;
      return;
    }
    this.#stuckTicks += 1;
    const { catchUpTicks, retryTicks } = this.#configuration.timing;
    // The first time soon, then again as what is lost is sent again.
    if (this.#stuckTicks === catchUpTicks || this.#stuckTicks % retryTicks === 0) this.#ask(out);
  }

  /** Tells the own acceptor of what was delivered since the last time. */
  flush(out: Output): void {
    if (this.#toldThrough >= this.#through) return;
    this.#tellLearned(this.#toldThrough + 1, out);
    this.#toldThrough = this.#through;
  }

  /** A learner keeps nothing in the log: it comes back from its host's snapshot, by `installed`, and catches up. */
  restore(): void {}

  checkpoint(): readonly Entry[] {
    return [];
  }

  status(): RoleStatus {
    return {
      delivered: this.#through,
      known: this.#known,
      slotsHeld: this.#tally.size,
      fetchedBytes: this.#fetch?.fetchedBytes ?? 0,
    };
  }

  /** The host's state machine holds everything up to `slot`: from its own snapshot, or from others'. */
  installed(slot: Slot, out: Output): void {
    this.#fetch = undefined;
    if (slot > this.#through) {
      this.#through = slot;
      this.#toldThrough = Math.max(this.#toldThrough, slot);
      this.#forget(slot);
    }
    this.#advance(out);
  }

  /** What was fetched is not a whole snapshot: fetch it anew. */
  refused(): void {
    this.#fetch = undefined;
  }

  /** The host has made a snapshot of everything up to `slot` durable: the log behind it may go. */
  snapshotted(slot: Slot, out: Output): void {
    this.#snapshot = Math.max(this.#snapshot, slot);
    for (const to of this.#acceptors) out.send.push({ to, message: { kind: "Trim", slot } });
  }

  #accepted(acceptor: number, message: Accepted, out: Output): void {
    const { slot } = message;
    if (slot <= this.#through || slot > this.#through + this.#configuration.limits.learnerSlots) return;
    this.#tally.add(acceptor, message);
    this.#advance(out);
  }

  #acceptedValue({ slot, digest, value }: AcceptedValue, out: Output): void {
    if (slot <= this.#through) return this.#tellAgain(slot, out);
    if (slot > this.#through + this.#configuration.limits.learnerSlots) return;
    this.#values.set(slot, { key: keyOf(digest), digest, value });
    this.#advance(out);
  }

  #advance(out: Output): void {
    for (;;) {
      const slot = this.#through + 1;
      const held = this.#values.get(slot);
      if (held === undefined || this.#tally.chosen(slot) !== held.key) return;
      this.#deliver(slot, held.value, held.digest, out);
    }
  }

  #deliver(slot: Slot, value: Value, digest: Uint8Array, out: Output): void {
    this.#through = slot;
    this.#stuckTicks = 0;
    this.#forget(slot);
    this.#delivered.set(slot, digest);
    this.#delivered.delete(slot - this.#configuration.limits.learnerSlots);
    out.deliver.push({ kind: "chosen", slot, value });
  }

  #forget(through: Slot): void {
    this.#tally.forget(through);
    for (const slot of this.#values.keys()) if (slot <= through) this.#values.delete(slot);
  }

  /** From all at once: f + 1 must say the same. At the start the own log is enough, if it has all. */
  #ask(out: Output): void {
    this.#told.clear();
    const message: CatchUp = { kind: "CatchUp", from: this.#through + 1 };
    for (const to of this.#starting ? [this.#ownAcceptor] : this.#acceptors) out.send.push({ to, message });
  }

  #chosen(from: Address, message: Chosen, out: Output): void {
    if (roleOf(from) !== "acceptor") return;
    if (from === this.#ownAcceptor) this.#starting = false;
    const before = this.#through;
    // A repair helps an acceptor that knows all before it: what was learned by votes comes first.
    this.flush(out);
    this.#told.add(nodeOf(from), message);
    for (;;) {
      const slot = this.#through + 1;
      const value = this.#told.valueOf(slot);
      if (value === undefined) break;
      this.#deliver(slot, value, this.#configuration.digest(value), out);
      // What the own log lacks it is given; what it has, it passes over.
      if (from !== this.#ownAcceptor) {
        out.send.push({
          to: this.#ownAcceptor,
          message: { kind: "Chosen", from: slot, values: [{ value }], trimmedThrough: 0 },
        });
      }
    }
    this.#advance(out);
    if (this.#through > before && this.#known > this.#through) this.#ask(out);
    else if (this.#told.isTrimmed(this.#through + 1)) this.#fetchSnapshot(out);
  }

  #fetchSnapshot(out: Output): void {
    if (this.#fetch !== undefined) return;
    const { timing, quorums, nodes } = this.#configuration;
    const others = nodes.filter((node) => node !== this.#node);
    this.#fetch = new SnapshotFetch(timing, believedBy(quorums), others);
    this.#fetch.ask(out);
  }

  /** The own acceptor has missed what it was told, or needs not have it, since the snapshot has. */
  #remind(from: Address, { from: first }: CatchUp, out: Output): void {
    if (from !== this.#ownAcceptor) return;
    if (this.#snapshot >= first) {
      out.send.push({ to: from, message: { kind: "Trim", slot: this.#snapshot } });
    } else this.#tellLearned(first, out);
  }

  /**
   * The own acceptor votes for what is learned: it may have missed that. With one slot it asks for the rest. Where all have
   * missed it and the window is full, nothing else would tell them, and no slot be chosen any more.
   */
  #tellAgain(slot: Slot, out: Output): void {
    const digest = this.#delivered.get(slot);
    if (digest === undefined) return;
    out.send.push({ to: this.#ownAcceptor, message: { kind: "Learned", from: slot, values: [{ digest }] } });
  }

  #tellLearned(first: Slot, out: Output): void {
    const values: { readonly digest: Uint8Array }[] = [];
    for (let slot = first; slot <= this.#through; slot++) {
      const digest = this.#delivered.get(slot);
      if (digest === undefined) break;
      values.push({ digest });
    }
    if (values.length > 0) out.send.push({ to: this.#ownAcceptor, message: { kind: "Learned", from: first, values } });
  }

  /** When nothing is chosen any more, a snapshot that is made when somebody asks is the same on all nodes. */
  #serve(to: Address, { slot, offset }: FetchSnapshot, out: Output): void {
    if (slot === 0 && this.#servedTicks >= 4 * this.#configuration.timing.electionTicks) {
      this.#servedTicks = 0;
      out.deliver.push({ kind: "snapshot" });
    }
    out.deliver.push({ kind: "serve", to, slot, offset });
  }

  #part(from: Address, part: SnapshotPart, out: Output): void {
    const believed = this.#fetch?.part(from, part, this.#through, out);
    if (believed === undefined) return;
    const { slot, offset, sizeBytes, bytes } = believed;
    out.deliver.push({ kind: "part", slot, offset, sizeBytes, bytes });
  }
}
