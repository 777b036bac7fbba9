/**
 * What must hold of Generalized Paxos, in the words of *Generalized Consensus and Paxos* (Lamport 2005): watched from
 * outside, by the messages that leave the roles and by what the disks of the acceptors hold. Chosen in an instance is
 * the ⊔ of what each quorum has accepted in a ballot; all that is learned is a prefix of it.
 */
import {
  type generalized,
  isPhase1Quorum,
  noAcceptors,
  withAcceptor,
  type Ballot,
  type QuorumSystem,
  type Value,
} from "@synod/protocol";
import type { Tally } from "../world/tally.ts";
import type { Report } from "../world/violation.ts";
import { ConsensusChecker, type Values } from "./consensus.ts";
import {
  closesOtherwise,
  everyQuorum,
  historyOf,
  mayAdd,
  newInstance,
  orders,
  sameCommand,
  votesOf,
} from "./history-instance.ts";
import type { CommandHistory, Instance } from "./history-instance.ts";
import { HistoryRecord, type RecoveredHistories } from "./history-record.ts";

export type { Held, RecoveredHistories } from "./history-record.ts";

export interface HistoriesCheckerOptions {
  readonly quorums: QuorumSystem;
  /** Which commands really interfere. */
  readonly interference: generalized.Interference;
  readonly report: Report;
  readonly values: Values;
  readonly reached: Tally;
}

export class HistoriesChecker {
  readonly #quorums: QuorumSystem;
  readonly #interference: generalized.Interference;
  readonly #report: Report;
  readonly #values: Values;
  readonly #reached: Tally;
  /** Who uses which ballot is the same rule as in any Paxos. */
  readonly #ballots: ConsensusChecker;
  readonly #instances = new Map<number, Instance>();
  readonly #acceptors = new Map<number, HistoryRecord>();
  /** Every quorum, by its nodes. */
  readonly #everyQuorum: readonly (readonly number[])[];
  /** All that is chosen, in an order that is one of those that the histories stand for; slot 1 is the first. */
  readonly #log: Value[] = [];
  /** The first slot of the instance that is open. */
  #open = 1;
  /** The last slots of the closed instances. */
  readonly #ends = new Set<number>([0]);
  /** By learner: its instance, and what it has delivered in it. */
  readonly #learners = new Map<number, { readonly instance: Instance; history: CommandHistory }>();
  /** By learner: what it delivered last, and the number that it has here. */
  readonly #last = new Map<number, { readonly slot: number; readonly number: number }>();

  constructor({ quorums, interference, report, values, reached }: HistoriesCheckerOptions) {
    this.#quorums = quorums;
    this.#interference = interference;
    this.#report = report;
    this.#values = values;
    this.#reached = reached;
    this.#ballots = new ConsensusChecker(quorums, report);
    this.#everyQuorum = everyQuorum(quorums.acceptors, quorums.phase2);
  }

  /** All slots up to here have a chosen value, by the numbers of this checker. */
  get chosenThrough(): number {
    return this.#log.length;
  }

  get ballots(): number {
    return this.#ballots.ballots;
  }

  /** What is chosen, by the numbers of this checker; undefined when nothing is. */
  chosen(slot: number): Value | undefined {
    return this.#log[slot - 1];
  }

  /** Whether an instance ends at a slot: there all replicas are the same. */
  isEnd(slot: number): boolean {
    return this.#ends.has(slot);
  }

  /** The number that this checker has given to what a learner delivered last, at this slot. */
  numberOf(node: number, slot: number): number {
    const last = this.#last.get(node);
    return last?.slot === slot ? last.number : slot;
  }

  durableBallot(proposer: number, ballot: Ballot): void {
    this.#ballots.durableBallot(proposer, ballot);
  }

  uses(ballot: Ballot, node: number, life: number): void {
    this.#ballots.uses(ballot, node, life);
  }

  prepares(node: number, ballot: Ballot): void {
    this.#ballots.prepares(node, ballot);
  }

