/**
 * One instance, as whoever counts votes sees it: the votes of the highest ballot, and what is known to be chosen. An
 * instance is one history, which grows until a checkpoint closes it.
 */
import { noBallot, type Ballot } from "../ballot.ts";
import { noAcceptors, withAcceptor, type AcceptorSet, type QuorumSystem } from "../quorum.ts";
import type { Slot } from "../replication/messages.ts";
import type { Value } from "../value.ts";
import { agreedUpon, chosenIn, haveCollided } from "./chosen.ts";
import { CommandHistory } from "./command-history.ts";
import { Vocabulary, type Interference } from "./interference.ts";
import type { Accept, Accepted } from "./messages.ts";

/** What one acceptor has accepted in the ballot, as far as it has been told. */
interface Told {
  readonly history: CommandHistory;
  /** Commands that it has told of. */
  readonly length: number;
}

/** Votes kept of one acceptor that came before what they add to. */
const mostEarly = 16;

export class Instance {
  /** The first slot, which names it. */
  readonly slot: Slot;
  readonly #quorums: QuorumSystem;
  readonly #empty: CommandHistory;
  #ballot: Ballot = noBallot;
  /** What the ballot began with; undefined when nobody has told. */
  #begun: Told | undefined;
  /** By acceptor. */
  readonly #told = new Map<number, Told>();
  readonly #early = new Map<number, Accepted[]>();
  #chosen: CommandHistory;
  /** A vote has come since it was last counted. */
  #changed = false;

  constructor(slot: Slot, quorums: QuorumSystem, interference: Interference) {
    this.slot = slot;
    this.#quorums = quorums;
    this.#empty = CommandHistory.empty(new Vocabulary(interference));
    this.#chosen = this.#empty;
  }

  /** The empty history, for those that are to be compared with what is chosen. */
  get empty(): CommandHistory {
    return this.#empty;
  }

  get ballot(): Ballot {
    return this.#ballot;
  }

  /** All that is known to be chosen. It grows, and keeps the order of what it had. */
  get chosen(): CommandHistory {
    return this.#chosen;
  }

  /** Whether all of it is chosen, to its checkpoint. */
  get isClosed(): boolean {
    return this.#chosen.isClosed;
  }

  /** Its last slot, as far as it is known. */
  get lastSlot(): Slot {
    return this.slot + this.#chosen.length - 1;
  }

  /** The acceptors that have voted in the ballot. */
  get voters(): AcceptorSet {
    let voters = noAcceptors;
    for (const node of this.#told.keys()) voters = withAcceptor(voters, node);
    return voters;
  }

  /** How many commands an acceptor has told of. */
  toldBy(node: number): number {
    return this.#told.get(node)?.length ?? 0;
  }

  /** Whether an acceptor has accepted what is not known to be chosen. */
  get isUnsettled(): boolean {
    for (const { history } of this.#told.values()) if (!history.isPrefixOf(this.#chosen)) return true;
    return false;
  }

  /** Whether in this ballot not all can be chosen any more that acceptors have accepted. */
  get hasCollided(): boolean {
    const accepted = [...this.#told.values()].map(({ history }) => history);
    return haveCollided(accepted, this.#quorums.phase2, this.#quorums.acceptors);
  }

  /** All that a quorum has accepted in the ballot, if it agrees, and what others have if that leaves room for it. */
  agreed(roomBytes: number): CommandHistory | undefined {
    const accepted = [...this.#told.values()].map(({ history }) => history);
    return agreedUpon(accepted, this.#quorums.phase2, roomBytes);
  }

  /** How many acceptors have told of something that is not in a history, and so cannot go on to it. */
  opposedTo(whole: CommandHistory): number {
    return [...this.#told.values()].filter(({ history }) => !history.isPrefixOf(whole)).length;
  }

  /** What an acceptor lacks of a history, when it has told of a beginning of it. */
  lackedBy(node: number, whole: CommandHistory): readonly Value[] {
    const told = this.#told.get(node)?.history;
    return told?.isPrefixOf(whole) === true ? whole.commands.filter((command) => !told.has(command)) : [];
  }

  /** How many acceptors have so many commands, or so many bytes of them. */
  filled(commands: number, bytes: number): number {
    return [...this.#told.values()].filter(({ history }) => history.length >= commands || history.sizeBytes >= bytes)
      .length;
  }

  /** A leader begins a ballot. */
  begins({ ballot, history }: Pick<Accept, "ballot" | "history">): void {
    if (ballot < this.#ballot) return;
    this.#enter(ballot);
    if (this.#begun !== undefined) return;
    const commands = history.map(({ command }) => command);
    this.#begun = { history: this.#empty.append(...commands), length: commands.length };
    for (const [node, votes] of [...this.#early]) {
      this.#early.delete(node);
      for (const vote of votes) this.accepted(node, vote);
    }
  }

  /** An acceptor votes. */
  accepted(node: number, vote: Accepted): void {
    if (vote.ballot < this.#ballot) return;
    this.#enter(vote.ballot);
    const { from, commands } = vote;
    const before = this.#told.get(node) ?? this.#beginning(from, commands.length);
    if (before === undefined || from > before.length) return this.#keepEarly(node, vote);
    const added = commands.slice(before.length - from).map(({ command }) => command);
    if (added.length === 0 && this.#told.has(node)) return;
    this.#changed = true;
    this.#told.set(node, { history: before.history.append(...added), length: before.length + added.length });
    const early = this.#early.get(node) ?? [];
    this.#early.delete(node);
    for (const next of early) this.accepted(node, next);
  }

  /** Counts the votes. True when more is known to be chosen. */
  count(): boolean {
    if (!this.#changed) return false;
    this.#changed = false;
    const chosen = chosenIn(
      [...this.#told.values()].map(({ history }) => history),
      this.#quorums.phase2,
    );
    return chosen !== undefined && this.#learn(chosen);
  }

  /** A log or a leader says what is chosen. True when more is known; false also for what contradicts what is known. */
  isTold(commands: readonly Value[]): boolean {
    return this.#learn(this.#empty.append(...commands));
  }

  #learn(chosen: CommandHistory): boolean {
    const before = this.#chosen.length;
    if (this.#chosen.isCompatibleWith(chosen)) this.#chosen = this.#chosen.lub(chosen);
    return this.#chosen.length > before;
  }

  #enter(ballot: Ballot): void {
    if (ballot === this.#ballot) return;
    this.#ballot = ballot;
    this.#begun = undefined;
    this.#told.clear();
    this.#early.clear();
  }

  /** What an acceptor's history begins with, when its first vote says that it has so many commands. */
  #beginning(from: number, count: number): Told | undefined {
    if (from === 0 && (this.#begun === undefined || count >= this.#begun.length)) {
      return { history: this.#empty, length: 0 };
    }
    return this.#begun !== undefined && from + count >= this.#begun.length ? this.#begun : undefined;
  }

  #keepEarly(node: number, vote: Accepted): void {
    const early = this.#early.get(node) ?? [];
    if (early.length < mostEarly) early.push(vote);
    this.#early.set(node, early);
  }
}
