/**
 * What the messages and entries of Multi-Paxos mean to the checkers.
 */
import { nodeOf, roleOf, showAddress, type Address, type Ballot, type multi } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
import { CatchUpWatch, learnsEach } from "./catch-up-watch.ts";
import { Lives } from "./lives.ts";
import type { MultiCheckers } from "./multi-checkers.ts";
import { MultiReached } from "./multi-reached.ts";

export interface MultiWatcherOptions {
  readonly checkers: MultiCheckers;
  readonly limits: multi.Bounds;
  readonly reached: Tally;
  /** The slot of the newest snapshot that the disk of a node would keep if the power failed now. */
  readonly survivingSnapshot: (node: number) => number;
}

export class MultiWatcher implements Watcher<multi.Message, multi.Entry, multi.Delivery> {
  readonly #options: MultiWatcherOptions;
  readonly #checkers: MultiCheckers;
  readonly #reached: MultiReached;
  readonly #lives: Lives<Ballot>;
  readonly #catchUp: CatchUpWatch;
  /** What was seen last: a message to several is looked at once. */
  #seen: multi.Message | undefined;

  constructor(options: MultiWatcherOptions) {
    this.#options = options;
    this.#checkers = options.checkers;
    this.#reached = new MultiReached(options);
    this.#lives = new Lives({ ...options, count: (name) => this.#reached.count(name) });
    this.#catchUp = new CatchUpWatch({
      ...options,
      saysChosen: (who, told) => learnsEach(this.#checkers.consensus, who, told),
    });
  }

  begins(address: Address, life: number): void {
    this.#lives.begins(address, life);
  }

  recovered(address: Address, entry: multi.Entry): void {
    const log = this.#lives.recovering(address);
    if (log === undefined) return;
    if (entry.kind === "Trim") log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
    if (entry.kind === "Prepare" || entry.kind === "Accept") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind === "Accept") log.votes.set(entry.slot, Math.max(entry.ballot, log.votes.get(entry.slot) ?? 0));
  }

  began(address: Address, recovered: RoleRecovered): void {
    const log = this.#lives.began(address, recovered);
    if (log !== undefined) this.#checkers.consensus.began(nodeOf(address), log);
  }

  sent(from: Address, _to: Address, message: multi.Message): void {
    if (message === this.#seen) return;
    this.#seen = message;
    this.#reached.sent(from, message);
    switch (roleOf(from)) {
      case "client":
        if (message.kind === "Request") this.#checkers.asked.asks(message.command);
        return;
      case "proposer":
        return this.#sentByProposer(from, message);
      case "acceptor":
        return this.#sentByAcceptor(from, message);
      case "learner":
        return this.#sentByLearner(from, message);
      default:
        return;
    }
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

  poweredOff(): void {
    this.#reached.count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.#reached.count(`storage-${reason}`);
  }

  #sentByProposer(from: Address, message: multi.Message): void {
    const { consensus } = this.#checkers;
    const node = nodeOf(from);
    const life = this.#lives.lifeOf(from);
    switch (message.kind) {
      case "Prepare":
        consensus.uses(message.ballot, node, life);
        return consensus.prepares(node, message.ballot);
      case "Accept":
        consensus.uses(message.ballot, node, life);
        consensus.claims(showAddress(from), message.commitPoint);
        if (consensus.proposes(message.ballot, message.slot, message.value)) this.#reached.proposed(message);
        return;
      case "Heartbeat":
        consensus.uses(message.ballot, node, life);
        return consensus.claims(showAddress(from), message.commitPoint);
      default:
        return;
    }
  }

  #sentByAcceptor(from: Address, message: multi.Message): void {
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

  #sentByLearner(from: Address, message: multi.Message): void {
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
