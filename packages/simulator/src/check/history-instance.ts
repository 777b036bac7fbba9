/**
 * One instance of Generalized Paxos, as the checkers see it.
 */
import { generalized, sameValue, type Ballot, type Value } from "@synod/protocol";

export type CommandHistory = generalized.CommandHistory;

/** One instance, as all disks and learners show it. */
export interface Instance {
  /** Its first slot. */
  readonly slot: number;
  readonly empty: CommandHistory;
  /** By ballot: the history that it began with. */
  readonly begun: Map<Ballot, CommandHistory>;
  /** By classic ballot: what its leader has proposed in it, in that order. */
  readonly ordered: Map<Ballot, Value[]>;
  /** By ballot and acceptor: what is on its disk. */
  readonly votes: Map<Ballot, Map<number, CommandHistory>>;
  /** The ballots in which acceptors have added commands in orders that matter. */
  readonly collided: Set<Ballot>;
  chosen: CommandHistory;
  /** What some learner has learned. */
  learned: CommandHistory;
  /** The chosen commands, by their place in the order in which they were seen to be chosen. */
  readonly numbers: generalized.CommandSet;
}

export function newInstance(slot: number, interference: generalized.Interference): Instance {
  const empty = generalized.CommandHistory.empty(new generalized.Vocabulary(interference));
  return {
    slot,
    empty,
    begun: new Map(),
    ordered: new Map(),
    votes: new Map(),
    collided: new Set(),
    chosen: empty,
    learned: empty,
    numbers: new generalized.CommandSet(),
  };
}

export function historyOf({ empty }: Instance, commands: generalized.Commands): CommandHistory {
  return empty.append(...commands.map(({ command }) => command));
}

/**
 * What a leader proposes in a classic ballot goes behind what it has proposed; false when it contradicts that. In a fast
 * one it only ever closes the instance.
 */
export function orders(instance: Instance, { ballot, from, commands }: generalized.Append): boolean {
  const ordered = instance.ordered.get(ballot);
  if (ordered === undefined) return instance.begun.has(ballot) && commands.at(-1)?.command.length === 0;
  if (from > ordered.length) return false;
  for (const [index, { command }] of commands.entries()) {
    if (from + index === ordered.length) ordered.push(command);
    else if (!sameCommand(ordered[from + index], command)) return false;
  }
  return true;
}

/** Whether an acceptor may add these commands in a ballot: in a classic one, what its leader has proposed. */
export function mayAdd(instance: Instance, { ballot, from, commands }: generalized.Accepted): boolean {
  const ordered = instance.ordered.get(ballot);
  if (ordered === undefined) return true;
  return commands.every(({ command }, index) => sameCommand(ordered[from + index], command));
}

/** Whether a vote is closed otherwise than another in the same ballot: an acceptor takes its own for the chosen one. */
export function closesOtherwise(votes: ReadonlyMap<number, CommandHistory>, history: CommandHistory): boolean {
  return history.isClosed && [...votes.values()].some((other) => other.isClosed && !other.equals(history));
}

export function votesOf({ votes }: Instance, ballot: Ballot): Map<number, CommandHistory> {
  const known = votes.get(ballot) ?? new Map<number, CommandHistory>();
  votes.set(ballot, known);
  return known;
}

export function sameCommand(one: Value | undefined, other: Value): boolean {
  return one !== undefined && sameValue(one, other);
}

/** All quorums of `size` of the nodes 1 to `count`. */
export function everyQuorum(count: number, size: number, first = 1): readonly (readonly number[])[] {
  if (size === 0) return [[]];
  const found: number[][] = [];
  for (let node = first; node + size - 1 <= count; node++) {
    for (const rest of everyQuorum(count, size - 1, node + 1)) found.push([node, ...rest]);
  }
  return found;
}
