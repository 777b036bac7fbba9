/**
 * What the messages and entries of Fast Paxos mean to the checkers.
 */
import { fast, nodeOf, roleOf, showAddress, type Address } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { RecoveredLog } from "../check/consensus.ts";
import type { ConsensusChecker } from "../check/consensus.ts";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
import { FastReached } from "./fast-reached.ts";
import type { ReplicaCheckers } from "./replica-checkers.ts";

export interface FastWatcherOptions {
  readonly checkers: ReplicaCheckers<ConsensusChecker>;
  readonly reached: Tally;
  /** The slot of the newest snapshot that the disk of a node would keep if the power failed now. */
  readonly survivingSnapshot: (node: number) => number;
}

export class FastWatcher implements Watcher<fast.Message, fast.Entry, fast.Delivery> {
  readonly #options: FastWatcherOptions;
  readonly #checkers: ReplicaCheckers<ConsensusChecker>;
  readonly #reached: FastReached;
  readonly #lives = new Map<Address, number>();
  /** By node: the slot of the newest snapshot that its disk had when its learner began this life. */
  readonly #kept = new Map<number, number>();
  readonly #recovering = new Map<Address, RecoveredLog>();
  /** What was seen last: a message to several is looked at once. */
  #seen: fast.Message | undefined;

  constructor(options: FastWatcherOptions) {
    this.#options = options;
    this.#checkers = options.checkers;
    this.#reached = new FastReached(options.reached);
  }

  begins(address: Address, life: number): void {
    if (this.#lives.has(address)) this.#reached.count("restarts");
    this.#lives.set(address, life);
    this.#recovering.set(address, { ballot: 0, votes: new Map(), trimmedThrough: 0 });
    if (roleOf(address) !== "learner") return;
    this.#checkers.delivery.begins(nodeOf(address));
    this.#kept.set(nodeOf(address), this.#options.survivingSnapshot(nodeOf(address)));
  }

  recovered(address: Address, entry: fast.Entry): void {
    const log = this.#recovering.get(address);
    if (log === undefined) return;
    if (entry.kind === "Trim") log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
    if (entry.kind === "Prepare") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind !== "Accepted") return;
    log.ballot = Math.max(log.ballot, fast.lowestOfTerm(entry.ballot));
    log.votes.set(entry.slot, Math.max(entry.ballot, log.votes.get(entry.slot) ?? 0));
  }

  began(address: Address, { tornBytes, snapshotSlot }: RoleRecovered): void {
    if (tornBytes > 0) this.#reached.count("torn-tails");
    const node = nodeOf(address);
    if (roleOf(address) === "learner") this.#checkers.snapshots.began(node, snapshotSlot, this.#kept.get(node) ?? 0);
    const log = this.#recovering.get(address);
    this.#recovering.delete(address);
    if (log !== undefined && roleOf(address) === "acceptor") this.#checkers.consensus.began(node, log);
  }

  sent(from: Address, _to: Address, message: fast.Message): void {
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

  durable(address: Address, entry: fast.Entry): void {
    const node = nodeOf(address);
    const { consensus, snapshots } = this.#checkers;
    if (roleOf(address) === "proposer" && entry.kind === "Prepare") consensus.durableBallot(node, entry.ballot);
    if (roleOf(address) !== "acceptor") return;
    this.#reached.durable(entry);
    switch (entry.kind) {
      case "Prepare":
        consensus.claims(showAddress(address), entry.from - 1);
        return consensus.durablePromise(node, entry.ballot);
      case "Accepted":
        return this.#durableVote(node, entry);
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

  delivered(address: Address, delivery: fast.Delivery): void {
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

  #durableVote(node: number, { ballot, slot, value }: fast.Accepted): void {
    const { consensus, snapshots } = this.#checkers;
    const wasChosen = consensus.chosen(slot) !== undefined;
    consensus.durableVote(node, ballot, slot, value);
    snapshots.holds(node, slot, value.length);
    if (!wasChosen && consensus.chosen(slot) !== undefined) {
      this.#reached.chosen(ballot, consensus.valuesVotedFor(slot) > 1);
    }
    this.#checkers.advance();
  }

  #sentByProposer(from: Address, message: fast.Message): void {
    const { consensus } = this.#checkers;
    const node = nodeOf(from);
    const life = this.#lives.get(from) ?? 0;
    switch (message.kind) {
      case "Prepare":
        consensus.uses(message.ballot, node, life);
        return consensus.prepares(node, message.ballot);
      case "Any":
        consensus.uses(message.ballot, node, life);
        consensus.opens(message.ballot, message.from);
        return;
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

  #sentByAcceptor(from: Address, message: fast.Message): void {
    const { consensus } = this.#checkers;
    const node = nodeOf(from);
    switch (message.kind) {
      case "Promised":
        consensus.promises(node, message);
        return consensus.claims(showAddress(from), message.chosenThrough);
      case "Accepted":
        consensus.claims(showAddress(from), message.chosenThrough);
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

  #sentByLearner(from: Address, message: fast.Message): void {
    const node = nodeOf(from);
    const { consensus, snapshots } = this.#checkers;
    switch (message.kind) {
      case "Chosen":
        return this.#says(from, message);
      case "Learned":
        for (const [index, { isHeld, value }] of message.values.entries()) {
          if (!isHeld) consensus.learns(showAddress(from), message.from + index, value);
        }
        return consensus.claims(showAddress(from), message.from + message.values.length - 1);
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

  #says(from: Address, { from: first, values, trimmedThrough }: fast.Chosen): void {
    const { consensus } = this.#checkers;
    for (const [index, { value }] of values.entries()) {
      consensus.learns(`an answer of ${showAddress(from)}`, first + index, value);
    }
    consensus.claims(showAddress(from), trimmedThrough);
  }
}