  /** Phase 2a leaves a proposer: the history must be safe. True when it has not been seen before. */
  begins({ ballot, slot, isClassic, history: commands }: generalized.Accept): boolean {
    const instance = this.#instance(slot);
    const history = historyOf(instance, commands);
    const before = instance.begun.get(ballot);
    if (before !== undefined) {
      if (!before.equals(history)) this.#report("safety", `ballot ${ballot} begins slot ${slot} with two histories`);
      return false;
    }
    instance.begun.set(ballot, history);
    if (isClassic) instance.ordered.set(ballot, [...history.commands]);
    for (const { command } of commands) this.#mustBeAsked(command, `ballot ${ballot} begins slot ${slot} with`);
    const unsafe = this.#whyUnsafe(instance, ballot, history);
    if (unsafe !== undefined) this.#report("safety", `ballot ${ballot} begins slot ${slot} with a history: ${unsafe}`);
    return true;
  }

  /** Phase 2a leaves a proposer for a ballot that has begun. */
  appends(message: generalized.Append): void {
    const { ballot, slot, commands } = message;
    for (const { command } of commands) this.#mustBeAsked(command, `ballot ${ballot} goes on in slot ${slot} with`);
    if (orders(this.#instance(slot), message)) return;
    this.#report("safety", `ballot ${ballot} goes on in slot ${slot} with what is not behind what it proposed`);
  }

  /** A promise leaves an acceptor: it must be on its disk, below none that left it before, and leave nothing out. */
  promises(acceptor: number, promise: generalized.Promised): void {
    const record = this.#record(acceptor);
    const wrong = record.wrongPromise(promise);
    if (wrong !== undefined) this.#report(wrong.checker, `acceptor ${acceptor} ${wrong.message}`);
    for (const { slot, ballot, history } of promise.accepted) {
      const held = this.#instances.get(slot)?.votes.get(ballot)?.get(acceptor);
      const told = historyOf(this.#instance(slot), history);
      // Of its own ballot it may have accepted something since it answered.
      const isHeld = ballot === promise.ballot ? told.isPrefixOf : told.equals;
      if (held !== undefined && isHeld.call(told, held)) continue;
      const what = `what it has not accepted in ballot ${ballot} for slot ${slot}`;
      this.#report("reports", `acceptor ${acceptor} reports to ballot ${promise.ballot} ${what}`);
    }
  }

  /** A vote leaves an acceptor. */
  votes(acceptor: number, { ballot, slot, from, commands }: generalized.Accepted): void {
    const instance = this.#instance(slot);
    const held = instance.votes.get(ballot)?.get(acceptor)?.commands ?? [];
    const told = commands.every(({ command }, index) => sameCommand(held[from + index], command));
    if (told && from + commands.length <= held.length) return;
    // Of an instance that is closed a vote need not be kept: whoever prepares a higher ballot hears that it is closed, or
    // with what history, from those who closed it.
    if (slot < this.#open && this.#record(acceptor).durableBallot >= ballot) return;
    const vote = `the vote of acceptor ${acceptor} for slot ${slot} in ballot ${ballot}`;
    this.#report("durability", `${vote} leaves with ${from + commands.length} commands, its disk has ${held.length}`);
  }

  /** A promise is on the disk of an acceptor. */
  durablePromise(acceptor: number, ballot: Ballot): void {
    this.#record(acceptor).promised(ballot);
  }

  /** The history that a ballot began with is on the disk of an acceptor. */
  durableBegin(acceptor: number, { ballot, slot, history: commands }: generalized.Accept): void {
    const instance = this.#instance(slot);
    const history = historyOf(instance, commands);
    const votes = votesOf(instance, ballot);
    // The disk is read again after a power failure.
    if (votes.get(acceptor)?.length !== undefined) return;
    this.#mustBePromised(acceptor, ballot, slot);
    if (instance.begun.get(ballot)?.equals(history) !== true) {
      this.#report(
        "validity",
        `acceptor ${acceptor} accepts in ballot ${ballot}, slot ${slot}, what it did not begin with`,
      );
    }
    votes.set(acceptor, history);
    this.#record(acceptor).accepts(slot, ballot, history.length);
    this.#choose(instance, votes);
  }

  /** What an acceptor has added to a history is on its disk: a vote only grows. */
  durableAdd(acceptor: number, vote: generalized.Accepted): void {
    const { ballot, slot, from, commands } = vote;
    const instance = this.#instance(slot);
    if (!mayAdd(instance, vote)) {
      const where = `slot ${slot} in classic ballot ${ballot}`;
      this.#report("validity", `acceptor ${acceptor} adds to ${where} what its leader has not proposed there`);
    }
    const votes = votesOf(instance, ballot);
    const before = votes.get(acceptor) ?? instance.empty;
    const held = before.commands;
    const known = commands.slice(0, Math.max(0, held.length - from));
    if (from > held.length || known.some(({ command }, index) => !sameCommand(held[from + index], command))) {
      const where = `slot ${slot} in ballot ${ballot}`;
      this.#report("stability", `acceptor ${acceptor} puts other commands in the place of its vote for ${where}`);
      return;
    }
    const added = commands.slice(known.length).map(({ command }) => command);
    if (added.length === 0) return;
    this.#mustBePromised(acceptor, ballot, slot);
    for (const command of added) this.#mustBeAsked(command, `acceptor ${acceptor} adds in ballot ${ballot}`);
    const history = before.append(...added);
    if (closesOtherwise(votes, history))
      this.#report(
        "safety",
        `ballot ${ballot} closes slot ${slot} with two histories, one of them at acceptor ${acceptor}`,
      );
    this.#seeCollision(instance, ballot, history);
    votes.set(acceptor, history);
    this.#record(acceptor).accepts(slot, ballot, history.length);
    this.#choose(instance, votes);
  }

  /** The disk of an acceptor says that slots up to here are not needed any more. */
  durableTrim(acceptor: number, through: number): void {
    this.#record(acceptor).trimmedThrough = Math.max(through, this.#record(acceptor).trimmedThrough);
  }

  /** A learner begins to deliver after a slot: at its start, or when a snapshot is installed. */
  starts(node: number, through: number): void {
    const instance = this.#instance(through + 1);
    this.#learners.set(node, { instance, history: instance.empty });
  }

  /** A learner delivers a value: its history is a prefix of what is chosen, and compatible with that of any other. */
  learns(node: number, slot: number, value: Value): void {
    const learner = this.#learners.get(node);
    if (learner === undefined) return;
    const { instance } = learner;
    // In the turn that ends the fetch of a snapshot it may still deliver what the snapshot holds.
    if (slot !== instance.slot + learner.history.length) return;
    learner.history = learner.history.append(value);
    this.#last.set(node, { slot, number: instance.slot + (instance.numbers.numberOf(value) ?? slot - instance.slot) });
    const what = `learner ${node} learns ${this.#values.show(value)} at slot ${slot}`;
    if (!instance.learned.isCompatibleWith(learner.history)) {
      this.#report("compatibility", `${what}: another learner has it the other way round`);
    } else instance.learned = instance.learned.lub(learner.history);
    if (!learner.history.isPrefixOf(instance.chosen)) {
      this.#report("learning", `${what}: after what it has learned that is not chosen`);
    }
    if (value.length === 0) this.starts(node, slot);
  }

  /** Someone says that these closed instances are chosen, from a slot on. */
  saysChosen(who: string, { from, values }: Pick<generalized.Chosen, "from" | "values">): void {
    let slot = from;
    let commands: Value[] = [];
    for (const { value } of values) {
      commands.push(value);
      if (value.length > 0) continue;
      const instance = this.#instance(slot);
      if (!instance.empty.append(...commands).equals(instance.chosen)) {
        this.#report("learning", `${who} has a history for slot ${slot} that is not what is chosen`);
      }
      slot += commands.length;
      commands = [];
    }
  }

  /** Someone says that this much is chosen in an instance. */
  saysLearned(who: string, { slot, history }: generalized.Learned): void {
    const instance = this.#instance(slot);
    if (historyOf(instance, history).isPrefixOf(instance.chosen)) return;
    this.#report("learning", `${who} tells a history for slot ${slot} that is not chosen`);
  }

  /** Someone says that all instances up to a slot are closed. */
  claims(who: string, through: number): void {
    if (this.#ends.has(through)) return;
    this.#report("learning", `${who} says that all is closed up to slot ${through}; up to ${this.#open - 1} it is`);
  }

  /** An acceptor has taken back what its log holds: nothing that its disk held, or that it told, may be missing. */
  began(acceptor: number, recovered: RecoveredHistories): void {
    const missing = this.#record(acceptor).missingFrom(recovered);
    if (missing !== undefined) this.#report("durability", `acceptor ${acceptor} comes back ${missing}`);
  }

  #seeCollision({ votes, collided }: Instance, ballot: Ballot, history: CommandHistory): void {
    if (collided.has(ballot)) return;
    for (const other of votes.get(ballot)?.values() ?? []) {
      if (other.isCompatibleWith(history)) continue;
      collided.add(ballot);
      return this.#reached.count("collisions");
    }
  }

  /** Counts a quorum's votes: what it has chosen must be compatible with all that is chosen. */
  #choose(instance: Instance, votes: ReadonlyMap<number, CommandHistory>): void {
    for (const quorum of this.#everyQuorum) {
      const held = quorum.flatMap((node) => votes.get(node) ?? []);
      if (held.length < quorum.length) continue;
      const chosen = held.reduce((bound, history) => bound.glb(history));
      if (chosen.isPrefixOf(instance.chosen)) continue;
      if (held.some((one) => !one.commands.every((command, at) => sameCommand(held[0]?.commands[at], command)))) {
        this.#reached.count("reordered-and-chosen");
      }
      if (instance.chosen.isCompatibleWith(chosen)) instance.chosen = instance.chosen.lub(chosen);
      else this.#report("agreement", `in slot ${instance.slot} two histories are chosen that contradict each other`);
    }
    this.#extendLog();
  }

  #extendLog(): void {
    for (;;) {
      const instance = this.#instance(this.#open);
      const { commands } = instance.chosen;
      for (const command of commands.slice(instance.numbers.size)) {
        instance.numbers.add(command);
        this.#log.push(command);
      }
      if (commands.at(-1)?.length !== 0) return;
      this.#open += commands.length;
      this.#ends.add(this.#open - 1);
      this.#reached.count("instances-closed");
    }
  }

