/**
 * The learner of Fast Byzantine Paxos: learns a value from ceil((n+3f+1)/2) equal votes of one ballot, or from f+1 other
 * learners that say the same, and makes it known in slot order, each slot once.
 *
 * What it has learned it keeps on stable storage, until a snapshot holds it: for its next life, and for those behind.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import type { ReplicatedLearner } from "../replication/delivery.ts";
import { SnapshotFetch } from "../replication/snapshot-fetch.ts";
import type { Value } from "../value.ts";
import { commandsOf, joinCommands } from "../commands.ts";
import { ChosenLog } from "./chosen-log.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Digest } from "../digest.ts";
import type { Accepted, AcceptedValue, CatchUp, Chosen, Entry, FetchSnapshot, Learned } from "./messages.ts";
import type { Message, Slot, SnapshotPart, Stable } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { Progress } from "./progress.ts";
import { Tallies } from "./tallies.ts";

export class Learner implements RoleMachine<Message, Entry, Delivery>, ReplicatedLearner<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  /** The nodes with the other learners, in the order in which they are asked. */
  readonly #others: readonly number[];
  readonly #tallies: Tallies;
  readonly #log: ChosenLog;
  readonly #progress = new Progress();
  /** All slots up to this one have been delivered. */
  #delivered: Slot = 0;
  /** All slots up to this one are known to be chosen by someone honest. */
  #known: Slot = 0;
  /** What 2f+1 learners said to have, as it was told last to the own roles. */
  #stable: Slot = 0;
  /** What it said last to have itself. */
  #announced: Slot = 0;
  #announceTicks = 0;
  #quietTicks = 0;
  /** Requests that were learned in this turn. */
  #served: Value[] = [];
  /** At the start others may know more than any message says. */
  #starting = true;
  #stuckTicks = 0;
  #stuckAt: Slot = 0;
  #nextAsked = 0;
  /** By node: up to where it said last that its log has nothing any more. */
  readonly #trimmed = new Progress();
  #fetch: SnapshotFetch | undefined;
  /** Slots that only another's snapshot holds, of which no own one is durable yet. */
  #gap: { readonly before: Slot; readonly through: Slot } | undefined;

  constructor(configuration: Configuration, node: number, digest: Digest) {
    this.#configuration = configuration;
    this.#node = node;
    this.#others = configuration.nodes.filter((each) => each !== node);
    this.#tallies = new Tallies(configuration.quorums, digest);
    this.#log = new ChosenLog(configuration.limits);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Accepted":
        return this.#accepted(from, message, out);
      case "AcceptedValue":
        return this.#acceptedValue(from, message, out);
      case "Learned":
        return this.#learned(from, message, out);
      case "CatchUp":
        return this.#catchUp(from, message, out);
      case "Chosen":
        return this.#chosen(from, message, out);
      case "FetchSnapshot":
        return this.#serve(from, message, out);
      case "SnapshotPart":
        return this.#part(from, message, out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#advance(out);
    this.#announce(out);
    if (this.#fetch === undefined) this.#askWhenStuck(out);
    else if (!this.#fetch.tick(out)) this.#fetch = undefined;
  }

  flush(out: Output): void {
    if (this.#served.length === 0) return;
    const commands = joinCommands(this.#served);
    this.#served = [];
    const to = addressOf("proposer", this.#node);
    out.send.push({ to, message: { kind: "Served", commands } });
  }

  restore(entry: Entry): void {
    if (entry.kind === "Trim") this.#log.forget(entry.slot);
    if (entry.kind !== "Chosen") return;
    for (const [index, { value }] of entry.values.entries()) this.#log.keep(entry.from + index, value);
  }

  checkpoint(): readonly Entry[] {
    return [{ kind: "Trim", slot: this.#log.trimmedThrough }];
  }

  status(): RoleStatus {
    return {
      delivered: this.#delivered,
      known: this.#known,
      stableThrough: this.#stable,
      trimmedThrough: this.#log.trimmedThrough,
      slotsHeld: this.#tallies.size,
      slotsKept: this.#log.size,
      fetchedBytes: this.#fetch?.fetchedBytes ?? 0,
    };
  }

  /** The host's state machine holds everything up to `slot`: from its own snapshot, or from other learners'. */
  installed(slot: Slot, out: Output): void {
    this.#fetch = undefined;
    if (slot > this.#delivered) {
      this.#gap = { before: this.#gap?.before ?? this.#delivered, through: slot };
      this.#moveTo(slot);
    }
    this.#advance(out);
  }

  /** What was fetched is not a whole snapshot: fetch it anew. */
  refused(): void {
    this.#fetch = undefined;
  }

  /** The host has made a snapshot of everything up to `slot` durable: the log behind it may go. */
  snapshotted(slot: Slot, out: Output): void {
    if (this.#gap !== undefined && slot >= this.#gap.through) this.#gap = undefined;
    if (slot <= this.#log.trimmedThrough) return;
    this.#log.forget(slot);
    out.persist.push({ kind: "Trim", slot });
    out.trimThrough = slot;
  }

  #holds(slot: Slot): boolean {
    return slot > this.#delivered && slot <= this.#delivered + this.#configuration.limits.learnerSlots;
  }

  #accepted(from: Address, { ballot, slot, digest }: Accepted, out: Output): void {
    if (!this.#holds(slot)) return;
    if (this.#tallies.vote(slot, nodeOf(from), ballot, digest)) this.#known = Math.max(this.#known, slot);
    this.#advance(out);
  }

  #acceptedValue(from: Address, message: AcceptedValue, out: Output): void {
    const { slot, digest, value } = message;
    // Only the own node's value is kept: others could fill it with what nobody voted for.
    if (nodeOf(from) !== this.#node || !this.#holds(slot) || !this.#tallies.value(slot, digest, value)) return;
    this.#accepted(from, { ...message, kind: "Accepted" }, out);
  }

  /** How far another learner is. */
  #learned(from: Address, { through }: Learned, out: Output): void {
    const { trust, elect } = this.#configuration.quorums;
    this.#progress.take(nodeOf(from), through);
    this.#known = Math.max(this.#known, this.#progress.reachedBy(trust));
    const stable = this.#progress.reachedBy(elect);
    if (stable <= this.#stable) return;
    this.#stable = stable;
    this.#tellStable(out);
  }

  #tellStable(out: Output): void {
    const message: Stable = { kind: "Stable", through: this.#stable };
    out.send.push({ to: addressOf("acceptor", this.#node), message });
    out.send.push({ to: addressOf("proposer", this.#node), message });
  }

  /** What its disk holds, now and then when it is more, and seldom when it is not: it may have been lost. */
  #announce(out: Output): void {
    const { heartbeatTicks, electionTicks } = this.#configuration.timing;
    this.#announceTicks += 1;
    this.#quietTicks += 1;
    const through = this.#gap?.before ?? this.#delivered;
    const isDue = through > this.#announced && this.#announceTicks >= heartbeatTicks;
    if (!isDue && this.#quietTicks < electionTicks) return;
    this.#announceTicks = 0;
    this.#quietTicks = 0;
    this.#announced = through;
    const message: Learned = { kind: "Learned", through };
    for (const node of this.#configuration.nodes) {
      out.sendAfterPersist.push({ to: addressOf("learner", node), message });
    }
    this.#tellStable(out);
  }

  #advance(out: Output): void {
    for (;;) {
      const slot = this.#delivered + 1;
      const kept = this.#log.get(slot);
      const value = kept ?? this.#tallies.learned(slot);
      if (value === undefined) return;
      if (kept === undefined) {
        this.#log.keep(slot, value);
        const values = [{ value }];
        out.persist.push({ kind: "Chosen", from: slot, values, trimmedThrough: 0 });
      }
      this.#deliver(slot, value, out);
    }
  }

  #deliver(slot: Slot, value: Value, out: Output): void {
    this.#moveTo(slot);
    this.#served.push(...(commandsOf(value) ?? []));
    out.deliver.push({ kind: "chosen", slot, value });
  }

  #moveTo(slot: Slot): void {
    this.#delivered = slot;
    this.#known = Math.max(this.#known, slot);
    this.#tallies.forget(slot);
  }

  #catchUp(from: Address, { from: first }: CatchUp, out: Output): void {
    out.send.push({ to: from, message: this.#log.answer(first) });
  }

  #chosen(from: Address, { from: first, values, trimmedThrough }: Chosen, out: Output): void {
    const before = this.#delivered;
    if (nodeOf(from) === this.#node) return;
    this.#starting = false;
    for (const [index, { value }] of values.entries()) {
      const slot = first + index;
      if (this.#holds(slot)) this.#tallies.answer(slot, nodeOf(from), value);
    }
    this.#advance(out);
    this.#trimmed.take(nodeOf(from), trimmedThrough);
    // Their answers were cut off at the same slot.
    if (this.#delivered > before && this.#known > this.#delivered) this.#ask(out);
    else if (this.#trimmed.reachedBy(this.#configuration.quorums.trust) > this.#delivered) this.#fetchSnapshot(out);
  }

  /** The logs of others do not go back so far any more, says one that is honest. */
  #fetchSnapshot(out: Output): void {
    if (this.#fetch !== undefined) return;
    const { timing, quorums } = this.#configuration;
    this.#fetch = new SnapshotFetch(timing, quorums.trust, this.#others);
    this.#fetch.ask(out);
  }

  #serve(to: Address, { slot, offset }: FetchSnapshot, out: Output): void {
    out.deliver.push({ kind: "serve", to, slot, offset });
  }

  #part(from: Address, part: SnapshotPart, out: Output): void {
    const believed = this.#fetch?.part(from, part, this.#delivered, out);
    if (believed === undefined) return;
    const { slot, offset, sizeBytes, bytes } = believed;
    out.deliver.push({ kind: "part", slot, offset, sizeBytes, bytes });
  }

  #askWhenStuck(out: Output): void {
    const isBehind = this.#starting || this.#known > this.#delivered;
    if (!isBehind || this.#delivered > this.#stuckAt) {
      this.#stuckAt = this.#delivered;
      this.#stuckTicks = 0;
      return;
    }
    this.#stuckTicks += 1;
    if (this.#stuckTicks < this.#configuration.timing.catchUpTicks) return;
    this.#stuckTicks = 0;
    // Whoever does not answer, or lies, is not asked with the same others next time.
    this.#nextAsked += 1;
    this.#ask(out);
  }

  /** Asks f+1 others, as f may lie. */
  #ask(out: Output): void {
    const { trust } = this.#configuration.quorums;
    const message: CatchUp = { kind: "CatchUp", from: this.#delivered + 1 };
    for (let index = 0; index < trust; index++) {
      const node = this.#others[(this.#nextAsked + index) % this.#others.length];
      if (node !== undefined) out.send.push({ to: addressOf("learner", node), message });
    }
  }
}
