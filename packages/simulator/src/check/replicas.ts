/**
 * Replicas that have applied the same slots are the same: on any node, in any life, by the log or by a snapshot.
 */
import { showBytes } from "../show.ts";
import type { Report } from "../world/violation.ts";
import { refusedAnswer, type AppliedSlot } from "./watched-machine.ts";

/** What was seen first, and where. */
interface Seen {
  readonly checksum: number;
  readonly where: string;
}

/** What to look for in a machine of one's own. */
const advice =
  "apply must go by the state and the command alone (no clock, no randomness, nothing kept beside the state), and a " +
  "snapshot must hold the whole state, with equal bytes for equal states";

export class ReplicasChecker {
  readonly #report: Report;
  /** By slot. */
  readonly #states = new Map<number, Seen>();
  readonly #answers = new Map<number, { readonly applied: AppliedSlot; readonly where: string }>();

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
    this.#report("replicas", `after slot ${slot} ${where} is not what ${seen.where} is; ${advice}`);
  }

  /** What the state machine of a node answered to the commands of a slot. */
  answers(node: number, slot: number, applied: AppliedSlot): void {
    const where = `node ${node}`;
    const seen = this.#answers.get(slot);
    if (seen === undefined) {
      this.#answers.set(slot, { applied, where });
      return;
    }
    const [ours, theirs] = [applied.answers, seen.applied.answers];
    if (ours.length === theirs.length && ours.every((each, index) => each === theirs[index])) return;
    const first = ours.findIndex((each, index) => each !== theirs[index]);
    const place = first === -1 ? ours.length : first;
    const differ = `to command ${place + 1} ${showAnswer(applied, place)}, not ${showAnswer(seen.applied, place)}`;
    const others = `at slot ${slot} the state machine of ${where} answers otherwise than that of ${seen.where}`;
    this.#report("replicas", `${others}: ${differ}; ${advice}`);
  }
}

function showAnswer({ answers, beginnings }: AppliedSlot, place: number): string {
  if (place >= answers.length) return "nothing, as it has none";
  return answers[place] === refusedAnswer ? "that it is refused" : showBytes(beginnings[place] ?? new Uint8Array(0));
}
