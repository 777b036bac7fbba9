/**
 * Phase 1 of a proposer under way: what the acceptors have promised and reported so far.
 */
import { noBallot } from "../ballot.ts";
import { hasAcceptor, noAcceptors, withAcceptor, type AcceptorSet, type QuorumSystem } from "../quorum.ts";
import type { Slot } from "../replication/messages.ts";
import type { Value } from "../value.ts";
import { provedSafe } from "./chosen.ts";
import type { CommandHistory } from "./command-history.ts";
import type { InstanceReport, Promised } from "./messages.ts";

export class Preparation {
  readonly #quorums: QuorumSystem;
  /** By acceptor: the page that it still owes. */
  readonly #asked: Map<number, Slot>;
  /** By acceptor: all the pages of its answer that have come. */
  readonly #reports = new Map<number, InstanceReport[]>();
  #ageTicks = 0;
  /** The acceptors that have promised, and whose whole answer has come. */
  quorum: AcceptorSet = noAcceptors;
  /** All instances up to this slot are closed, says some acceptor. */
  chosenThrough: Slot = 0;

  constructor(quorums: QuorumSystem, nodes: readonly number[]) {
    this.#quorums = quorums;
    this.#asked = new Map(nodes.map((node) => [node, 0]));
  }

  /** The page that is wanted of each acceptor whose whole answer has not come. */
  get unanswered(): ReadonlyMap<number, Slot> {
    return this.#asked;
  }

  /** Takes one page of an answer; returns the slot from which to ask this acceptor for the next, or 0. */
  promised(node: number, { from, chosenThrough, accepted, next }: Promised): Slot {
    // A page that was not asked for now has been taken already.
    if (this.#asked.get(node) !== from) return 0;
    this.chosenThrough = Math.max(this.chosenThrough, chosenThrough);
    this.#reports.set(node, [...(this.#reports.get(node) ?? []), ...accepted]);
    if (next > from) {
      this.#asked.set(node, next);
      return next;
    }
    this.#asked.delete(node);
    this.quorum = withAcceptor(this.quorum, node);
    return 0;
  }

  /**
   * A safe history for an instance after `chosenThrough`; undefined when the reports contradict each other.
   *
   * @param empty the empty history, with the vocabulary to use
   */
  safeHistory(slot: Slot, empty: CommandHistory): CommandHistory | undefined {
    const reported = this.#answers.map((accepted) => {
      const report = accepted.find((each) => each.slot === slot);
      if (report === undefined) return { ballot: noBallot, history: empty };
      return { ballot: report.ballot, history: empty.append(...report.history.map(({ command }) => command)) };
    });
    return provedSafe(reported, this.#quorums.phase2, this.#quorums.acceptors);
  }

  /** All commands that some acceptor has accepted in an instance: they were proposed, whatever became of them. */
  proposedIn(slot: Slot): readonly Value[] {
    return this.#answers
      .flatMap((accepted) => accepted.filter((each) => each.slot === slot))
      .flatMap(({ history }) => history.map(({ command }) => command))
      .filter((command) => command.length > 0);
  }

  /** What each acceptor reports whose whole answer has come. */
  get #answers(): readonly (readonly InstanceReport[])[] {
    return [...this.#reports].filter(([node]) => hasAcceptor(this.quorum, node)).map(([, accepted]) => accepted);
  }

  /** True, every so often, when it is time to ask again who has not answered. */
  tick(retryTicks: number): boolean {
    this.#ageTicks += 1;
    return this.#ageTicks % retryTicks === 0;
  }
}
