/**
 * What the messages and entries of Multi-Paxos mean to the checkers.
 */
import { nodeOf, roleOf, showAddress, type Address, type Ballot, type multi } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import { CatchUpWatch, learnsEach } from "./catch-up-watch.ts";
import { LeaderWatcher, type LeaderWatcherOptions } from "./leader-watcher.ts";
import type { MultiCheckers } from "./multi-checkers.ts";
import { MultiReached } from "./multi-reached.ts";

export interface MultiWatcherOptions extends LeaderWatcherOptions {
  readonly checkers: MultiCheckers;
  readonly limits: multi.Bounds;
}

export class MultiWatcher extends LeaderWatcher<multi.Message, multi.Entry, multi.Delivery, Ballot> {
  readonly #options: MultiWatcherOptions;
  readonly #checkers: MultiCheckers;
  readonly #reached: MultiReached;
  readonly #catchUp: CatchUpWatch;

  constructor(options: MultiWatcherOptions) {
    super(options);
    this.#options = options;
    this.#checkers = options.checkers;
    this.#reached = new MultiReached(options);
    this.#catchUp = new CatchUpWatch({
      ...options,
      saysChosen: (who, told) => learnsEach(this.#checkers.consensus, who, told),
    });
  }

  recovered(address: Address, entry: multi.Entry): void {
    const log = this.lives.recovering(address);
    if (log === undefined) return;
    if (entry.kind === "Trim") log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
    if (entry.kind === "Prepare" || entry.kind === "Accept") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind === "Accept") log.votes.set(entry.slot, Math.max(entry.ballot, log.votes.get(entry.slot) ?? 0));
  }

  began(address: Address, recovered: RoleRecovered): void {
    const log = this.lives.began(address, recovered);
    if (log !== undefined) this.#checkers.consensus.began(nodeOf(address), log);
  }

  durable(address: Address, entry: multi.Entry): void {
    const node = nodeOf(address);
    const { consensus, snapshots } = this.#checkers;
    if (roleOf(address) === "proposer" && entry.kind === "Prepare") consensus.durableBallot(node, entry.ballot);
    if (roleOf(address) !== "acceptor") return;
    this.#reached.durable(entry);
    switch (entry.kind) {
      case "Prepare":
        consensus.claims(showAddress(address), entry.from - 1);
        return consensus.durablePromise(node, entry.ballot);
      case "Accept":
        consensus.durableVote(node, entry.ballot, entry.slot, entry.value);
        snapshots.holds(node, entry.slot, entry.value.length);
        return this.#checkers.advance();
      case "Trim":
      case "Chosen":
        return this.#catchUp.keeps(address, entry);
    }
  }

  delivered(address: Address, delivery: multi.Delivery): void {
    this.#reached.delivered(delivery);
    if (delivery.kind === "removed") this.#reached.count("nodes-left");
    if (delivery.kind !== "chosen") return;
    this.#checkers.consensus.learns(showAddress(address), delivery.slot, delivery.value);
    this.#checkers.delivery.delivers(nodeOf(address), delivery.slot);
  }

  protected counts(from: Address, message: multi.Message): void {
    this.#reached.sent(from, message);
  }

  protected sentByClient(message: multi.Message): void {
    if (message.kind === "Request") this.#checkers.asked.asks(message.command);
  }

  protected sentByProposer(from: Address, message: multi.Message): void {
    const { consensus } = this.#checkers;
    switch (message.kind) {
      case "Prepare":
      case "Heartbeat":
        return this.leads(from, message);
      case "Accept":
        this.uses(from, message.ballot);
        consensus.claims(showAddress(from), message.commitPoint);
        if (consensus.proposes(message.ballot, message.slot, message.value)) this.#reached.proposed(message);
        return;
      default:
        return;
    }
  }

  protected sentByAcceptor(from: Address, message: multi.Message): void {
    const { consensus } = this.#checkers;
    const node = nodeOf(from);
    switch (message.kind) {
      case "Promised":
        consensus.promises(node, message);
        return consensus.claims(showAddress(from), message.chosenThrough);
      case "Accepted":
        return consensus.votes(node, message.ballot, message.slot);
      case "AcceptedValue":
        consensus.claims(showAddress(from), message.commitPoint);
        consensus.tells(node, message.ballot, message.slot, message.value);
        return consensus.votes(node, message.ballot, message.slot);
      case "HeartbeatAck":
        consensus.claims(showAddress(from), message.chosenThrough);
        return consensus.confirms(node, message.ballot);
      case "Chosen":
        return this.#catchUp.says(from, message);
      default:
        return;
    }
  }

  protected sentByLearner(from: Address, message: multi.Message): void {
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
}
