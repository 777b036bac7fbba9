/**
 * A proposer that leads: phase 2 for slot after slot, heartbeats, and reads, all in one ballot.
 */
import { addressOf, type Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import { Attendance } from "../leader/attendance.ts";
import type { Preparation } from "../leader/preparation.ts";
import type { Origin, RequestQueue } from "../leader/queue.ts";
import { countAcceptors, hasAcceptor, isPhase2Quorum } from "../quorum.ts";
import type { Value } from "../value.ts";
import type { Configuration } from "./configuration.ts";
import type { Output } from "./delivery.ts";
import type { Message, Read, Slot } from "./messages.ts";
import { PendingReads } from "./reads.ts";
import { Window } from "./window.ts";

export class Leadership {
  readonly #configuration: Configuration;
  readonly #ballot: Ballot;
  readonly #acceptors: readonly Address[];
  /** All that a heartbeat goes to besides the acceptors: the other proposers, and the learners. */
  readonly #observers: readonly Address[];
  readonly #window: Window;
  readonly #reads: PendingReads;
  /** What phase 1 found, until it is proposed again. */
  #preparation: Preparation | undefined;
  /** The last slot that an earlier leader may have filled: a read must see it. */
  readonly #recoverThrough: Slot;
  /** The commit point that was last told to all. */
  #announced: Slot;
  #heartbeatTicks = 0;
  readonly #attendance: Attendance;

  constructor(configuration: Configuration, node: number, ballot: Ballot, preparation: Preparation) {
    this.#configuration = configuration;
    this.#ballot = ballot;
    this.#acceptors = configuration.nodes.map((each) => addressOf("acceptor", each));
    this.#observers = configuration.nodes.flatMap((each) =>
      each === node ? [addressOf("learner", each)] : [addressOf("proposer", each), addressOf("learner", each)],
    );
    this.#window = new Window(configuration.quorums, configuration.limits, preparation.chosenThrough);
    this.#reads = new PendingReads(configuration.quorums);
    this.#preparation = preparation;
    this.#recoverThrough = Math.max(preparation.highest, preparation.chosenThrough);
    this.#announced = preparation.chosenThrough;
    const { timing, nodes } = configuration;
    this.#attendance = new Attendance(timing, nodes, preparation.quorum, preparation.chosenThrough);
  }

  get commitPoint(): Slot {
    return this.#window.commitPoint;
  }

  get slotsInFlight(): number {
    return this.#window.size;
  }

  /** Whether a phase 2 quorum has answered lately: a leader that reaches none is in the way of one that would. */
  get reachesQuorum(): boolean {
    return isPhase2Quorum(this.#configuration.quorums, this.#attendance.present);
  }

  /** Whether some acceptor that answers knows of all that is chosen, or gets on with it. */
  get isVouchedFor(): boolean {
    return this.#attendance.isVouchedFor;
  }

  get reached(): number {
    return countAcceptors(this.#attendance.present);
  }

  /** Everything that this leader owes an answer for. */
  origins(): readonly Origin[] {
    return [
      ...[...this.#window].flatMap(([, { origins }]) => origins),
      ...this.#reads.clear().map(({ client, read }) => ({ client, sequence: read.sequence })),
    ];
  }

  /** A heartbeat to everyone, with the commit point. */
  announce(out: Output): void {
    const heartbeat = this.#heartbeat();
    for (const to of this.#acceptors) out.send.push({ to, message: heartbeat });
    for (const to of this.#observers) out.send.push({ to, message: heartbeat });
    this.#announced = this.#window.commitPoint;
    this.#heartbeatTicks = 0;
  }

  /** Proposes what phase 1 left to finish, in slot order, then what waits, as far as the window has room. */
  flush(queue: RequestQueue, out: Output): void {
    while (this.#preparation !== undefined && this.#window.hasRoom) {
      if (this.#window.nextSlot > this.#recoverThrough) this.#preparation = undefined;
      else this.#propose(this.#preparation.valueFor(this.#window.nextSlot), [], out);
    }
    while (this.#preparation === undefined && this.#window.hasRoom && !queue.isEmpty) {
      const { value, origins } = queue.take();
      this.#propose(value, origins, out);
    }
    if (this.#reads.wantsRound) {
      const heartbeat = this.#heartbeat();
      for (const to of this.#acceptors) out.send.push({ to, message: heartbeat });
    }
  }

  vote(slot: Slot, node: number): void {
    this.#attendance.heard(node);
    this.#window.vote(slot, node);
  }

  /**
   * Takes a read, to be answered after every slot that may be chosen by now: a learner may have counted the votes for
   * a slot, and told its client, before this leader has. False when it holds as many reads as it may.
   */
  read(client: Address, read: Read): boolean {
    if (this.#reads.size >= this.#configuration.limits.pendingReads) return false;
    this.#reads.add(client, read, Math.max(this.#window.nextSlot - 1, this.#recoverThrough));
    return true;
  }

  acknowledged(node: number, round: number, chosenThrough: Slot, out: Output): void {
    this.#attendance.heard(node);
    this.#attendance.knows(chosenThrough);
    for (const { client, read, slot } of this.#reads.answered(node, round)) {
      const to = addressOf("learner", read.learner);
      out.send.push({ to, message: { kind: "ReadAt", slot, client, query: read.query } });
    }
  }

  tick(out: Output): void {
    this.#resend(out);
    this.#heartbeatTicks += 1;
    // Accepts carry the commit point; when none follows, the learners need not wait for the next heartbeat.
    const due = this.#heartbeatTicks >= this.#configuration.timing.heartbeatTicks;
    if (due || this.#announced < this.#window.commitPoint) this.announce(out);
    this.#attendance.tick(this.#window.commitPoint);
  }

  #propose(value: Value, origins: readonly Origin[], out: Output): void {
    const slot = this.#window.add(value, origins);
    const accept = this.#accept(slot, value);
    for (const to of this.#acceptors) out.send.push({ to, message: accept });
    this.#announced = this.#window.commitPoint;
  }

  #resend(out: Output): void {
    for (const [slot, proposal] of this.#window) {
      proposal.ageTicks += 1;
      if (proposal.ageTicks < this.#configuration.timing.retryTicks) continue;
      proposal.ageTicks = 0;
      const accept = this.#accept(slot, proposal.value);
      for (const [index, to] of this.#acceptors.entries()) {
        const node = this.#configuration.nodes[index] ?? 0;
        if (!hasAcceptor(proposal.votes, node)) out.send.push({ to, message: accept });
      }
    }
  }

  #accept(slot: Slot, value: Value): Message {
    return { kind: "Accept", ballot: this.#ballot, slot, commitPoint: this.#window.commitPoint, value };
  }

  #heartbeat(): Message {
    const round = this.#reads.nextRound();
    return { kind: "Heartbeat", ballot: this.#ballot, commitPoint: this.#window.commitPoint, round };
  }
}
