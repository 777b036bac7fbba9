/**
 * The learner of Fast Paxos: it counts the votes of all acceptors, and delivers what is chosen in slot order, each slot
 * once. A value is chosen when a quorum of its ballot has voted for it: a fast one for a fast ballot.
 *
 * It tells the acceptor beside it what it has learned: an acceptor cannot know whether it was its own value that was
 * chosen.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { lastSlot } from "../replication/acceptor-log.ts";
import { CatchingUp } from "../replication/catching-up.ts";
import type { ReplicatedLearner } from "../replication/delivery.ts";
import { noOp, type Value } from "../value.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { LearnedSlots } from "./learned-slots.ts";
import type { Accepted, CatchUp, Chosen, Entry, FetchSnapshot, Message } from "./messages.ts";
import type { Slot, SnapshotPart } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { Recounts } from "./recounts.ts";
import { Tally } from "./tally.ts";

export class Learner implements RoleMachine<Message, Entry, Delivery>, ReplicatedLearner<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #ownAcceptor: Address;
  readonly #tallies = new Map<Slot, Tally>();
  readonly #catchingUp: CatchingUp;
  /** All slots up to this one have been delivered. */
  #delivered: Slot = 0;
  /** All slots up to this one are known to be chosen by someone. */
  #known: Slot = 0;
  /** The host's newest durable snapshot holds all up to this one. */
  #snapshot: Slot = 0;
  /** What the own acceptor is told: the slots that were learned from votes. */
  readonly #learned: LearnedSlots;
  readonly #recounts: Recounts;

  constructor(configuration: Configuration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#ownAcceptor = addressOf("acceptor", node);
    this.#catchingUp = new CatchingUp(configuration, node);
    this.#learned = new LearnedSlots(configuration.limits.learnerSlots);
    this.#recounts = new Recounts(configuration.quorums, node, configuration.limits.learnerSlots);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Accepted":
        return this.#vote(nodeOf(from), message, out);
      case "Heartbeat":
        this.#known = Math.max(this.#known, message.commitPoint);
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
    this.#catchingUp.tick(this.#delivered, this.#known, out);
  }

  flush(out: Output): void {
    this.#tellAcceptor(out);
  }

  /** A learner keeps nothing in the log: it comes back from its host's snapshot, by `installed`, and catches up. */
  restore(): void {}

  checkpoint(): readonly Entry[] {
    return [];
  }

  status(): RoleStatus {
    return {
      delivered: this.#delivered,
      known: this.#known,
      slotsHeld: this.#tallies.size,
      ...this.#catchingUp.status(),
    };
  }

  installed(slot: Slot, out: Output): void {
    this.#catchingUp.finished();
    if (slot > this.#delivered) {
      this.#delivered = slot;
      this.#known = Math.max(this.#known, slot);
      for (const held of this.#tallies.keys()) if (held <= slot) this.#tallies.delete(held);
    }
    this.#advance(out);
  }

  refused(): void {
    this.#catchingUp.finished();
  }

  snapshotted(slot: Slot, out: Output): void {
    this.#snapshot = Math.max(this.#snapshot, slot);
    for (const node of this.#configuration.nodes) {
      out.send.push({ to: addressOf("acceptor", node), message: { kind: "Trim", slot } });
    }
  }

  #vote(acceptor: number, { ballot, slot, chosenThrough, value }: Accepted, out: Output): void {
    this.#known = Math.max(this.#known, chosenThrough);
    if (acceptor === this.#node) {
      this.#learned.isKnown(chosenThrough);
      this.#recounts.isKnown(chosenThrough);
    }
    if (slot <= this.#delivered) return this.#recount(acceptor, ballot, slot, value, out);
    if (slot > this.#delivered + this.#configuration.limits.learnerSlots) return;
    let tally = this.#tallies.get(slot);
    if (tally === undefined) {
      tally = new Tally(this.#configuration.quorums);
      this.#tallies.set(slot, tally);
    }
    if (!tally.add(acceptor, ballot, value) || tally.chosen === undefined) return;
    this.#known = Math.max(this.#known, slot);
    this.#advance(out);
  }

  /** What the acceptor can be told from memory need not be counted. */
  #recount(acceptor: number, ballot: Ballot, slot: Slot, value: Value, out: Output): void {
    if (this.#learned.has(slot)) return;
    const message = this.#recounts.vote(acceptor, ballot, slot, value);
    if (message !== undefined) out.send.push({ to: this.#ownAcceptor, message });
  }

  #advance(out: Output): void {
    for (;;) {
      const slot = this.#delivered + 1;
      const tally = this.#tallies.get(slot);
      const value = tally?.chosen;
      if (tally === undefined || value === undefined) return;
      const isHeld = tally.hasVotedFor(this.#node, value);
      this.#learned.add(slot, { isHeld, value: isHeld ? noOp : value });
      this.#deliver(slot, value, out);
    }
  }

  #deliver(slot: Slot, value: Value, out: Output): void {
    this.#tallies.delete(slot);
    this.#delivered = slot;
    if (slot > this.#known) this.#known = slot;
    out.deliver.push({ kind: "chosen", slot, value });
  }

  #tellAcceptor(out: Output): void {
    const message = this.#learned.takeUntold();
    if (message !== undefined) out.send.push({ to: this.#ownAcceptor, message });
  }

  /** An acceptor's log knows more. What came from another node goes to the own acceptor as well. */
  #chosen(from: Address, message: Chosen, out: Output): void {
    const before = this.#delivered;
    for (const [index, { value }] of message.values.entries()) {
      if (message.from + index === this.#delivered + 1) this.#deliver(this.#delivered + 1, value, out);
    }
    if (nodeOf(from) !== this.#node && lastSlot(message) > before) out.send.push({ to: this.#ownAcceptor, message });
    this.#advance(out);
    this.#catchingUp.answered(from, message, this.#delivered, this.#delivered > before, out);
  }

  /**
   * The own acceptor lacks what the snapshot holds, and so need not have it; or it was told, and did not hear. That it
   * knows what comes before is no reason to forget that here: unlike what its votes say, it may know less when it starts
   * again.
   */
  #remind(from: Address, { from: first }: CatchUp, out: Output): void {
    if (from !== this.#ownAcceptor) return;
    const learned = this.#learned.from(first) ?? this.#recounts.from(first);
    if (this.#snapshot >= first) out.send.push({ to: from, message: { kind: "Trim", slot: this.#snapshot } });
    else if (learned !== undefined) out.send.push({ to: from, message: learned });
  }

  #serve(from: Address, { slot, offset }: FetchSnapshot, out: Output): void {
    out.deliver.push({ kind: "serve", to: from, slot, offset });
  }

  #part(from: Address, part: SnapshotPart, out: Output): void {
    if (!this.#catchingUp.part(from, part, this.#delivered, out)) return;
    const { slot, offset, sizeBytes, bytes } = part;
    out.deliver.push({ kind: "part", slot, offset, sizeBytes, bytes });
  }
}
