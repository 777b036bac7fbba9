/**
 * A proposer that leads a term. It finishes what may have been chosen before. In a fast term it says Any then, and sees
 * to it that every slot gets a value, also when acceptors collide or a request did not come to all; in a classic one it
 * orders the requests itself, as in Multi-Paxos.
 */
import { addressOf, type Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import { Attendance } from "../leader/attendance.ts";
import type { Preparation } from "../leader/preparation.ts";
import type { RequestQueue } from "../leader/queue.ts";
import { countAcceptors, isPhase2Quorum } from "../quorum.ts";
import { noOp, sameValue, type Value } from "../value.ts";
import { isFast, termOf } from "./ballots.ts";
import type { Configuration } from "./configuration.ts";
import type { Output } from "./delivery.ts";
import type { Accepted, HeartbeatAck, Message, Slot } from "./messages.ts";
import { OpenSlots, type OpenSlot } from "./open-slots.ts";
import { valueToPick } from "./picking.ts";
import { RecentRequests } from "./recent.ts";

/** A slot of a fast ballot that was sent again so often, and is still open, is left to a classic term. */
const mostTries = 4;

export class Leadership {
  readonly #configuration: Configuration;
  readonly #ballot: Ballot;
  readonly #acceptors: readonly Address[];
  /** All that a heartbeat goes to besides the acceptors: the other proposers, and the learners. */
  readonly #observers: readonly Address[];
  readonly #attendance: Attendance;
  readonly #slots: OpenSlots;
  /** What phase 1 found, until it is proposed again. */
  #preparation: Preparation | undefined;
  /** The last slot in which something may have been chosen before: what clients ask goes behind it. */
  readonly #recoverThrough: Slot;
  /** Acceptors have been told Any. */
  #isOpen = false;
  /** Where values were put lately. */
  readonly #placed: RecentRequests;
  /** Of the last slots that were chosen fast: whether acceptors collided in them. */
  readonly #collisions: boolean[] = [];
  #isStuck = false;
  /** Acceptors that said last that they have no Any. */
  readonly #closed = new Set<Address>();
  #heartbeatTicks = 0;

  constructor(configuration: Configuration, node: number, ballot: Ballot, preparation: Preparation) {
    const { nodes, quorums, timing } = configuration;
    this.#configuration = configuration;
    this.#ballot = ballot;
    this.#acceptors = nodes.map((each) => addressOf("acceptor", each));
    this.#observers = nodes.flatMap((each) =>
      each === node ? [addressOf("learner", each)] : [addressOf("proposer", each), addressOf("learner", each)],
    );
    this.#attendance = new Attendance(timing, nodes, preparation.answered, preparation.chosenThrough);
    this.#slots = new OpenSlots(quorums, ballot, preparation.chosenThrough);
    this.#preparation = preparation;
    this.#recoverThrough = Math.max(preparation.highest, preparation.chosenThrough);
    this.#placed = new RecentRequests(timing.electionTicks);
  }

  get commitPoint(): Slot {
    return this.#slots.commitPoint;
  }

  get slotsInFlight(): number {
    return this.#slots.size;
  }

  get isFast(): boolean {
    return isFast(this.#ballot);
  }

  /** Whether acceptors vote for what clients ask: a late request goes to them. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether enough acceptors have answered lately for classic ballots: else this leader is in the way of another. */
  get reachesQuorum(): boolean {
    return isPhase2Quorum(this.#configuration.quorums, this.#attendance.present);
  }

  /** Whether enough have for fast ones. */
  get reachesFastQuorum(): boolean {
    return this.reached >= this.#configuration.quorums.fast;
  }

  get reached(): number {
    return countAcceptors(this.#attendance.present);
  }

  get isVouchedFor(): boolean {
    return this.#attendance.isVouchedFor;
  }

  /** A fast term does not pay: acceptors collide too often, too few answer, or a slot does not get on. */
  get shouldFallBack(): boolean {
    if (!this.isFast) return false;
    const collisions = this.#collisions.filter((collided) => collided).length;
    return collisions > this.#configuration.fallBack.mostCollisions || !this.reachesFastQuorum || this.#isStuck;
  }

  /** A heartbeat to everyone, with the commit point. Who has not heard Any hears it again. */
  announce(out: Output): void {
    if (this.#isOpen) for (const to of this.#closed) this.#sendAny(to, out);
    const heartbeat: Message = { kind: "Heartbeat", ballot: this.#ballot, commitPoint: this.commitPoint };
    for (const to of this.#acceptors) out.send.push({ to, message: heartbeat });
    for (const to of this.#observers) out.send.push({ to, message: heartbeat });
    this.#heartbeatTicks = 0;
  }

  /** Proposes what phase 1 left to finish, in slot order; only then may acceptors vote for what clients ask. */
  flush(queue: RequestQueue, out: Output): void {
    const { limits, quorums } = this.#configuration;
    const hasRoom = (): boolean => this.#slots.size < limits.windowSlots && this.#slots.sizeBytes < limits.windowBytes;
    while (this.#preparation !== undefined && hasRoom()) {
      const slot = this.#slots.highest + 1;
      if (slot > this.#recoverThrough) {
        this.#preparation = undefined;
        break;
      }
      const value = valueToPick(quorums, this.#preparation.quorum, this.#preparation.reportsOf(slot));
      this.#propose(slot, this.#ballot, value, out);
    }
    if (this.#preparation !== undefined) return;
    if (this.isFast) this.#open(queue, out);
    else
      while (!queue.isEmpty && hasRoom()) this.#propose(this.#slots.highest + 1, this.#ballot, queue.take().value, out);
  }

  /** Phase 2a of a fast ballot, for all slots behind those that it has finished. */
  #open(queue: RequestQueue, out: Output): void {
    if (!this.#isOpen) {
      this.#isOpen = true;
      for (const to of this.#acceptors) this.#sendAny(to, out);
    }
    while (!queue.isEmpty) this.relay(queue.take().value, out);
  }

  /** Asks all acceptors to vote for a request that did not come to all of them, or lost its slot to another. */
  relay(command: Value, out: Output): void {
    for (const to of this.#acceptors) out.send.push({ to, message: { kind: "Request", sequence: 0, command } });
  }

  vote(node: number, { ballot, slot, chosenThrough, value }: Accepted, out: Output): void {
    this.#attendance.heard(node);
    this.#knows(chosenThrough);
    const { commitPoint } = this.#slots;
    if (termOf(ballot) !== termOf(this.#ballot) || slot <= commitPoint) return;
    if (slot > commitPoint + this.#configuration.limits.learnerSlots) return;
    const open = this.#slots.at(slot);
    if (!open.vote(node, ballot, value)) return;
    if (open.chosen !== undefined) this.#advance(out);
    else if (open.tally.isCollided) this.#recover(slot, open, out);
  }

  acknowledged(from: Address, node: number, { chosenThrough, isOpen }: HeartbeatAck, out: Output): void {
    this.#attendance.heard(node);
    this.#knows(chosenThrough);
    this.#advance(out);
    if (isOpen) this.#closed.delete(from);
    else this.#closed.add(from);
  }

  tick(out: Output): void {
    this.#placed.tick();
    this.#resend(out);
    this.#heartbeatTicks += 1;
    if (this.#heartbeatTicks >= this.#configuration.timing.heartbeatTicks) this.announce(out);
    this.#attendance.tick(this.commitPoint);
  }

  #knows(chosenThrough: Slot): void {
    this.#attendance.knows(chosenThrough);
    this.#slots.areChosenThrough(chosenThrough);
  }

  #advance(out: Output): void {
    for (let next = this.#slots.takeChosen(); next !== undefined; next = this.#slots.takeChosen()) {
      const { slot, open, value } = next;
      this.#placed.add(value, slot);
      if (!this.#isOpen) continue;
      this.#collisions.push(open.hasCollided);
      if (this.#collisions.length > this.#configuration.fallBack.windowSlots) this.#collisions.shift();
      for (const lost of open.seen) if (!sameValue(lost, value)) this.#putElsewhere(lost, out);
    }
  }

  /** A request that lost its slot: unless it has another, it gets one now, and not when its client asks again. */
  #putElsewhere(lost: Value, out: Output): void {
    if (lost.length === 0 || this.#placed.slotOf(lost) !== undefined || this.#slots.hasVoteFor(lost)) return;
    this.relay(lost, out);
  }

  /**
   * No value can get a quorum of this ballot any more. If the next ballot is fast, the acceptors recover by themselves;
   * else these votes are its phase 1b, and the leader proposes in it at once (coordinated recovery, *Fast Paxos* §3).
   */
  #recover(slot: Slot, open: OpenSlot, out: Output): void {
    open.hasCollided = true;
    const { ballot, isPhase1OfNext } = open.tally;
    if (isFast(ballot + 1) || !isPhase1OfNext) return;
    const value = open.tally.nextValue((voted) => this.#placed.slotOf(voted) !== undefined);
    this.#placed.add(value, slot);
    this.#propose(slot, ballot + 1, value, out);
  }

  #propose(slot: Slot, ballot: Ballot, value: Value, out: Output): void {
    this.#slots.at(slot).propose(ballot, value);
    this.#sendAccept(this.#acceptors, slot, ballot, value, out);
  }

  /** What was not answered in time is sent again; where acceptors vote themselves, what most have voted for. */
  #resend(out: Output): void {
    for (const [slot, open] of this.#slots.all()) {
      open.ageTicks += 1;
      this.#fill(slot, open, out);
      if (open.chosen !== undefined || open.ageTicks < this.#configuration.timing.retryTicks) continue;
      open.ageTicks = 0;
      open.tries += 1;
      const { proposal, tally } = open;
      if (proposal?.ballot === tally.ballot)
        this.#sendAccept(this.#silent(open), slot, tally.ballot, proposal.value, out);
      // Who has voted tells its vote again: it may have been lost.
      else this.#sendAccept(this.#acceptors, slot, tally.ballot, tally.mostVoted ?? noOp, out);
      if (isFast(tally.ballot) && open.tries >= mostTries) this.#isStuck = true;
    }
  }

  /**
   * Acceptors that have missed a request put the next one into the slot of that one, and are a slot behind the others.
   * Where some have voted and no value is chosen soon, the rest is asked to vote for the same: else a client that tries
   * again in time could keep them apart for ever.
   */
  #fill(slot: Slot, open: OpenSlot, out: Output): void {
    const { ballot, mostVoted } = open.tally;
    if (open.isFilled || open.chosen !== undefined || mostVoted === undefined || !isFast(ballot)) return;
    if (open.ageTicks < this.#configuration.timing.catchUpTicks) return;
    open.isFilled = true;
    this.#sendAccept(this.#silent(open), slot, ballot, mostVoted, out);
  }

  #silent({ tally }: OpenSlot): readonly Address[] {
    const { nodes } = this.#configuration;
    return this.#acceptors.filter((_, index) => !tally.hasVoted(nodes[index] ?? 0));
  }

  #sendAccept(to: readonly Address[], slot: Slot, ballot: Ballot, value: Value, out: Output): void {
    const message: Message = { kind: "Accept", ballot, slot, commitPoint: this.commitPoint, value };
    for (const acceptor of to) out.send.push({ to: acceptor, message });
  }

  #sendAny(to: Address, out: Output): void {
    out.send.push({ to, message: { kind: "Any", ballot: this.#ballot, from: this.#recoverThrough + 1 } });
  }
}
