/**
 * The learner of Generalized Paxos: it learns a history that grows, and delivers each command once, in an order that
 * is one of those that the history stands for.
 *
 * It learns from the votes of a quorum, from the logs of acceptors, instance by instance, or from the snapshot of
 * another learner. Commands that commute it may deliver in another order than other learners do; where an instance
 * ends, all have delivered the same.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { CatchingUp } from "../replication/catching-up.ts";
import type { ReplicatedLearner } from "../replication/delivery.ts";
import type { CatchUp, Chosen, FetchSnapshot, Slot, SnapshotPart } from "../replication/messages.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { Instance } from "./instance.ts";
import { instancesOf } from "./instance-log.ts";
import type { Interference } from "./interference.ts";
import type { Accepted, Entry, Heartbeat, Message } from "./messages.ts";
import { isPlausible } from "./plausible.ts";

/** Instances after the current one whose votes are kept: a leader begins one when it knows the one before to be closed. */
const instancesAhead = 2;

export class Learner implements RoleMachine<Message, Entry, Delivery>, ReplicatedLearner<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #interference: Interference;
  readonly #node: number;
  readonly #catchingUp: CatchingUp;
  #current: Instance;
  /** By first slot: instances that begin after the current one. */
  readonly #ahead = new Map<Slot, Instance>();
  /** How many commands of the current instance have been delivered. */
  #delivered = 0;
  /** All instances up to here are closed, as someone knows. */
  #known: Slot = 0;
  /** What the leader of the highest ballot heard said of the instance after its commit point. */
  #leader: Heartbeat = { kind: "Heartbeat", ballot: noBallot, commitPoint: 0, chosen: 0 };
  /** Ticks since it learned something, while it lacks what a vote or a leader told of. */
  #waitingTicks = 0;
  /** The host's newest durable snapshot holds all up to this one. */
  #snapshot: Slot = 0;

  constructor(configuration: Configuration, interference: Interference, node: number) {
    this.#configuration = configuration;
    this.#interference = interference;
    this.#node = node;
    this.#current = this.#newInstance(1);
    this.#catchingUp = new CatchingUp(configuration, node);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Accept":
        this.#instance(message.slot)?.begins(message);
        this.#heard(message.ballot, message.commitPoint, 0);
        return;
      case "Accepted":
        return this.#accepted(from, message);
      case "Learned":
        if (message.slot !== this.#current.slot) return;
        this.#current.isTold(message.history.map(({ command }) => command));
        return;
      case "Heartbeat":
        return this.#heard(message.ballot, message.commitPoint, message.chosen);
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
    this.#catchingUp.tick(this.#closedThrough, this.#known, out);
    if (!this.#lacksVotes) {
      this.#waitingTicks = 0;
      return;
    }
    this.#waitingTicks += 1;
    const { catchUpTicks, retryTicks } = this.#configuration.timing;
    if (this.#waitingTicks % retryTicks === catchUpTicks % retryTicks) this.#inquire(out);
  }

  /** Counts the votes of the turn, all at once. */
  flush(out: Output): void {
    this.#advance(out);
  }

  /** A learner keeps nothing in the log: it comes back from its host's snapshot, by `installed`, and catches up. */
  restore(): void {}

  checkpoint(): readonly Entry[] {
    return [];
  }

  status(): RoleStatus {
    return {
      ballot: this.#leader.ballot,
      delivered: this.#closedThrough + this.#delivered,
      closedThrough: this.#closedThrough,
      known: this.#known,
      ...this.#catchingUp.status(),
    };
  }

  /** The host's state machine holds everything up to `slot`: from its own snapshot, or from another learner's. */
  installed(slot: Slot, out: Output): void {
    this.#catchingUp.finished();
    // A snapshot is of the end of an instance; what is within the current one has been delivered.
    if (slot > this.#closedThrough + this.#delivered) {
      this.#known = Math.max(this.#known, slot);
      this.#enter(slot + 1);
    }
    this.#advance(out);
  }

  /** What was fetched is not a whole snapshot: fetch it anew, from another learner. */
  refused(): void {
    this.#catchingUp.finished();
  }

  /**
   * The host has made a snapshot of everything up to `slot` durable: the log behind it may go. The other acceptors hear
   * of it too, for the time when their own learners are down.
   */
  snapshotted(slot: Slot, out: Output): void {
    this.#snapshot = Math.max(this.#snapshot, slot);
    for (const node of this.#configuration.nodes) {
      out.send.push({ to: addressOf("acceptor", node), message: { kind: "Trim", slot } });
    }
  }

  /** All instances up to here are closed, and delivered. */
  get #closedThrough(): Slot {
    return this.#current.slot - 1;
  }

  /** Whether acceptors have voted for more than is learned, or a leader has learned more. */
  get #lacksVotes(): boolean {
    if (this.#current.isUnsettled) return true;
    const { ballot, commitPoint, chosen } = this.#leader;
    return ballot !== noBallot && commitPoint === this.#closedThrough && chosen > this.#current.chosen.length;
  }

  #accepted(from: Address, message: Accepted): void {
    this.#instance(message.slot)?.accepted(nodeOf(from), message);
  }

  #heard(ballot: Ballot, commitPoint: Slot, chosen: number): void {
    this.#known = Math.max(this.#known, commitPoint);
    if (ballot >= this.#leader.ballot) this.#leader = { kind: "Heartbeat", ballot, commitPoint, chosen };
  }

  /** The instance that begins at a slot, if it is the current one or not far ahead of it. */
  #instance(slot: Slot): Instance | undefined {
    if (slot === this.#current.slot) return this.#current;
    if (slot < this.#current.slot) return undefined;
    let instance = this.#ahead.get(slot);
    if (instance === undefined && this.#ahead.size < instancesAhead) {
      instance = this.#newInstance(slot);
      this.#ahead.set(slot, instance);
    }
    return instance;
  }

  #newInstance(slot: Slot): Instance {
    return new Instance(slot, this.#configuration.quorums, this.#interference);
  }

  #enter(slot: Slot): void {
    this.#current = this.#ahead.get(slot) ?? this.#newInstance(slot);
    for (const ahead of this.#ahead.keys()) if (ahead <= slot) this.#ahead.delete(ahead);
    this.#delivered = 0;
    this.#waitingTicks = 0;
  }

  #advance(out: Output): void {
    for (;;) {
      this.#current.count();
      this.#deliver(out);
      if (!this.#current.isClosed) return;
      this.#known = Math.max(this.#known, this.#current.lastSlot);
      this.#enter(this.#current.lastSlot + 1);
    }
  }

  /** What is chosen beyond what was delivered: a history keeps the order of what it had when it grows. */
  #deliver(out: Output): void {
    const { slot, chosen } = this.#current;
    if (chosen.length === this.#delivered) return;
    for (const value of chosen.commandsFrom(this.#delivered)) {
      out.deliver.push({ kind: "chosen", slot: slot + this.#delivered, value, settled: value.length === 0 });
      this.#delivered += 1;
    }
    this.#waitingTicks = 0;
  }

  /** Asks the acceptors for votes that were lost on the way, and the leader, which hears a quorum if this learner does not. */
  #inquire(out: Output): void {
    const { slot, ballot } = this.#current;
    for (const node of this.#configuration.nodes) {
      const message: Message = { kind: "Inquire", slot, ballot, from: this.#current.toldBy(node) };
      out.send.push({ to: addressOf("acceptor", node), message });
    }
    const leader = ballotOwner(this.#leader.ballot, this.#configuration.nodes.length);
    if (leader === 0) return;
    const message: Message = { kind: "Inquire", slot, ballot, from: this.#delivered };
    out.send.push({ to: addressOf("proposer", leader), message });
  }

  /** An acceptor's log knows more. What came from another node goes to the own acceptor as well. */
  #chosen(from: Address, message: Chosen, out: Output): void {
    const before = this.#closedThrough;
    let slot = message.from;
    for (const instance of instancesOf(message.values)) {
      if (slot === this.#current.slot) this.#current.isTold(instance);
      slot += instance.length;
      this.#advance(out);
    }
    if (nodeOf(from) !== this.#node && slot - 1 > before) {
      out.send.push({ to: addressOf("acceptor", this.#node), message });
    }
    this.#catchingUp.answered(from, message, this.#closedThrough, this.#closedThrough > before, out);
  }

  /** The own acceptor lacks what the snapshot holds: it need not have it. */
  #remind(from: Address, message: CatchUp, out: Output): void {
    if (from !== addressOf("acceptor", this.#node) || this.#snapshot < message.from) return;
    out.send.push({ to: from, message: { kind: "Trim", slot: this.#snapshot } });
  }

  #serve(from: Address, { slot, offset }: FetchSnapshot, out: Output): void {
    out.deliver.push({ kind: "serve", to: from, slot, offset });
  }

  #part(from: Address, part: SnapshotPart, out: Output): void {
    if (!this.#catchingUp.part(from, part, this.#closedThrough, out)) return;
    const { slot, offset, sizeBytes, bytes } = part;
    out.deliver.push({ kind: "part", slot, offset, sizeBytes, bytes });
  }
}
