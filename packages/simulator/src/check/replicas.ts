/**
 * Replicas that have applied the same slots are the same: on any node, in any life, by the log or by a snapshot.
 */
import type { Report } from "../world/violation.ts";
import type { AppliedSlot } from "./watched-machine.ts";

/** What was seen first, and where. */
interface Seen {
  readonly checksum: number;
  readonly where: string;
}

export class ReplicasChecker {
  readonly #report: Report;
  /** By slot. */
  readonly #states = new Map<number, Seen>();
  readonly #answers = new Map<number, { readonly answers: readonly number[]; readonly where: string }>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** How many states were compared with another. */
  compared = 0;

  /** Whether a state after a slot has been seen. */
  isKnown(slot: number): boolean {
    return this.#states.has(slot);
  }

  /** The checksum of a state, or of a snapshot of it, after a slot. */
  holds(where: string, slot: number, checksum: number): void {
    const seen = this.#states.get(slot);
    if (seen === undefined) {
      this.#states.set(slot, { checksum, where });
      return;
    }
    this.compared += 1;
    if (seen.checksum === checksum) return;
    this.#report("replicas", `after slot ${slot} ${where} is not what ${seen.where} is`);
  }

  /** What the state machine of a node answered to the commands of a slot. */
  answers(node: number, slot: number, { answers }: AppliedSlot): void {
    const where = `node ${node}`;
    const seen = this.#answers.get(slot);
    if (seen === undefined) this.#answers.set(slot, { answers, where });
    else if (answers.length !== seen.answers.length || answers.some((each, index) => each !== seen.answers[index])) {
      this.#report(
        "replicas",
        `at slot ${slot} the state machine of ${where} answers otherwise than that of ${seen.where}`,
      );
    }
  }
}
