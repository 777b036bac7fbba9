/**
 * A proposer that leads, in one ballot: it begins the ballot in instance after instance with a safe history, and sees
 * whether what acceptors add to it is chosen. Where it is not, or an instance is full, it takes a higher ballot. In a
 * classic ballot it tells acceptors what to add itself, one command after the other, so that nothing collides.
 */
import { addressOf, type Address } from "../address.ts";
import type { Ballot } from "../ballot.ts";
import { Attendance } from "../leader/attendance.ts";
import { countAcceptors, hasAcceptor, isPhase2Quorum } from "../quorum.ts";
import type { Slot } from "../replication/messages.ts";
import { noOp, type Value } from "../value.ts";
import type { CommandHistory } from "./command-history.ts";
import { mostBytes, openBytes, type Configuration } from "./configuration.ts";
import type { Output } from "./delivery.ts";
import { Instance } from "./instance.ts";
import { carried } from "./instance-log.ts";
import type { Interference } from "./interference.ts";
import type { Accept, Accepted, Append, HeartbeatAck, Inquire, Message } from "./messages.ts";
import type { Preparation } from "./preparation.ts";
import type { WaitingCommands } from "./waiting-commands.ts";

export interface LeadershipOptions {
  readonly configuration: Configuration;
  readonly interference: Interference;
  readonly node: number;
  readonly ballot: Ballot;
  readonly isClassic: boolean;
  /** The instance that it begins with is to be closed, however short it is. */
  readonly closes: boolean;
  /** Commands for which it finds a place. */
  readonly waiting: WaitingCommands;
}

export class Leadership {
  readonly #configuration: Configuration;
  readonly #interference: Interference;
  readonly #ballot: Ballot;
  readonly isClassic: boolean;
  readonly #waiting: WaitingCommands;
  readonly #preparation: Preparation;
  readonly #acceptors: readonly Address[];
  readonly #learners: readonly Address[];
  /** All that a heartbeat goes to besides the acceptors and the learners: the other proposers. */
  readonly #others: readonly Address[];
  readonly #attendance: Attendance;
  #instance: Instance;
  /** What the ballot began with in the instance; undefined when the reports of phase 1 made no sense. */
  #accept: Accept | undefined;
  #begunWith: CommandHistory;
  /** The same, with what the leader has told acceptors to add to it. */
  #proposed: CommandHistory;
  #heartbeatTicks = 0;
  /** Since the Accept was sent to those who have not voted for it. */
  #acceptTicks = 0;
  /** Since more became known to be chosen, while acceptors have accepted more than that. */
  #unsettledTicks = 0;
  /** Since more became known to be chosen. */
  #quietTicks = 0;
  /** A command of this instance came again: its answer was lost, and only another instance takes it once more. */
  #isAskedAgain = false;
  /** In a fast ballot: what this instance is to be closed with, once that is settled. It is never another in the ballot. */
  #closing: CommandHistory | undefined;
  /** What it would be closed with is too long for that: only what the next ballot must keep of it will do. */
  #isOutgrown = false;
  /** By node: how many commands its acceptor had told of when it was sent what it lacks of that. */
  readonly #sentBehind = new Map<number, number>();
  #closes: boolean;

  constructor(options: LeadershipOptions, preparation: Preparation) {
    const { configuration, interference, node } = options;
    const { nodes, quorums, timing } = configuration;
    this.#configuration = configuration;
    this.#interference = interference;
    this.#ballot = options.ballot;
    this.isClassic = options.isClassic;
    this.#waiting = options.waiting;
    this.#closes = options.closes;
    this.#preparation = preparation;
    this.#acceptors = nodes.map((each) => addressOf("acceptor", each));
    this.#learners = nodes.map((each) => addressOf("learner", each));
    this.#others = nodes.filter((each) => each !== node).map((each) => addressOf("proposer", each));
    const { quorum, chosenThrough } = preparation;
    const answered = nodes.filter((each) => hasAcceptor(quorum, each));
    this.#attendance = new Attendance(timing, nodes, answered, chosenThrough);
    this.#instance = new Instance(chosenThrough + 1, quorums, interference);
    this.#begunWith = this.#instance.empty;
    this.#proposed = this.#begunWith;
  }

  /** All instances up to here are closed. */
  get commitPoint(): Slot {
    return this.#instance.slot - 1;
  }

  /** How many commands of the instance after it are known to be chosen. */
  get chosen(): number {
    return this.#instance.chosen.length;
  }

