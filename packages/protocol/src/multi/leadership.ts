/**
 * A proposer that leads: phase 2 for slot after slot, heartbeats, and reads, all in one ballot.
 *
 * Who chooses a slot is known when all slots alpha before it are chosen (*Paxos Made Simple* §3), and the window is never
 * longer than that. When members change, the new ones promise the same ballot before the first slot that they govern.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import { Attendance } from "../leader/attendance.ts";
import type { Preparation } from "../leader/preparation.ts";
import type { Origin, RequestQueue } from "../leader/queue.ts";
import { countAcceptors } from "../quorum.ts";
import { isMade } from "../reconfiguration/change.ts";
import { isMembershipValue } from "../reconfiguration/membership-value.ts";
import { isFormer, type Membership } from "../reconfiguration/membership.ts";
import type { Memberships } from "../reconfiguration/memberships.ts";
import type { Value } from "../value.ts";
import { Agenda } from "./agenda.ts";
import { Audience } from "./audience.ts";
import { Changing, refusal } from "./changing.ts";
import type { Configuration } from "./configuration.ts";
import type { Output } from "./delivery.ts";
import { Farewell } from "./farewell.ts";
import { Handover } from "./handover.ts";
import type { Grants } from "./lease.ts";
import type { Heartbeat, Message, Promised, Read, Reconfigure, Slot } from "./messages.ts";
import { sendAgain, sendToOthers } from "./proposals.ts";
import { answer, PendingReads } from "./reads.ts";
import type { Roster } from "./roster.ts";
import { Succession } from "./succession.ts";
import { Window } from "./window.ts";

export class Leadership {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #ballot: Ballot;
  readonly #window: Window;
  readonly #agenda: Agenda;
  readonly #reads: PendingReads;
  readonly #attendance: Attendance;
  readonly #roster: Roster;
  readonly #handover: Handover;
  readonly #farewell: Farewell;
  /** As the commit point leaves it. */
  #memberships: Memberships;
  /** Those that govern what is proposed from the commit point on. */
  #governing: readonly Membership[] = [];
  #audience: Audience;
  /** There are members to come; and phase 1 with them has not begun. */
  #isPending: boolean;
  #coming: boolean;
  #succession: Succession | undefined;
  #changing: Changing | undefined;
  /** The commit point that was last told to all. */
  #announced: Slot;
  #heartbeatTicks = 0;
  #isOutrun = false;

  /**
   * @param memberships as all that `preparation` knows to be chosen leaves it
   * @param grants where leaders have leases
   */
  constructor(
    configuration: Configuration,
    node: number,
    ballot: Ballot,
    preparation: Preparation,
    memberships: Memberships,
    roster: Roster,
    grants: Grants | undefined,
  ) {
    this.#configuration = configuration;
    this.#node = node;
    this.#ballot = ballot;
    this.#memberships = memberships;
    this.#roster = roster;
    const { chosenThrough } = preparation;
    const members = memberships.membersFrom(chosenThrough + 1);
    this.#window = new Window(configuration.limits, chosenThrough);
    this.#governing = memberships.periodsFrom(chosenThrough + 1).map(({ membership }) => membership);
    this.#reads = new PendingReads(this.#governing, grants);
    this.#agenda = new Agenda(preparation, configuration.limits.windowSlots);
    this.#announced = chosenThrough;
    const { timing } = configuration;
    this.#attendance = new Attendance(timing, members, preparation.answered, chosenThrough);
    const { recoverThrough } = this.#agenda;
    const isFar = recoverThrough > chosenThrough + configuration.alphaSlots;
    if (isFar || preparation.reports(isMembershipValue)) this.#reads.holdThrough(recoverThrough);
    this.#coming = memberships.latest.from > chosenThrough + 1;
    this.#isPending = this.#coming;
    this.#handover = new Handover(memberships.periods.length === 1);
    this.#farewell = new Farewell(timing);
    this.#audience = this.#newAudience();
  }

  get commitPoint(): Slot {
    return this.#window.commitPoint;
  }

  get slotsInFlight(): number {
    return this.#window.size;
  }

  get memberships(): Memberships {
    return this.#memberships;
  }

  /** It must not go on: it is no member any more, and those who are can do without it; or another leader has got further. */
  get isOver(): boolean {
    return this.#isOutrun || (this.#hasLeft && this.#handover.isOver);
  }

  /** What some acceptor knows to be chosen, too. */
  get knownThrough(): Slot {
    return this.#attendance.knownThrough;
  }

  /** Whether quorums have answered lately: a leader that reaches none is in the way of one that would. */
  get reachesQuorum(): boolean {
    return this.#governing.every((membership) => this.#attendance.reaches(membership));
  }

  /** Reads that were answered under the lease. */
  get leasedReads(): number {
    return this.#reads.leasedReads;
  }

  get isVouchedFor(): boolean {
    return this.#attendance.isVouchedFor;
  }

  /** How many of the members in force it reaches. */
  get reached(): number {
    const [inForce] = this.#governing;
    return inForce === undefined ? 0 : countAcceptors(this.#attendance.among(inForce));
  }

  /** Everything that this leader owes an answer for. */
  origins(): readonly Origin[] {
    return [
      ...[...this.#window].flatMap(([, { origins }]) => origins),
      ...this.#reads.clear().map(({ client, read }) => ({ client, sequence: read.sequence })),
      ...(this.#changing?.askers ?? []),
      ...this.#handover.askers,
    ];
  }

  /** A heartbeat to everyone, with the commit point. */
  announce(out: Output): void {
    this.#audience.hears(this.#heartbeat(), out);
    this.#announced = this.#window.commitPoint;
    this.#heartbeatTicks = 0;
  }

  /** Proposes what phase 1 left to finish, in slot order, then what waits, as far as the window has room. */
  flush(queue: RequestQueue, out: Output): void {
    this.#follow(out);
    if (this.#changing?.callsRoll(this.commitPoint, this.#configuration.limits.windowSlots) === true) {
      this.#changing.rollCalled(this.#reads.lastRound + 1);
      this.announce(out);
    }
    while (this.#window.hasRoom && this.#proposeNext(queue, out));
    this.#reads.decide(this.#isPreparing, this.commitPoint, this.#governing, this.#lastFilled);
    for (const read of this.#reads.leased()) answer(read, out);
    if (this.#reads.wantsRound) this.#audience.asks(this.#heartbeat(), out);
  }

  vote(slot: Slot, node: number): void {
    this.#attendance.heard(node);
    this.#roster.hears(node);
    this.#window.vote(slot, node);
  }

  /** Phase 1b of members that are to come, or once more of those that there are. */
  promised(from: Address, promise: Promised, out: Output): void {
    this.#handover.lasting.promised(nodeOf(from), promise.chosenThrough);
    this.#handOver(out);
    const succession = this.#succession;
    if (succession === undefined || succession.isReady) return;
    const called = this.#roster.called(succession.period.membership);
    if (!succession.promised(from, promise, called, out)) this.#isOutrun = true;
    if (!succession.isReady) return;
    const { highest } = succession.preparation;
    this.#agenda.found(highest);
    this.#reads.holdThrough(highest);
  }

  /**
   * Takes a read, to be answered after every slot that may be chosen by now: a learner may have counted the votes for
   * a slot, and told its client, before this leader has. False when it holds as many reads as it may.
   */
  read(client: Address, read: Read): boolean {
    if (this.#reads.size >= this.#configuration.limits.pendingReads) return false;
    this.#reads.add(client, read, this.#lastFilled);
    return true;
  }

  /** Takes a change of members, or answers at once. */
  reconfigure(client: Address, { sequence, add, remove }: Reconfigure, out: Output): void {
    const change = { add, remove };
    const { from, membership } = this.#memberships.latest;
    const isInForce = this.commitPoint + 1 >= from;
    if (this.#changing?.isSame(change) === true) return this.#changing.asks(client, sequence);
    if (isMade(membership, change)) {
      const { number } = membership;
      if (!isInForce) this.#begin(new Changing(change, undefined), client, sequence);
      else if (!this.#handover.isOver) this.#handover.awaitedBy({ client, sequence });
      else out.send.push({ to: client, message: { kind: "Reconfigured", sequence, number, from } });
      return;
    }
    const next = this.#mayChange ? this.#roster.changed(membership, change) : "another change is under way";
    if (typeof next === "string") out.send.push({ to: client, message: refusal(sequence, next) });
    else this.#begin(new Changing(change, next), client, sequence);
  }

  acknowledged(node: number, round: number, chosenThrough: Slot, out: Output): void {
    this.#attendance.heard(node);
    this.#attendance.knows(chosenThrough);
    this.#roster.hears(node);
    this.#roster.knows(node, chosenThrough);
    this.#changing?.hears(node, round, chosenThrough);
    if (this.#handover.asks(node, chosenThrough, this.#memberships.latest, this.#roster.awaits)) {
      // Not for what it has accepted. The ballot is durable, since it has been promised.
      const message: Message = { kind: "Prepare", ballot: this.#ballot, from: this.#window.nextSlot };
      out.send.push({ to: addressOf("acceptor", node), message });
    }
    for (const read of this.#reads.answered(node, round)) answer(read, out);
  }

  tick(out: Output): void {
    this.#attend(out);
    sendAgain(this.#window, this.#roster, this.#configuration.timing.retryTicks, this.#accept, out);
    if (this.#succession !== undefined) {
      this.#succession.tick(this.#roster.called(this.#succession.period.membership), out);
    }
    this.#heartbeatTicks += 1;
    // Accepts carry the commit point; when none follows, the learners need not wait for the next heartbeat.
    const due = this.#heartbeatTicks >= this.#configuration.timing.heartbeatTicks;
    if (due || this.#announced < this.#window.commitPoint) this.announce(out);
    this.#attendance.tick(this.#window.commitPoint);
    if (this.#changing !== undefined) this.#judgeChange(this.#changing, out);
    const former = this.#isPending ? undefined : this.#farewell.tick(this.#memberships.latest.membership);
    if (former !== undefined && former !== this.#node) {
      out.send.push({ to: addressOf("proposer", former), message: this.#heartbeat() });
    }
  }

  /** The last slot that may have been filled by now. */
  get #lastFilled(): Slot {
    return Math.max(this.#window.nextSlot - 1, this.#agenda.recoverThrough);
  }

  /** The members in force do without it: it may have been elected by those before, who had not heard of them. */
  get #hasLeft(): boolean {
    return !this.#isPending && isFormer(this.#memberships.latest.membership, this.#node);
  }

  /** Phase 1 with members that are to come has begun. */
  get #isPreparing(): boolean {
    return this.#succession !== undefined && !this.#succession.isReady;
  }

  /** No change is under way, and what is being chosen is known to be none either. */
  get #mayChange(): boolean {
    const isInForce = this.commitPoint + 1 >= this.#memberships.latest.from;
    const isKnown = this.#agenda.hasRecovered && !this.#reads.isHeld;
    return this.#changing === undefined && isInForce && isKnown;
  }

  #begin(changing: Changing, client: Address, sequence: number): void {
    changing.asks(client, sequence);
    this.#changing = changing;
    this.#govern();
  }

  /** Some members fell silent, or answer again: others are called on, and the members may have to change. */
  #attend(out: Output): void {
    const { commitPoint } = this;
    if (this.#roster.tick(this.#memberships, commitPoint)) this.#callOthers(out);
    const wanted = this.#mayChange && this.#roster.wanted(this.#memberships.latest.membership, commitPoint);
    if (wanted) this.#changing = new Changing(wanted.change, wanted.next);
    const relief = this.#roster.relief(this.#memberships, commitPoint, this.#handover.lasting);
    if (relief === undefined) return;
    const { acceptors, slot, memberships } = relief;
    for (const to of acceptors) out.send.push({ to, message: { kind: "Trim", slot, memberships: memberships.bytes } });
  }

  /** What is pending goes to those who were not called on before. */
  #callOthers(out: Output): void {
    const before = new Set(this.#audience.acceptors);
    this.#govern();
    sendToOthers(this.#window, this.#roster, before, this.#accept, out);
    if (this.#succession !== undefined) {
      this.#succession.ask(this.#roster.called(this.#succession.period.membership), out);
    }
  }

  #judgeChange(changing: Changing, out: Output): void {
    const { timing, limits } = this.#configuration;
    const refused = changing.tick(timing, this.commitPoint, limits.windowSlots);
    if (refused === undefined) return;
    changing.refuse(refused, out);
    this.#changing = undefined;
    this.#govern();
  }

  /** What was chosen of the members is followed: those to come are prepared, and come into force. */
  #follow(out: Output): void {
    for (const { slot, value } of this.#window.takeChosenMemberships()) {
      const before = this.#memberships;
      this.#memberships = before.chosen(slot, value);
      this.#coming ||= this.#memberships !== before;
    }
    const { latest } = this.#memberships;
    if (this.#coming) this.#prepare(latest, out);
    if (this.#isPending && this.#window.commitPoint + 1 >= latest.from) this.#comesIntoForce(out);
  }

  #prepare(latest: Memberships["latest"], out: Output): void {
    this.#coming = false;
    this.#isPending = true;
    this.#handover.begins();
    const called = this.#roster.called(latest.membership);
    this.#succession = new Succession(latest, called, this.#ballot, this.#configuration.timing, out);
    this.#agenda.fill(latest.from);
    this.#govern();
  }

  #comesIntoForce(out: Output): void {
    const { membership } = this.#memberships.latest;
    this.#isPending = false;
    const changing = this.#changing;
    this.#changing = undefined;
    this.#govern();
    this.announce(out);
    this.#handover.inForce(membership, changing, out);
    if (!this.#reads.isHeld) this.#reads.confirmedBy(this.#governing, this.#lastFilled);
  }

  /** Those that chose before are told of all that they chose, until those that came after them know it for good. */
  #handOver(out: Output): void {
    if (this.#handover.ends(this.#memberships.latest, this.#window.commitPoint, out)) this.#govern();
  }

  /** Who governs, and who else is to hear of it. */
  #govern(): void {
    this.#governing = this.#memberships.periodsFrom(this.commitPoint + 1).map(({ membership }) => membership);
    this.#audience = this.#newAudience();
  }

  #newAudience(): Audience {
    const next = this.commitPoint + 1;
    const joiner = this.#changing?.joiner ?? 0;
    const joiners = [...this.#roster.followers(this.#memberships.latest.membership), ...(joiner === 0 ? [] : [joiner])];
    const nodes = [...new Set([...this.#memberships.mainsFrom(this.#handover.isOver ? next : 0), ...joiners])];
    const called = this.#governing.flatMap((membership) => this.#roster.called(membership));
    return new Audience(this.#node, nodes, called);
  }

  /** Proposes in the next slot; false when there is nothing to propose, or nobody yet who may choose it. */
  #proposeNext(queue: RequestQueue, out: Output): boolean {
    const slot = this.#window.nextSlot;
    if (this.#succession !== undefined && slot >= this.#succession.period.from) {
      if (!this.#succession.isReady) return false;
      this.#agenda.succeed(this.#succession.preparation);
      this.#succession = undefined;
    }
    const next = this.#agenda.take(slot, this.commitPoint, this.#changing, queue);
    return next !== undefined && this.#propose(next.value, next.origins, out);
  }

  #propose(value: Value, origins: readonly Origin[], out: Output): true {
    const membership = this.#memberships.at(this.#window.nextSlot);
    const slot = this.#window.add(value, origins, membership);
    if (isMembershipValue(value)) {
      this.#reads.holdThrough(slot);
      this.#agenda.fill(slot + this.#configuration.alphaSlots);
    }
    const accept = this.#accept(slot, value);
    for (const to of this.#roster.called(membership)) out.send.push({ to, message: accept });
    this.#announced = this.#window.commitPoint;
    return true;
  }

  readonly #accept = (slot: Slot, value: Value): Message => ({
    kind: "Accept",
    ballot: this.#ballot,
    slot,
    commitPoint: this.#window.commitPoint,
    value,
  });

  #heartbeat(): Heartbeat {
    const round = this.#reads.nextRound();
    const { bytes: memberships } = this.#memberships;
    return { kind: "Heartbeat", ballot: this.#ballot, commitPoint: this.#window.commitPoint, round, memberships };
  }
}
