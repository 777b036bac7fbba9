/**
 * What a learner makes known: every slot in order, each once in a life, from the slot of its snapshot on; and its
 * replica is only ever moved forward.
 */
import type { Report } from "../world/violation.ts";

interface Progress {
  /** The last slot that the learner has delivered in this life, or that a snapshot before the last one held. */
  delivered: number;
  /** The slot of the last snapshot that its replica has been restored from in this life. */
  restored: number;
  /** The last slot that its replica holds. */
  applied: number;
}

export class DeliveryChecker {
  readonly #report: Report;
  readonly #nodes = new Map<number, Progress>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** The learner of a node begins a life, with an empty replica. */
  begins(node: number): void {
    this.#nodes.set(node, { delivered: 0, restored: 0, applied: 0 });
  }

  /** The last slot that the learner of a node, or its snapshot, has made known in this life. */
  knownThrough(node: number): number {
    const { delivered, restored } = this.#progress(node);
    return Math.max(delivered, restored);
  }

  /** The learner delivers a slot. */
  delivers(node: number, slot: number): void {
    const progress = this.#progress(node);
    const { delivered, restored } = progress;
    // In the turn that ends the fetch of a snapshot it may still deliver what the snapshot holds.
    if (slot !== delivered + 1 && (restored < delivered || slot !== restored + 1)) {
      const after = restored > delivered ? `a snapshot of slot ${restored}` : `slot ${delivered}`;
      this.#report("delivery", `learner ${node} delivers slot ${slot} after ${after}`);
    }
    progress.delivered = slot;
  }

  /** The replica has been restored from a snapshot: its node's own at a start, or another node's. */
  restores(node: number, slot: number): void {
    const progress = this.#progress(node);
    if (slot <= progress.applied) {
      const over = `over its state of slot ${progress.applied}`;
      this.#report("delivery", `the replica of node ${node} is restored from a snapshot of slot ${slot} ${over}`);
    }
    // The learner went on from the snapshot before it, whether or not it has delivered anything since.
    progress.delivered = Math.max(progress.delivered, progress.restored);
    progress.restored = slot;
    progress.applied = slot;
  }

  /** The replica has applied a slot. */
  applies(node: number, slot: number): void {
    const progress = this.#progress(node);
    if (slot !== progress.applied + 1) {
      this.#report("delivery", `the replica of node ${node} applies slot ${slot} after slot ${progress.applied}`);
    }
    progress.applied = slot;
  }

  #progress(node: number): Progress {
    let progress = this.#nodes.get(node);
    if (progress === undefined) {
      progress = { delivered: 0, restored: 0, applied: 0 };
      this.#nodes.set(node, progress);
    }
    return progress;
  }
}