  /** Whether a phase 2 quorum has answered lately: a leader that reaches none is in the way of one that would. */
  get reachesQuorum(): boolean {
    return isPhase2Quorum(this.#configuration.quorums, this.#attendance.present);
  }

  /** How many acceptors have answered lately. */
  get reached(): number {
    return countAcceptors(this.#attendance.present);
  }

  /** Whether acceptors know what it commits, and phase 1 has told it what is safe. */
  get isVouchedFor(): boolean {
    return this.#accept !== undefined && this.#attendance.isVouchedFor;
  }

  /** Why a higher ballot is needed; undefined when none is. */
  get needsBallot(): "collision" | "full" | "stuck" | undefined {
    const { quorums, timing } = this.#configuration;
    if (this.isClassic || this.#accept === undefined || this.#begunWith.isClosed) return undefined;
    const closing = this.#closing;
    if (closing !== undefined && this.#instance.opposedTo(closing) > quorums.acceptors - quorums.phase2) return "full";
    if (this.#instance.hasCollided) return "collision";
    if (!this.hasGotOn) return undefined;
    if (closing === undefined && (this.#isWornOut || this.#isOutgrown)) return "full";
    if (this.#unsettledTicks < timing.retryTicks) return undefined;
    return closing !== undefined || this.#filled > 0 ? "full" : "stuck";
  }

  /** What the ballot began with is chosen: it may give way to another, and so each ballot gets on. */
  get hasGotOn(): boolean {
    return this.#accept !== undefined && this.#instance.chosen.length >= this.#begunWith.length;
  }

  /** Phase 2a of the instance after the commit point: a heartbeat, and the Accept. */
  begin(out: Output): void {
    this.#announce(out);
    const { slot } = this.#instance;
    const safe = this.#preparation.safeHistory(slot, this.#instance.empty);
    this.#acceptTicks = 0;
    this.#unsettledTicks = 0;
    this.#accept = undefined;
    // Reports of no acceptor make it so long.
    if (safe === undefined || safe.sizeBytes > mostBytes(this.#configuration)) return;
    this.#begunWith = this.#extended(safe);
    this.#proposed = this.#begunWith;
    const { commitPoint, isClassic } = this;
    const history = carried(this.#begunWith.commands);
    this.#accept = { kind: "Accept", ballot: this.#ballot, slot, commitPoint, isClassic, history };
    this.#instance.begins(this.#accept);
    for (const to of [...this.#acceptors, ...this.#learners]) out.send.push({ to, message: this.#accept });
  }

  accepted(node: number, message: Accepted): void {
    this.#attendance.heard(node);
    if (message.ballot === this.#ballot && message.slot === this.#instance.slot) this.#instance.accepted(node, message);
  }

  /** Counts the votes of the turn; begins the next instance when this one is closed. Then sees to what waits. */
  flush(out: Output): void {
    while (this.#instance.count()) {
      this.#unsettledTicks = 0;
      this.#quietTicks = 0;
      if (!this.#instance.isClosed) break;
      this.#isAskedAgain = false;
      this.#closing = undefined;
      this.#isOutgrown = false;
      this.#sentBehind.clear();
      this.#instance = new Instance(this.#instance.lastSlot + 1, this.#configuration.quorums, this.#interference);
      this.begin(out);
    }
    if (this.isClassic) return this.#order(out);
    while (!this.#waiting.isEmpty) {
      const command = this.#waiting.take();
      if (this.#instance.chosen.has(command)) this.#isAskedAgain = true;
      else this.#passOn(command, out);
    }
    this.#close(out);
  }

  /**
   * Closes an instance without another ballot. An acceptor that is full adds nothing more by itself, so that what a quorum
   * of them agrees on can be put an end to: the leader sends each acceptor what it lacks of it, and a checkpoint behind.
   * To acceptors these are commands as clients send them, and what is chosen is counted as ever.
   */
  #close(out: Output): void {
    if (this.#accept === undefined || this.#begunWith.isClosed || !this.hasGotOn) return;
    if (this.#closing === undefined && (this.#filled >= this.#configuration.quorums.phase2 || this.#isWornOut)) {
      const mostOpen = openBytes(this.#configuration);
      const agreed = this.#instance.agreed(mostOpen);
      this.#isOutgrown = agreed !== undefined && agreed.sizeBytes > mostOpen;
      if (!this.#isOutgrown) this.#closing = agreed?.append(noOp);
    }
    if (this.#closing === undefined) return;
    const { slot } = this.#instance;
    for (const node of this.#configuration.nodes) {
      const from = this.#instance.toldBy(node);
      const commands = carried(this.#instance.lackedBy(node, this.#closing));
      if (commands.length === 0 || this.#sentBehind.get(node) === from) continue;
      this.#sentBehind.set(node, from);
      const message: Append = { kind: "Append", ballot: this.#ballot, slot, from, commands };
      out.send.push({ to: addressOf("acceptor", node), message });
    }
  }

  /** How many acceptors have filled the instance. */
  get #filled(): number {
    const { historyCommands, historyBytes } = this.#configuration.limits;
    return this.#instance.filled(historyCommands, historyBytes);
  }

  /** Someone waits for an answer that this instance cannot give again, and nothing else will fill it soon. */
  get #isWornOut(): boolean {
    return this.#isAskedAgain && this.#quietTicks >= this.#configuration.timing.retryTicks;
  }

  /**
   * Phase 2a of a classic ballot: the leader puts commands behind what it has proposed in it. A checkpoint ends an
   * instance that is full in the same ballot.
   */
  #order(out: Output): void {
    const from = this.#proposed.length;
    if (this.#accept === undefined || this.#proposed.isClosed) return;
    const most = this.#instance.chosen.length + this.#configuration.limits.windowSlots;
    while (!this.#waiting.isEmpty && this.#proposed.length < most && !this.#isFull(this.#proposed)) {
      const command = this.#waiting.take();
      if (this.#instance.chosen.has(command)) this.#isAskedAgain = true;
      this.#proposed = this.#proposed.append(command);
    }
    if (this.#isFull(this.#proposed) || this.#isWornOut) this.#proposed = this.#proposed.append(noOp);
    if (this.#proposed.length > from)
      for (const to of this.#acceptors) out.send.push({ to, message: this.#appendFrom(from) });
  }

  #appendFrom(from: number): Append {
    const commands = carried(this.#proposed.commandsFrom(from));
    return { kind: "Append", ballot: this.#ballot, slot: this.#instance.slot, from, commands };
  }

  /** An acceptor that has accepted more than it has told lost a message on the way. */
  acknowledged(node: number, { chosenThrough, slot, accepted }: HeartbeatAck, out: Output): void {
    this.#attendance.heard(node);
    this.#attendance.knows(chosenThrough);
    const told = this.#instance.toldBy(node);
    if (slot === this.#instance.slot && accepted > told) this.#inquire(node, out);
  }

  /** A learner lacks votes: it may hear this leader, and no quorum of acceptors. */
  tell(learner: Address, { slot, from }: Inquire, out: Output): void {
    const { chosen } = this.#instance;
    if (slot !== this.#instance.slot || from >= chosen.length) return;
    out.send.push({ to: learner, message: { kind: "Learned", slot, history: carried(chosen.commands) } });
  }

  /** A request that came late to a proposer: for all acceptors, which may have it already. */
  #passOn(command: Value, out: Output): void {
    for (const to of this.#acceptors) out.send.push({ to, message: { kind: "Request", sequence: 0, command } });
  }

  tick(out: Output): void {
    const { heartbeatTicks, retryTicks } = this.#configuration.timing;
    this.#heartbeatTicks += 1;
    if (this.#heartbeatTicks >= heartbeatTicks) this.#announce(out);
    this.#acceptTicks += 1;
    if (this.#acceptTicks % retryTicks === 0) this.#sendToSilent(out);
    if (this.#instance.isUnsettled) this.#unsettledTicks += 1;
    this.#quietTicks += 1;
    this.#attendance.tick(this.commitPoint);
  }

  /**
   * A safe history with commands after it is safe, too: with all that acceptors have accepted, so that a collision ends
   * here, and a checkpoint when that fills the instance.
   */
  #extended(safe: CommandHistory): CommandHistory {
    if (safe.isClosed) return safe;
    let history = safe;
    for (const command of this.#preparation.proposedIn(this.#instance.slot)) {
      if (this.#isFull(history)) break;
      history = history.append(command);
    }
    const closes = this.#closes && history.length > 0;
    this.#closes = false;
    return closes || this.#isFull(history) ? history.append(noOp) : history;
  }

  #isFull({ length, sizeBytes }: CommandHistory): boolean {
    const { historyCommands, historyBytes } = this.#configuration.limits;
    return length >= historyCommands || sizeBytes >= historyBytes;
  }

  #announce(out: Output): void {
    const { commitPoint, chosen } = this;
    const message: Message = { kind: "Heartbeat", ballot: this.#ballot, commitPoint, chosen };
    for (const to of [...this.#acceptors, ...this.#others, ...this.#learners]) out.send.push({ to, message });
    this.#heartbeatTicks = 0;
  }

  #sendToSilent(out: Output): void {
    if (this.#accept === undefined) return;
    // What an acceptor lacks before a checkpoint goes out again, too, at the end of the turn.
    this.#sentBehind.clear();
    const { voters } = this.#instance;
    for (const [index, to] of this.#acceptors.entries()) {
      const node = this.#configuration.nodes[index] ?? 0;
      const told = this.#instance.toldBy(node);
      if (!hasAcceptor(voters, node)) out.send.push({ to, message: this.#accept });
      else if (this.isClassic && told < this.#proposed.length) out.send.push({ to, message: this.#appendFrom(told) });
    }
  }

  #inquire(node: number, out: Output): void {
    const { slot } = this.#instance;
    const from = this.#instance.toldBy(node);
    out.send.push({ to: addressOf("acceptor", node), message: { kind: "Inquire", slot, ballot: this.#ballot, from } });
  }
}
