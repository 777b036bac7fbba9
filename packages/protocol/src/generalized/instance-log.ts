/**
 * What an acceptor has accepted, instance by instance, and which instances are known to be closed.
 */
import { noBallot, type Ballot } from "../ballot.ts";
import type { KeptLog } from "../replication/log-keeper.ts";
import type { Chosen, Slot } from "../replication/messages.ts";
import type { Value } from "../value.ts";
import { CommandSet } from "./command-set.ts";
import type { HistoryBounds } from "./configuration.ts";
import type { Accept, Accepted, Commands, InstanceReport, Promised } from "./messages.ts";

/** What it has accepted in one instance: what the ballot began with, and then what was added. */
export interface Vote {
  readonly ballot: Ballot;
  /** Only the leader of the ballot adds to it. */
  readonly isClassic: boolean;
  readonly commands: CommandSet;
}

/** Whether a history ends in a checkpoint: nothing comes after it any more. */
export function isClosed(commands: readonly Value[]): boolean {
  return commands.at(-1)?.length === 0;
}

/** Commands as a message carries them. */
export function carried(commands: readonly Value[]): Commands {
  return commands.map((command) => ({ command }));
}

export class InstanceLog implements KeptLog {
  readonly #limits: HistoryBounds;
  /** By first slot: the votes in instances that are not known to be closed. */
  readonly #votes = new Map<Slot, Vote>();
  /** By first slot: the closed instances after the trimmed ones, without a gap. */
  readonly #closed = new Map<Slot, readonly Value[]>();
  #sizeBytes = 0;
  #trimmedThrough: Slot = 0;
  #chosenThrough: Slot = 0;
  /** What the leader of the highest ballot that said so said is closed. */
  #commit: { readonly ballot: Ballot; readonly through: Slot } = { ballot: noBallot, through: 0 };

  constructor(limits: HistoryBounds) {
    this.#limits = limits;
  }

  /** Nothing up to here is in the log any more: a snapshot of this node's learner holds it. */
  get trimmedThrough(): Slot {
    return this.#trimmedThrough;
  }

  /** All instances up to here are closed, with the history that is held here or by the snapshot. */
  get chosenThrough(): Slot {
    return this.#chosenThrough;
  }

  /** All instances up to here are closed, said the leader of the highest ballot. */
  get commitPoint(): Slot {
    return this.#commit.through;
  }

  /** Bytes of the closed instances. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Instances that are held. */
  get size(): number {
    return this.#votes.size + this.#closed.size;
  }

  vote(slot: Slot): Vote | undefined {
    return this.#votes.get(slot);
  }

  /** Begins a ballot in an instance with a history. */
  begin({ ballot, slot, isClassic, history }: Accept): void {
    if (slot <= this.#chosenThrough) return;
    const commands = new CommandSet();
    for (const { command } of history) commands.add(command);
    this.#votes.set(slot, { ballot, isClassic, commands });
    this.#advance();
  }

  /** Adds to what was accepted in a ballot. */
  add({ ballot, slot, from, commands }: Accepted): void {
    const vote = this.#votes.get(slot);
    if (vote?.ballot !== ballot || vote.commands.size !== from) return;
    for (const { command } of commands) vote.commands.add(command);
  }

  /** Phase 1b: what was accepted from `from` on in instances that are not known to be closed, as much as fits in an answer. */
  report(ballot: Ballot, from: Slot): Promised {
    const { answerBytes, answerValues } = this.#limits;
    const accepted: InstanceReport[] = [];
    let next: Slot = 0;
    let sizeBytes = 0;
    let values = 0;
    const held = [...this.#votes].filter(([slot]) => slot >= from);
    for (const [slot, vote] of held.sort(([one], [other]) => one - other)) {
      if (sizeBytes >= answerBytes || values >= answerValues) {
        next = slot;
        break;
      }
      sizeBytes += vote.commands.sizeBytes;
      values += 1 + vote.commands.size;
      accepted.push({ slot, ballot: vote.ballot, history: carried(vote.commands.commands) });
    }
    return { kind: "Promised", ballot, from, chosenThrough: this.#chosenThrough, accepted, next };
  }

  /**
   * The leader of `ballot` says that all up to `through` is closed. A closed history accepted here in that very ballot is
   * the one that it proposed, and so the chosen one.
   */
  learnCommit(ballot: Ballot, through: Slot): void {
    if (ballot < this.#commit.ballot) return;
    if (ballot > this.#commit.ballot || through > this.#commit.through) this.#commit = { ballot, through };
    this.#advance();
  }

  /** Puts closed instances in the place of what was accepted in them. */
  keepChosen({ from, values }: Chosen): void {
    let slot = from;
    for (const instance of instancesOf(values)) {
      if (slot === this.#chosenThrough + 1) this.#close(slot, instance);
      slot += instance.length;
    }
    this.#advance();
  }

  /** Takes back, at a restart, that all instances up to `through` were known to be closed with what is held now. */
  wasChosenThrough(through: Slot): void {
    this.#advance((_ballot, last) => last <= through);
  }

  /** Whole closed instances from `from` on, as many as fit in an answer. */
  chosenFrom(from: Slot): Chosen {
    const values: { readonly value: Value }[] = [];
    const { answerBytes, answerValues } = this.#limits;
    let sizeBytes = 0;
    for (let slot = from; sizeBytes < answerBytes && values.length < answerValues;) {
      const instance = this.#closed.get(slot);
      if (instance === undefined) break;
      for (const value of instance) {
        values.push({ value });
        sizeBytes += value.length;
      }
      slot += instance.length;
    }
    return { kind: "Chosen", from, values, trimmedThrough: this.#trimmedThrough };
  }

  /** Drops all instances up to `through`, the last slot of one. */
  forget(through: Slot): void {
    for (const [slot, instance] of this.#closed) {
      if (slot > through) continue;
      this.#closed.delete(slot);
      this.#sizeBytes -= sizeOf(instance);
    }
    for (const slot of this.#votes.keys()) if (slot <= through) this.#votes.delete(slot);
    this.#trimmedThrough = Math.max(this.#trimmedThrough, through);
    this.#chosenThrough = Math.max(this.#chosenThrough, through);
    this.#advance();
  }

  #close(slot: Slot, instance: readonly Value[]): void {
    this.#closed.set(slot, instance);
    this.#sizeBytes += sizeOf(instance);
    this.#chosenThrough = slot + instance.length - 1;
    for (const held of this.#votes.keys()) if (held <= this.#chosenThrough) this.#votes.delete(held);
  }

  /** Goes on as far as what is held is closed, and known to be chosen. */
  #advance(isChosen = this.#isCommitted): void {
    for (;;) {
      const slot = this.#chosenThrough + 1;
      const vote = this.#votes.get(slot);
      if (vote === undefined || !isClosed(vote.commands.commands)) return;
      if (!isChosen(vote.ballot, slot + vote.commands.size - 1)) return;
      this.#close(slot, vote.commands.commands);
    }
  }

  readonly #isCommitted = (ballot: Ballot, last: Slot): boolean =>
    ballot === this.#commit.ballot && last <= this.#commit.through;
}

/** Closed instances, end to end, each up to its checkpoint; what comes after the last checkpoint is none. */
export function instancesOf(values: Chosen["values"]): readonly (readonly Value[])[] {
  const instances: Value[][] = [];
  let instance: Value[] = [];
  for (const { value } of values) {
    instance.push(value);
    if (value.length > 0) continue;
    instances.push(instance);
    instance = [];
  }
  return instances;
}

function sizeOf(instance: readonly Value[]): number {
  return instance.reduce((sum, value) => sum + value.length, 0);
}
