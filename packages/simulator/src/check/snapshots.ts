/**
 * A log goes only behind a durable snapshot: that of the node's own learner, or, when the log has outgrown its bound,
 * that of another node's.
 */
import type { Report } from "../world/violation.ts";

export class SnapshotsChecker {
  readonly #logBytes: number;
  readonly #report: Report;
  /** By node: the slot of the newest snapshot that its disk has kept. */
  readonly #durable = new Map<number, number>();
  /** By node: the slot up to which its acceptor's log has gone. */
  readonly #trimmed = new Map<number, number>();
  /** By node and slot: the most bytes that its acceptor's disk holds for the slot, as long as it is not trimmed. */
  readonly #held = new Map<number, Map<number, number>>();

  /** @param logBytes the bound past which an acceptor goes by another node's snapshot */
  constructor(logBytes: number, report: Report) {
    this.#logBytes = logBytes;
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
    if (through > own && through > this.#durableElsewhere(node)) {
      const newest = Math.max(own, this.#durableElsewhere(node));
      const kept = newest === 0 ? "no disk has a snapshot" : `the newest durable snapshot is of slot ${newest}`;
      this.#report("durability", `acceptor ${node} trims its log up to slot ${through}, ${kept}`);
    }
    const held = this.#held.get(node);
    if (held === undefined) return;
    let sizeBytes = 0;
    for (const bytes of held.values()) sizeBytes += bytes;
    for (const slot of held.keys()) if (slot <= through) held.delete(slot);
    if (through <= own || sizeBytes > this.#logBytes) return;
    this.#report(
      "durability",
      `acceptor ${node} trims its log up to slot ${through}, its own learner's snapshot is of slot ${own}`,
    );
  }

  #durableOf(node: number): number {
    return this.#durable.get(node) ?? 0;
  }

  #durableElsewhere(node: number): number {
    let newest = 0;
    for (const [other, slot] of this.#durable) if (other !== node) newest = Math.max(newest, slot);
    return newest;
  }
}
