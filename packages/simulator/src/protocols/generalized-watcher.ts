/**
 * What the messages and entries of Generalized Paxos mean to the checkers.
 */
import { ballotOwner, nodeOf, roleOf, showAddress, type Address, type generalized } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { HistoriesChecker, RecoveredHistories } from "../check/histories.ts";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
import type { ReplicaCheckers } from "./replica-checkers.ts";

export interface GeneralizedWatcherOptions {
  readonly checkers: ReplicaCheckers<HistoriesChecker>;
  readonly nodes: number;
  readonly reached: Tally;
  /** The slot of the newest snapshot that the disk of a node would keep if the power failed now. */
  readonly survivingSnapshot: (node: number) => number;
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

export class GeneralizedWatcher implements Watcher<generalized.Message, generalized.Entry, generalized.Delivery> {
  readonly #options: GeneralizedWatcherOptions;
  readonly #checkers: ReplicaCheckers<HistoriesChecker>;
  readonly #lives = new Map<Address, number>();
  /** By node: the slot of the newest snapshot that its disk had when its learner began this life. */
  readonly #kept = new Map<number, number>();
  readonly #recovering = new Map<Address, RecoveredHistories>();
  /** What was seen last: a message to several is looked at once. */
  #seen: generalized.Message | undefined;
  /** The highest ballot that a leader has begun. */
  #leading = 0;

  constructor(options: GeneralizedWatcherOptions) {
    this.#options = options;
    this.#checkers = options.checkers;
  }

  begins(address: Address, life: number): void {
    if (this.#lives.has(address)) this.#count("restarts");
    this.#lives.set(address, life);
    this.#recovering.set(address, { ballot: 0, votes: new Map(), trimmedThrough: 0 });
    if (roleOf(address) !== "learner") return;
    this.#checkers.delivery.begins(nodeOf(address));
    this.#checkers.consensus.starts(nodeOf(address), 0);
    this.#kept.set(nodeOf(address), this.#options.survivingSnapshot(nodeOf(address)));
  }

  recovered(address: Address, entry: generalized.Entry): void {
    const log = this.#recovering.get(address);
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

  began(address: Address, { tornBytes, snapshotSlot }: RoleRecovered): void {
    if (tornBytes > 0) this.#count("torn-tails");
    const node = nodeOf(address);
    if (roleOf(address) === "learner") {
      this.#checkers.snapshots.began(node, snapshotSlot, this.#kept.get(node) ?? 0);
      this.#checkers.consensus.starts(node, snapshotSlot);
    }
    const log = this.#recovering.get(address);
    this.#recovering.delete(address);
    if (log !== undefined && roleOf(address) === "acceptor") this.#checkers.consensus.began(node, log);
  }

  sent(from: Address, _to: Address, message: generalized.Message): void {
    if (message === this.#seen) return;
    this.#seen = message;
    const name = counted[message.kind];
    if (name !== undefined) this.#count(name);
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

  durable(address: Address, entry: generalized.Entry): void {
    const node = nodeOf(address);
    const { consensus, snapshots } = this.#checkers;
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
        snapshots.trims(node, entry.slot);
        return consensus.durableTrim(node, entry.slot);
      case "Chosen":
        this.#count("repairs");
        consensus.saysChosen(`the log of ${showAddress(address)}`, entry);
        for (const [index, { value }] of entry.values.entries()) {
          snapshots.holds(node, entry.from + index, value.length);
        }
        return;
    }
  }

  delivered(address: Address, delivery: generalized.Delivery): void {
    if (delivery.kind !== "chosen") return;
    this.#checkers.consensus.learns(nodeOf(address), delivery.slot, delivery.value);
    this.#checkers.delivery.delivers(nodeOf(address), delivery.slot);
  }

  poweredOff(): void {
    this.#count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.#count(`storage-${reason}`);
  }

  #sentByProposer(from: Address, message: generalized.Message): void {
    const { consensus } = this.#checkers;
    const node = nodeOf(from);
    const life = this.#lives.get(from) ?? 0;
    switch (message.kind) {
      case "Prepare":
        consensus.uses(message.ballot, node, life);
        return consensus.prepares(node, message.ballot);
      case "Accept":
        consensus.uses(message.ballot, node, life);
        if (message.commitPoint > 0) consensus.claims(showAddress(from), message.commitPoint);
        if (consensus.begins(message)) this.#leads(node, message);
        return;
      case "Append":
        return consensus.appends(message);
      case "Learned":
        return consensus.saysLearned(showAddress(from), message);
      case "Heartbeat":
        consensus.uses(message.ballot, node, life);
        return consensus.claims(showAddress(from), message.commitPoint);
      default:
        return;
    }
  }

  /** A ballot begins an instance, for the first time. */
  #leads(node: number, { ballot, isClassic, history }: generalized.Accept): void {
    if (history.at(-1)?.command.length === 0) this.#count("checkpoints");
    if (ballot <= this.#leading) return;
    if (isClassic) this.#count("classic-ballots");
    const same = ballotOwner(this.#leading, this.#options.nodes) === node;
    this.#count(same ? "recoveries" : "leader-changes");
    this.#leading = ballot;
  }

  #sentByAcceptor(from: Address, message: generalized.Message): void {
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
        return this.#says(from, message);
      default:
        return;
    }
  }

  #sentByLearner(from: Address, message: generalized.Message): void {
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

  #says(from: Address, message: generalized.Chosen): void {
    this.#checkers.consensus.saysChosen(`an answer of ${showAddress(from)}`, message);
    this.#checkers.consensus.claims(showAddress(from), message.trimmedThrough);
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
