/**
 * What the messages and entries of Generalized Paxos mean to the checkers.
 */
import { ballotOwner, nodeOf, roleOf, showAddress, type Address, type generalized } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { Held, HistoriesChecker } from "../check/histories.ts";
import { CatchUpWatch } from "./catch-up-watch.ts";
import { LeaderWatcher, type LeaderWatcherOptions } from "./leader-watcher.ts";
import type { ReplicaCheckers } from "./replica-checkers.ts";

export interface GeneralizedWatcherOptions extends LeaderWatcherOptions {
  readonly checkers: ReplicaCheckers<HistoriesChecker>;
  readonly nodes: number;
}

/** Messages that each mean one thing that was come to. */
const counted: Partial<Record<generalized.Message["kind"], string>> = {
  Redirect: "redirects",
  Overloaded: "overloads",
  NoQuorum: "no-quorum",
  Rejected: "rejections",
  Inquire: "votes-asked-for",
  SnapshotPart: "snapshot-parts",
  FetchSnapshot: "snapshot-fetches",
};

export class GeneralizedWatcher extends LeaderWatcher<
  generalized.Message,
  generalized.Entry,
  generalized.Delivery,
  Held
> {
  readonly #options: GeneralizedWatcherOptions;
  readonly #checkers: ReplicaCheckers<HistoriesChecker>;
  readonly #catchUp: CatchUpWatch;
  /** The highest ballot that a leader has begun. */
  #leading = 0;

  constructor(options: GeneralizedWatcherOptions) {
    super(options);
    this.#options = options;
    this.#checkers = options.checkers;
    this.#catchUp = new CatchUpWatch({
      ...options,
      saysChosen: (who, told) => this.#checkers.consensus.saysChosen(who, told),
    });
  }

  override begins(address: Address, life: number): void {
    super.begins(address, life);
    if (roleOf(address) === "learner") this.#checkers.consensus.starts(nodeOf(address), 0);
  }

  recovered(address: Address, entry: generalized.Entry): void {
    const log = this.lives.recovering(address);
    if (log === undefined) return;
    if (entry.kind === "Trim") log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
    if (entry.kind === "Prepare") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind !== "Accept" && entry.kind !== "Accepted") return;
    const { ballot, slot } = entry;
    log.ballot = Math.max(log.ballot, ballot);
    if (ballot < (log.votes.get(slot)?.ballot ?? 0)) return;
    const length = entry.kind === "Accept" ? entry.history.length : entry.from + entry.commands.length;
    log.votes.set(slot, { ballot, length });
  }

  began(address: Address, recovered: RoleRecovered): void {
    const log = this.lives.began(address, recovered);
    const node = nodeOf(address);
    if (roleOf(address) === "learner") this.#checkers.consensus.starts(node, recovered.snapshotSlot);
    if (log !== undefined) this.#checkers.consensus.began(node, log);
  }

  durable(address: Address, entry: generalized.Entry): void {
    const node = nodeOf(address);
    const { consensus } = this.#checkers;
    if (roleOf(address) === "proposer" && entry.kind === "Prepare") consensus.durableBallot(node, entry.ballot);
    if (roleOf(address) !== "acceptor") return;
    switch (entry.kind) {
      case "Prepare":
        return consensus.durablePromise(node, entry.ballot);
      case "Accept":
        consensus.durableBegin(node, entry);
        this.#holds(node, entry.slot, entry.history);
        return this.#checkers.advance();
      case "Accepted":
        consensus.durableAdd(node, entry);
        this.#holds(node, entry.slot + entry.from, entry.commands);
        return this.#checkers.advance();
      case "Trim":
        this.#count("trims");
        return this.#catchUp.keeps(address, entry);
      case "Chosen":
        this.#count("repairs");
        return this.#catchUp.keeps(address, entry);
    }
  }

  delivered(address: Address, delivery: generalized.Delivery): void {
    if (delivery.kind !== "chosen") return;
    this.#checkers.consensus.learns(nodeOf(address), delivery.slot, delivery.value);
    this.#checkers.delivery.delivers(nodeOf(address), delivery.slot);
  }

  protected counts(_from: Address, message: generalized.Message): void {
    const name = counted[message.kind];
    if (name !== undefined) this.#count(name);
  }

  protected sentByClient(message: generalized.Message): void {
    if (message.kind === "Request") this.#checkers.asked.asks(message.command);
  }

  protected sentByProposer(from: Address, message: generalized.Message): void {
    const { consensus } = this.#checkers;
    switch (message.kind) {
      case "Prepare":
      case "Heartbeat":
        return this.leads(from, message);
      case "Accept":
        this.uses(from, message.ballot);
        if (message.commitPoint > 0) consensus.claims(showAddress(from), message.commitPoint);
        if (consensus.begins(message)) this.#beginsBallot(nodeOf(from), message);
        return;
      case "Append":
        if (message.commands.at(-1)?.command.length === 0) this.#count("checkpoints");
        return consensus.appends(message);
      case "Learned":
        return consensus.saysLearned(showAddress(from), message);
      default:
        return;
    }
  }

  /** A ballot begins an instance, for the first time. */
  #beginsBallot(node: number, { ballot, isClassic, history }: generalized.Accept): void {
    if (history.at(-1)?.command.length === 0) this.#count("checkpoints");
    if (ballot <= this.#leading) return;
    if (isClassic) this.#count("classic-ballots");
    const same = ballotOwner(this.#leading, this.#options.nodes) === node;
    this.#count(same ? "recoveries" : "leader-changes");
    this.#leading = ballot;
  }

  protected sentByAcceptor(from: Address, message: generalized.Message): void {
    const { consensus } = this.#checkers;
    const node = nodeOf(from);
    switch (message.kind) {
      case "Promised":
        consensus.promises(node, message);
        return consensus.claims(showAddress(from), message.chosenThrough);
      case "Accepted":
        return consensus.votes(node, message);
      case "HeartbeatAck":
        return consensus.claims(showAddress(from), message.chosenThrough);
      case "Chosen":
        if (message.values.length > 0) this.#count("log-catch-ups");
        return this.#catchUp.says(from, message);
      default:
        return;
    }
  }

  protected sentByLearner(from: Address, message: generalized.Message): void {
    switch (message.kind) {
      case "Chosen":
      case "SnapshotPart":
      case "Trim":
      case "Response":
        return this.#catchUp.says(from, message);
      default:
        return;
    }
  }

  #holds(node: number, slot: number, commands: generalized.Commands): void {
    for (const [index, { command }] of commands.entries()) {
      this.#checkers.snapshots.holds(node, slot + index, command.length);
    }
  }

  #count(name: string): void {
    this.#options.reached.count(name);
  }
}
