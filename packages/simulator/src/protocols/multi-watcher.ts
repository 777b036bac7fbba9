/**
 * What the messages and entries of Multi-Paxos mean to the checkers.
 */
import { nodeOf, roleOf, showAddress, type Address, type multi } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { RecoveredLog } from "../check/consensus.ts";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
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
  readonly #lives = new Map<Address, number>();
  /** By node: the slot of the newest snapshot that its disk had when its learner began this life. */
  readonly #kept = new Map<number, number>();
  readonly #recovering = new Map<Address, RecoveredLog>();
  /** What was seen last: a message to several is looked at once. */
  #seen: multi.Message | undefined;

  constructor(options: MultiWatcherOptions) {
    this.#options = options;
    this.#checkers = options.checkers;
    this.#reached = new MultiReached(options);
  }

  begins(address: Address, life: number): void {
    if (this.#lives.has(address)) this.#reached.count("restarts");
    this.#lives.set(address, life);
    this.#recovering.set(address, { ballot: 0, votes: new Map(), trimmedThrough: 0 });
    if (roleOf(address) !== "learner") return;
    this.#checkers.delivery.begins(nodeOf(address));
    this.#kept.set(nodeOf(address), this.#options.survivingSnapshot(nodeOf(address)));
  }

  recovered(address: Address, entry: multi.Entry): void {
    const log = this.#recovering.get(address);
    if (log === undefined) return;
    if (entry.kind === "Trim") log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
    if (entry.kind === "Prepare" || entry.kind === "Accept") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind === "Accept") log.votes.set(entry.slot, Math.max(entry.ballot, log.votes.get(entry.slot) ?? 0));
  }

  began(address: Address, { tornBytes, snapshotSlot }: RoleRecovered): void {
    if (tornBytes > 0) this.#reached.count("torn-tails");
    const node = nodeOf(address);
    if (roleOf(address) === "learner") this.#checkers.snapshots.began(node, snapshotSlot, this.#kept.get(node) ?? 0);
    const log = this.#recovering.get(address);
    this.#recovering.delete(address);
    if (log !== undefined && roleOf(address) === "acceptor") this.#checkers.consensus.began(node, log);
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
        snapshots.trims(node, entry.slot);
        return consensus.durableTrim(node, entry.slot);
      case "Chosen":
        for (const [index, { value }] of entry.values.entries()) {
          consensus.learns(`the log of ${showAddress(address)}`, entry.from + index, value);
          snapshots.holds(node, entry.from + index, value.length);
        }
        return;
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
    const life = this.#lives.get(from) ?? 0;
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
        return this.#says(from, message);
      default:
        return;
    }
  }

  #sentByLearner(from: Address, message: multi.Message): void {
    const node = nodeOf(from);
    const { consensus, snapshots } = this.#checkers;
    switch (message.kind) {
      case "Chosen":
        return this.#says(from, message);
      case "SnapshotPart":
        return consensus.claims(showAddress(from), message.slot);
      case "Trim":
        consensus.claims(showAddress(from), message.slot);
        return snapshots.saysDurable(node, message.slot, () => this.#options.survivingSnapshot(node));
      case "Response":
        return this.#checkers.responds(node, message.reply);
      default:
        return;
    }
  }

  #says(from: Address, { from: first, values, trimmedThrough }: multi.Chosen): void {
    const { consensus } = this.#checkers;
    for (const [index, { value }] of values.entries()) {
      consensus.learns(`an answer of ${showAddress(from)}`, first + index, value);
    }
    consensus.claims(showAddress(from), trimmedThrough);
  }
}
