/**
 * What watchers have in common where a leader replicates a log and no node lies: a message is looked at once and as the
 * word of a role, and a leader says of its ballots the same in Multi-Paxos, Fast Paxos and Generalized Paxos.
 */
import { nodeOf, roleOf, showAddress, type Address, type Ballot } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
import { Lives, type LivesOptions } from "./lives.ts";

/** What a checker hears of a leader. */
export interface LedSlots {
  uses(ballot: Ballot, node: number, life: number): void;
  prepares(node: number, ballot: Ballot): void;
  claims(who: string, through: number): void;
}

export interface LeaderWatcherOptions extends Pick<LivesOptions, "survivingSnapshot"> {
  readonly checkers: LivesOptions["checkers"] & { readonly consensus: LedSlots };
  readonly reached: Tally;
}

/** What a leader says to all acceptors, beside its proposals. */
type Statement =
  | { readonly kind: "Prepare"; readonly ballot: Ballot }
  | { readonly kind: "Heartbeat"; readonly ballot: Ballot; readonly commitPoint: number };

/** @typeParam Vote what a log gives back of a vote */
export abstract class LeaderWatcher<Message, Entry, Delivery, Vote> implements Watcher<Message, Entry, Delivery> {
  protected readonly lives: Lives<Vote>;
  readonly #options: LeaderWatcherOptions;
  /** What was seen last: a message to several is looked at once. */
  #seen: Message | undefined;

  constructor(options: LeaderWatcherOptions) {
    this.#options = options;
    this.lives = new Lives({ ...options, count: (name) => options.reached.count(name) });
  }

  abstract recovered(address: Address, entry: Entry): void;
  abstract began(address: Address, recovered: RoleRecovered): void;
  abstract durable(address: Address, entry: Entry): void;
  abstract delivered(address: Address, delivery: Delivery): void;

  begins(address: Address, life: number): void {
    this.lives.begins(address, life);
  }

  sent(from: Address, _to: Address, message: Message): void {
    if (message === this.#seen) return;
    this.#seen = message;
    this.counts(from, message);
    switch (roleOf(from)) {
      case "client":
        return this.sentByClient(message);
      case "proposer":
        return this.sentByProposer(from, message);
      case "acceptor":
        return this.sentByAcceptor(from, message);
      case "learner":
        return this.sentByLearner(from, message);
      default:
        return;
    }
  }

  poweredOff(): void {
    this.#options.reached.count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.#options.reached.count(`storage-${reason}`);
  }

  /** Counts what the run comes to with a message. */
  protected abstract counts(from: Address, message: Message): void;
  protected abstract sentByClient(message: Message): void;
  protected abstract sentByProposer(from: Address, message: Message): void;
  protected abstract sentByAcceptor(from: Address, message: Message): void;
  protected abstract sentByLearner(from: Address, message: Message): void;

  /** A proposer speaks in a ballot. */
  protected uses(from: Address, ballot: Ballot): void {
    this.#options.checkers.consensus.uses(ballot, nodeOf(from), this.lives.lifeOf(from));
  }

  protected leads(from: Address, statement: Statement): void {
    const { consensus } = this.#options.checkers;
    this.uses(from, statement.ballot);
    if (statement.kind === "Prepare") consensus.prepares(nodeOf(from), statement.ballot);
    else consensus.claims(showAddress(from), statement.commitPoint);
  }
}
