/**
 * Phase 1 of a proposer under way: what the acceptors have promised and reported so far.
 */
import { noBallot } from "../ballot.ts";
import { hasAcceptor, noAcceptors, withAcceptor, type AcceptorSet, type QuorumSystem } from "../quorum.ts";
import type { Slot } from "../replication/messages.ts";
import type { Value } from "../value.ts";
import { provedSafe } from "./chosen.ts";
import type { CommandHistory } from "./command-history.ts";
import type { Promised } from "./messages.ts";

export class Preparation {
  readonly #quorums: QuorumSystem;
  readonly #promises: Promised[] = [];
  #ageTicks = 0;
  /** The acceptors that have promised. */
  quorum: AcceptorSet = noAcceptors;
  /** All instances up to this slot are closed, says some acceptor. */
  chosenThrough: Slot = 0;

  constructor(quorums: QuorumSystem) {
    this.#quorums = quorums;
  }

  promised(node: number, promise: Promised): void {
    if (hasAcceptor(this.quorum, node)) return;
    this.quorum = withAcceptor(this.quorum, node);
    this.chosenThrough = Math.max(this.chosenThrough, promise.chosenThrough);
    this.#promises.push(promise);
  }

  /**
   * A safe history for an instance after `chosenThrough`; undefined when the reports contradict each other.
   *
   * @param empty the empty history, with the vocabulary to use
   */
  safeHistory(slot: Slot, empty: CommandHistory): CommandHistory | undefined {
    const reported = this.#promises.map(({ accepted }) => {
      const report = accepted.find((each) => each.slot === slot);
      if (report === undefined) return { ballot: noBallot, history: empty };
      return { ballot: report.ballot, history: empty.append(...report.history.map(({ command }) => command)) };
    });
    return provedSafe(reported, this.#quorums.phase2, this.#quorums.acceptors);
  }

  /** All commands that some acceptor has accepted in an instance: they were proposed, whatever became of them. */
  proposedIn(slot: Slot): readonly Value[] {
    return this.#promises
      .flatMap(({ accepted }) => accepted.filter((each) => each.slot === slot))
      .flatMap(({ history }) => history.map(({ command }) => command))
      .filter((command) => command.length > 0);
  }

  /** True, every so often, when it is time to ask again who has not answered. */
  tick(retryTicks: number): boolean {
    this.#ageTicks += 1;
    return this.#ageTicks % retryTicks === 0;
  }
}
