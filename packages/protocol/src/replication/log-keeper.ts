/**
 * An acceptor keeps the log: it answers learners that are behind, gets from others what it missed itself, and forgets
 * what a durable snapshot holds.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import type { Bounds, Timing } from "../limits.ts";
import type { Envelope } from "../output.ts";
import { lastSlot } from "./acceptor-log.ts";
import type { CatchUp, Chosen, Slot, Trim } from "./messages.ts";

/** What it must know of the configuration that it is in. */
export interface Keeping<T extends Trim = Trim> {
  /** The nodes that have an acceptor with a log and a learner with snapshots. */
  readonly nodes: readonly number[];
  /** Those whose acceptors may have what this log lacks: some of them may be about to leave. */
  readonly sources: readonly number[];
  readonly timing: Timing;
  readonly limits: Bounds;
  /** How many nodes may be lost for good, when the others have every quorum that progress takes. */
  readonly mayBeLost: number;
  /** Hears what the log has forgotten. */
  readonly forgot?: (trim: T) => void;
}

/** The log that it keeps. */
export interface KeptLog {
  /** It holds nothing up to here any more. */
  readonly trimmedThrough: Slot;
  /** All slots up to here are known to be chosen, with what it holds or a snapshot of this node does. */
  readonly chosenThrough: Slot;
  /** Bytes of what it holds. */
  readonly sizeBytes: number;
  /** What is known to be chosen from a slot on, as much as fits in an answer. */
  chosenFrom(from: Slot): Chosen;
  /** Puts chosen values in the place of what was accepted. */
  keepChosen(message: Chosen): void;
  /** Drops all slots up to here. */
  forget(through: Slot): void;
}

/** The part of an output that it fills. */
interface Output<T> {
  readonly send: { push(...envelopes: Envelope<CatchUp | Chosen>[]): unknown };
  readonly persist: { push(entry: Chosen | T): unknown };
  trimThrough: number;
}

/** @typeParam T what a learner's durable snapshot says to the log, which may be more than its slot */
export class LogKeeper<T extends Trim = Trim> {
  readonly #keeping: Keeping<T>;
  readonly #node: number;
  readonly #ownLearner: Address;
  readonly #log: KeptLog;
  /** By node: what its learner said of its newest durable snapshot. */
  readonly #snapshots = new Map<number, T>();
  /** Ticks in which more was chosen than this log can tell, and it did not get on. */
  #stuckTicks = 0;
  #stuckAt: Slot = 0;
  /** All slots up to here are chosen, said a leader. */
  #known: Slot = 0;
  /** The node whose acceptor was asked last for what this log lacks. */
  #source: number;
  /** The slot of the own learner's newest durable snapshot, as far as it has said. */
  #ownSnapshot: Slot = 0;

  constructor(keeping: Keeping<T>, node: number, log: KeptLog) {
    this.#keeping = keeping;
    this.#node = node;
    this.#ownLearner = addressOf("learner", node);
    this.#log = log;
    this.#source = node;
  }

  /** @param known all slots up to here are chosen, said a leader */
  tick(known: Slot, out: Output<T>): void {
    this.#known = known;
    this.#mend(out);
    // Its own learner is down, or far behind, and will have to fetch a snapshot: the log must not grow for ever.
    if (this.#log.sizeBytes <= this.#keeping.limits.logBytes) return;
    const held = this.#heldElsewhere();
    if (held !== undefined) this.#forget(held, out);
  }

  catchUp(from: Address, { from: first }: CatchUp, out: Output<T>): void {
    out.send.push({ to: from, message: this.#log.chosenFrom(first) });
  }

  /** Its own learner, or another acceptor, has what this log lacks: kept, so that it is whole for the next restart. */
  repair(from: Address, message: Chosen, out: Output<T>): void {
    if (from !== this.#ownLearner && roleOf(from) !== "acceptor") return;
    if (message.from > this.#log.chosenThrough + 1 || lastSlot(message) <= this.#log.chosenThrough) return;
    out.persist.push(message);
    this.#log.keepChosen(message);
    // Whoever could help has more: a page in each of its own turns would take an acceptor that lacks much for ever.
    if (from !== this.#ownLearner && this.#log.chosenThrough < this.#known) {
      out.send.push({ to: from, message: { kind: "CatchUp", from: this.#log.chosenThrough + 1 } });
    }
  }

  /** Those who keep the log have no more need of this one. */
  relieve(trim: T, out: Output<T>): void {
    this.#forget(trim, out);
  }

  /**
   * Whether this node has all that its log has dropped. It has not when the log grew too long for a learner that is behind:
   * then others have it alone. Asks the own learner, which may have said so before a restart.
   */
  hasAll(out: Output<T>): boolean {
    const { trimmedThrough } = this.#log;
    if (trimmedThrough <= this.#ownSnapshot) return true;
    out.send.push({ to: this.#ownLearner, message: { kind: "CatchUp", from: trimmedThrough } });
    return false;
  }

  /** A learner's snapshot is durable. What its own learner lacks is kept, as long as there is room for it. */
  trim(from: Address, trim: T, out: Output<T>): void {
    if (from === this.#ownLearner) {
      this.#ownSnapshot = Math.max(this.#ownSnapshot, trim.slot);
      this.#forget(trim, out);
    } else if (roleOf(from) === "learner") {
      const before = this.#snapshots.get(nodeOf(from));
      if (before === undefined || trim.slot > before.slot) this.#snapshots.set(nodeOf(from), trim);
    }
  }

  /**
   * Asks the other acceptors in turn for what the leader says is chosen and this log cannot tell: it missed the Accept,
   * or has only that of an older ballot. Else a value might be known to one acceptor alone. The others may have dropped
   * it behind a snapshot: so may the own learner, whose Trim was lost.
   */
  #mend(out: Output<T>): void {
    const { chosenThrough } = this.#log;
    if (this.#known <= chosenThrough || chosenThrough > this.#stuckAt) {
      this.#stuckAt = chosenThrough;
      this.#stuckTicks = 0;
      return;
    }
    this.#stuckTicks += 1;
    const { sources, timing } = this.#keeping;
    if (this.#stuckTicks % timing.retryTicks !== 0) return;
    const others = sources.filter((node) => node !== this.#node);
    this.#source = others.find((node) => node > this.#source) ?? others[0] ?? this.#node;
    const message: CatchUp = { kind: "CatchUp", from: chosenThrough + 1 };
    out.send.push({ to: addressOf("acceptor", this.#source), message }, { to: this.#ownLearner, message });
  }

  /** All up to here is in durable snapshots of so many other nodes that one is left when all that may be lost are. */
  #heldElsewhere(): T | undefined {
    const { nodes, mayBeLost } = this.#keeping;
    // Who is no member any more may be gone with its snapshot.
    for (const node of this.#snapshots.keys()) if (!nodes.includes(node)) this.#snapshots.delete(node);
    return [...this.#snapshots.values()].sort((one, other) => other.slot - one.slot)[mayBeLost];
  }

  #forget(trim: T, out: Output<T>): void {
    if (trim.slot <= this.#log.trimmedThrough) return;
    this.#log.forget(trim.slot);
    this.#keeping.forgot?.(trim);
    out.persist.push(trim);
    out.trimThrough = trim.slot;
  }
}