  /**
   * A history is safe at a ballot when it has as prefixes all that is choosable in lower ones: what a quorum of a ballot
   * has accepted, as far as its members have promised higher and so are bound, and others may still accept.
   */
  #whyUnsafe({ slot, votes }: Instance, ballot: Ballot, history: CommandHistory): string | undefined {
    let promised = noAcceptors;
    for (const [node, { durableBallot }] of this.#acceptors) {
      if (durableBallot >= ballot) promised = withAcceptor(promised, node);
    }
    if (!isPhase1Quorum(this.#quorums, promised)) return "no phase 1 quorum has promised it";
    for (const [lower, accepted] of votes) {
      if (lower >= ballot) continue;
      for (const quorum of this.#everyQuorum) {
        const bound = quorum.filter((node) => this.#record(node).durableBallot > lower);
        const held = bound.flatMap((node) => accepted.get(node) ?? []);
        if (held.length < bound.length) continue;
        if (bound.length === 0) return `acceptors ${quorum.join(", ")} may still choose anything in ballot ${lower}`;
        const choosable = held.reduce((least, each) => least.glb(each));
        if (choosable.isPrefixOf(history)) continue;
        return `acceptors ${quorum.join(", ")} may have chosen in slot ${slot}, ballot ${lower}, what is not in it`;
      }
    }
    return undefined;
  }

  #mustBePromised(acceptor: number, ballot: Ballot, slot: number): void {
    const { durableBallot } = this.#record(acceptor);
    if (ballot >= durableBallot) return this.#record(acceptor).promised(ballot);
    const after = `after it has promised ${durableBallot}`;
    this.#report("promises", `acceptor ${acceptor} accepts ballot ${ballot} in slot ${slot} ${after}`);
  }

  #mustBeAsked(command: Value, where: string): void {
    const unasked = this.#values.unasked(command);
    if (unasked !== undefined) this.#report("validity", `${where} what no client asked for: ${unasked}`);
  }

  #instance(slot: number): Instance {
    let instance = this.#instances.get(slot);
    if (instance === undefined) {
      instance = newInstance(slot, this.#interference);
      this.#instances.set(slot, instance);
    }
    return instance;
  }

  #record(acceptor: number): HistoryRecord {
    let record = this.#acceptors.get(acceptor);
    if (record === undefined) {
      record = new HistoryRecord();
      this.#acceptors.set(acceptor, record);
    }
    return record;
  }
}
