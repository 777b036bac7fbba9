/**
 * What the messages and entries of Byzantine Paxos mean to the checkers, and what a run of it comes to. Liars are passed
 * over.
 */
import { nodeOf, roleOf, showAddress, type Address, type Ballot, type byzantine } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { HonestChecker } from "../check/honest.ts";
import type { Tally } from "../world/tally.ts";
import type { Watcher } from "../world/protocol.ts";
import { holdsEach, learnsEach } from "./catch-up-watch.ts";
import { Lives } from "./lives.ts";
import type { ReplicaCheckers } from "./replica-checkers.ts";

export interface ByzantineWatcherOptions {
  readonly checkers: ReplicaCheckers<HonestChecker>;
  readonly liars: readonly number[];
  readonly reached: Tally;
  /** The slot of the newest snapshot that the disk of a node would keep if the power failed now. */
  readonly survivingSnapshot: (node: number) => number;
}

/** Messages that each mean one thing that was come to. */
const counted: Partial<Record<byzantine.Message["kind"], string>> = {
  Overloaded: "overloads",
  Relayed: "relayed-requests",
  Doubted: "doubts",
  Promised: "promises",
  NewView: "new-views",
  Checkpoint: "checkpoints",
  SnapshotPart: "snapshot-parts",
  FetchSnapshot: "snapshot-fetches",
};

export class ByzantineWatcher implements Watcher<byzantine.Message, byzantine.Entry, byzantine.Delivery> {
  readonly #options: ByzantineWatcherOptions;
  readonly #checkers: ReplicaCheckers<HonestChecker>;
  readonly #reached: Tally;
  readonly #lives: Lives<Ballot>;
  /** What was seen last: a message to several is looked at once. */
  #seen: byzantine.Message | undefined;
  #highestView = 0;

  constructor(options: ByzantineWatcherOptions) {
    this.#options = options;
    this.#checkers = options.checkers;
    this.#reached = options.reached;
    this.#lives = new Lives({
      ...options,
      isHonest: (node) => this.#isHonest(node),
      count: (name) => options.reached.count(name),
    });
  }

  begins(address: Address, life: number): void {
    this.#lives.begins(address, life);
  }

  recovered(address: Address, entry: byzantine.Entry): void {
    const log = this.#lives.recovering(address);
    if (log === undefined) return;
    if (entry.kind === "Trim") log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
    if (entry.kind === "Entered" || entry.kind === "Certified") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind === "Certified") {
      log.votes.set(entry.slot, Math.max(entry.ballot, log.votes.get(entry.slot) ?? 0));
    }
  }

  began(address: Address, recovered: RoleRecovered): void {
    const log = this.#lives.began(address, recovered);
    if (log !== undefined) this.#checkers.consensus.began(nodeOf(address), log);
  }

  sent(from: Address, _to: Address, message: byzantine.Message): void {
    if (message === this.#seen) return;
    this.#seen = message;
    if (roleOf(from) === "client") {
      if (message.kind === "Request") this.#checkers.asked.asks(message.command);
      return;
    }
    if (!this.#isHonest(from)) return;
    this.#count(message);
    const { consensus, snapshots } = this.#checkers;
    const node = nodeOf(from);
    switch (message.kind) {
      case "Verify":
        return consensus.tells(node, message.ballot, message.slot, message.digest);
      case "Accepted":
        return consensus.votes(node, message.ballot, message.slot);
      case "Promised": {
        const votes = new Map(message.votes.map(({ slot, ballot }) => [slot, ballot]));
        return consensus.promises(node, message.ballot, message.stable, votes);
      }
      case "Chosen":
        // Others believe it: it must be what was chosen, whatever this node voted for.
        return learnsEach(consensus, `an answer of ${showAddress(from)}`, message);
      case "Trim":
        return snapshots.saysDurable(node, message.slot, () => this.#options.survivingSnapshot(node));
      case "Response":
        return this.#checkers.responds(node, message.reply);
      default:
        return;
    }
  }

  durable(address: Address, entry: byzantine.Entry): void {
    if (roleOf(address) !== "acceptor" || !this.#isHonest(address)) return;
    const node = nodeOf(address);
    const { consensus, snapshots } = this.#checkers;
    switch (entry.kind) {
      case "Entered":
        return consensus.durableBallot(node, entry.ballot);
      case "Accept":
        snapshots.holds(node, entry.slot, entry.value.length);
        return consensus.durableProposal(node, entry.ballot, entry.slot);
      case "Certified":
        return consensus.durableVote(node, entry.ballot, entry.slot);
      case "Trim":
        this.#reached.count("trims");
        snapshots.trims(node, entry.slot);
        return consensus.durableTrim(node, entry.slot);
      case "Chosen":
        this.#reached.count("repairs");
        learnsEach(consensus, `the log of ${showAddress(address)}`, entry);
        return holdsEach(snapshots, node, entry);
      case "Stable":
        this.#reached.count("stable-checkpoints");
        return;
      case "Complete":
        return;
    }
  }

  delivered(address: Address, delivery: byzantine.Delivery): void {
    if (delivery.kind !== "chosen" || !this.#isHonest(address)) return;
    this.#checkers.consensus.learns(showAddress(address), delivery.slot, delivery.value);
    this.#checkers.delivery.delivers(nodeOf(address), delivery.slot);
    this.#checkers.advance();
    if (delivery.value.length === 0) this.#reached.count("no-ops");
  }

  poweredOff(): void {
    this.#reached.count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.#reached.count(`storage-${reason}`);
  }

  #count(message: byzantine.Message): void {
    const name = counted[message.kind];
    if (name !== undefined) this.#reached.count(name);
    if (message.kind !== "NewView" || message.ballot <= this.#highestView) return;
    this.#highestView = message.ballot;
    this.#reached.count("leader-changes");
    if (message.promises.some(({ votes }) => votes.length > 0)) this.#reached.count("views-with-votes");
  }

  #isHonest(address: Address): boolean {
    return !this.#options.liars.includes(nodeOf(address));
  }
}
