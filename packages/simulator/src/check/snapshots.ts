/**
 * A log goes only behind durable snapshots: that of the node's own learner, or, when the log has outgrown its bound,
 * those of so many other nodes that one is left when all are lost that may be.
 */
import type { Report } from "../world/violation.ts";

export class SnapshotsChecker {
  readonly #logBytes: number;
  readonly #mayBeLost: number;
  readonly #report: Report;
  /** By node: the slot of the newest snapshot that its disk has kept. */
  readonly #durable = new Map<number, number>();
  /** By node: the slot up to which its acceptor's log has gone. */
  readonly #trimmed = new Map<number, number>();
  /** By node and slot: the most bytes that its acceptor's disk holds for the slot, as long as it is not trimmed. */
  readonly #held = new Map<number, Map<number, number>>();

  /**
   * @param logBytes the bound past which an acceptor goes by the snapshots of other nodes
   * @param mayBeLost how many nodes may be lost for good
   */
  constructor(logBytes: number, mayBeLost: number, report: Report) {
    this.#logBytes = logBytes;
    this.#mayBeLost = mayBeLost;
    this.#report = report;
  }

  /** A learner says that its snapshot of a slot is durable; `kept` finds the newest one that its disk has kept. */
  saysDurable(node: number, slot: number, kept: () => number): void {
    if (slot <= this.#durableOf(node)) return;
    const newest = kept();
    this.#durable.set(node, newest);
    if (slot <= newest) return;
    const has = newest === 0 ? "none" : `that of slot ${newest}`;
    this.#report(
      "durability",
      `learner ${node} says that its snapshot of slot ${slot} is durable, its disk has ${has}`,
    );
  }

  /** A learner has come back with a snapshot of a slot, or of 0 with none; `kept` is the newest that its disk had. */
  began(node: number, slot: number, kept: number): void {
    if (slot >= kept) return;
    const found = slot === 0 ? "no snapshot" : `a snapshot of slot ${slot}`;
    this.#report("durability", `learner ${node} comes back with ${found}, its disk had that of slot ${kept}`);
  }

  /** The disk of a node's acceptor holds a value. */
  holds(node: number, slot: number, sizeBytes: number): void {
    let held = this.#held.get(node);
    if (held === undefined) {
      held = new Map();
      this.#held.set(node, held);
    }
    held.set(slot, Math.max(sizeBytes, held.get(slot) ?? 0));
  }

  /** The disk of a node's acceptor says that its log up to a slot may go. */
  trims(node: number, through: number): void {
    // A new segment repeats it, and after a power failure it is read again.
    if (through <= (this.#trimmed.get(node) ?? 0)) return;
    this.#trimmed.set(node, through);
    const own = this.#durableOf(node);
    const held = this.#heldElsewhere(node);
    if (through > own && through > held) {
      const newest = Math.max(own, held);
      const kept = newest === 0 ? "no snapshot is sure to be left" : `sure to be left is a snapshot of slot ${newest}`;
      this.#report("durability", `acceptor ${node} trims its log up to slot ${through}, ${kept}`);
    }
    const slots = this.#held.get(node);
    if (slots === undefined) return;
    let sizeBytes = 0;
    for (const bytes of slots.values()) sizeBytes += bytes;
    for (const slot of slots.keys()) if (slot <= through) slots.delete(slot);
    if (through <= own || sizeBytes > this.#logBytes) return;
    this.#report(
      "durability",
      `acceptor ${node} trims its log up to slot ${through}, its own learner's snapshot is of slot ${own}`,
    );
  }

  #durableOf(node: number): number {
    return this.#durable.get(node) ?? 0;
  }

  /** A snapshot of this slot, or a later one, is left on another node, whichever are lost. */
  #heldElsewhere(node: number): number {
    const others = [...this.#durable].flatMap(([other, slot]) => (other === node ? [] : [slot]));
    return others.sort((one, other) => other - one)[this.#mayBeLost] ?? 0;
  }
}
