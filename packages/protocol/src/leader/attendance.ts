/**
 * Which acceptors a leader has heard lately, and whether they know what it says is chosen: it leads only as long as
 * enough of them answer.
 */
import type { Timing } from "../limits.ts";
import { isPhase2Quorum, noAcceptors, withAcceptor, type AcceptorSet } from "../quorum.ts";
import { membersAmong, type Membership } from "../reconfiguration/membership.ts";
import type { Slot } from "../replication/messages.ts";

export class Attendance {
  readonly #timing: Timing;
  /** The nodes whose acceptors were heard in this election time, and in the one before. */
  #heard: Set<number>;
  #heardBefore: ReadonlySet<number>;
  #hearingTicks = 0;
  /** The highest slot up to which an acceptor said that it knows, in this election time, and in the last with an answer. */
  #known: Slot | undefined;
  #knownBefore: Slot = -1;
  #knownThrough: Slot;
  /** The commit point when this election time began. */
  #commitBefore: Slot;
  #isVouchedFor = true;

  /**
   * @param nodes those that have an acceptor: a new leader has an election time to be answered in by them
   * @param heard those that have promised
   */
  constructor(timing: Timing, nodes: readonly number[], heard: Iterable<number>, commitPoint: Slot) {
    this.#timing = timing;
    this.#heard = new Set(heard);
    this.#heardBefore = new Set(nodes);
    this.#commitBefore = commitPoint;
    this.#knownThrough = commitPoint;
  }

  /** The highest slot up to which some acceptor has said that it knows. */
  get knownThrough(): Slot {
    return this.#knownThrough;
  }

  /** The acceptors heard in the last two election times, where a node's number is its place. */
  get present(): AcceptorSet {
    return [...this.#heard, ...this.#heardBefore].reduce(withAcceptor, noAcceptors);
  }

  /** Those of them that are members. */
  among(membership: Membership): AcceptorSet {
    return membersAmong(membership, this.#heard) | membersAmong(membership, this.#heardBefore);
  }

  /** Whether a phase 2 quorum has answered lately. */
  reaches(membership: Membership): boolean {
    return isPhase2Quorum(membership.quorums, this.among(membership));
  }

  /**
   * Whether some acceptor that answers knows of all that is chosen, or gets on with it. When those that did are gone, the
   * others may hold votes for a slot and not know that it is chosen, and no learner gets beyond it: a new phase 1, of
   * whoever reaches a quorum then, must finish it.
   */
  get isVouchedFor(): boolean {
    return this.#isVouchedFor;
  }

  heard(node: number): void {
    this.#heard.add(node);
  }

  /** An acceptor says that it knows all slots up to `chosenThrough` to be chosen. */
  knows(chosenThrough: Slot): void {
    this.#known = Math.max(this.#known ?? 0, chosenThrough);
    this.#knownThrough = Math.max(this.#knownThrough, chosenThrough);
  }

  tick(commitPoint: Slot): void {
    this.#hearingTicks += 1;
    if (this.#hearingTicks < this.#timing.electionTicks) return;
    this.#hearingTicks = 0;
    this.#heardBefore = this.#heard;
    this.#heard = new Set();
    this.#judge();
    this.#commitBefore = commitPoint;
  }

  /** An election time is over. One without an answer says nothing: a disk or a thread may be slow. */
  #judge(): void {
    if (this.#known === undefined) return;
    this.#isVouchedFor = this.#known >= this.#commitBefore || this.#known > this.#knownBefore;
    this.#knownBefore = this.#known;
    this.#known = undefined;
  }
}
