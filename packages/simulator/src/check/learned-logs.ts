/**
 * What learners keep of what they have learned: what one says that its disk holds, its disk holds, and does in every
 * later life; and nobody says that more learners have it than do.
 */
import type { Report } from "../world/violation.ts";

/** What the disk of a learner would give back if the power failed now. */
interface Kept {
  /** Slots in its log. */
  readonly slots: Set<number>;
  /** The slot of its newest snapshot. */
  snapshot: number;
}

export class LearnedLogsChecker {
  readonly #report: Report;
  readonly #kept = new Map<number, Kept>();
  /** By node: all slots up to here its learner said to have. */
  readonly #told = new Map<number, number>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** A slot is in the log of a learner, durably. */
  holds(node: number, slot: number): void {
    this.#keptBy(node).slots.add(slot);
  }

  /** A learner says that its disk has all up to here; `snapshot` finds the slot of the newest snapshot on it. */
  says(node: number, through: number, snapshot: () => number): void {
    const before = this.#told.get(node) ?? 0;
    if (through <= before) return;
    this.#told.set(node, through);
    const kept = this.#keptBy(node);
    let slot = before + 1;
    while (slot <= through && kept.slots.has(slot)) slot += 1;
    if (slot > through) return;
    kept.snapshot = Math.max(kept.snapshot, snapshot());
    slot = Math.max(slot, kept.snapshot + 1);
    while (slot <= through && kept.slots.has(slot)) slot += 1;
    if (slot > through) return;
    this.#report(
      "durability",
      `learner ${node} says that its disk has all up to slot ${through}, slot ${slot} is not on it`,
    );
  }

  /** Someone honest says that at least so many honest learners have all up to here. */
  claimsOthers(who: string, through: number, atLeast: number): void {
    const have = [...this.#told.values()].filter((told) => told >= through).length;
    if (have >= atLeast) return;
    this.#report("stability", `${who} says that all up to slot ${through} is stable, ${have} learners said so`);
  }

  /** A learner has come back with these slots in its log and a snapshot of a slot. */
  began(node: number, slots: ReadonlySet<number>, snapshot: number): void {
    let through = snapshot;
    while (slots.has(through + 1)) through += 1;
    const told = this.#told.get(node) ?? 0;
    if (through >= told) return;
    this.#report(
      "durability",
      `learner ${node} comes back with all up to slot ${through}, it said that it had ${told}`,
    );
  }

  #keptBy(node: number): Kept {
    let kept = this.#kept.get(node);
    if (kept === undefined) {
      kept = { slots: new Set(), snapshot: 0 };
      this.#kept.set(node, kept);
    }
    return kept;
  }
}
