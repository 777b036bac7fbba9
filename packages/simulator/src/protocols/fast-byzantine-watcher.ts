/**
 * What the messages and entries of Fast Byzantine Paxos mean to the checkers. What liars say and keep means nothing.
 */
import { nodeOf, roleOf, showAddress, type Address, type Ballot, type fastByzantine } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { LearnedLogsChecker } from "../check/learned-logs.ts";
import type { SlotVotesChecker } from "../check/slot-votes.ts";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
import { holdsEach, learnsEach } from "./catch-up-watch.ts";
import { Lives } from "./lives.ts";
import type { ReplicaCheckers } from "./replica-checkers.ts";

export type FastByzantineCheckers = ReplicaCheckers<SlotVotesChecker>;

export interface FastByzantineWatcherOptions {
  readonly checkers: FastByzantineCheckers;
  readonly logs: LearnedLogsChecker;
  readonly quorums: fastByzantine.Quorums;
  readonly isHonest: (node: number) => boolean;
  readonly liars: number;
  readonly reached: Tally;
  /** The slot of the newest snapshot that the disk of a node would keep if the power failed now. */
  readonly survivingSnapshot: (node: number) => number;
}

/** Messages that each mean one thing that was come to. */
const counted: Partial<Record<fastByzantine.Message["kind"], string>> = {
  Overloaded: "overloads",
  Suspect: "suspicions",
  Promised: "reports",
  SnapshotPart: "snapshot-parts",
  FetchSnapshot: "snapshot-fetches",
};

export class FastByzantineWatcher implements Watcher<
  fastByzantine.Message,
  fastByzantine.Entry,
  fastByzantine.Delivery
> {
  readonly #options: FastByzantineWatcherOptions;
  readonly #checkers: FastByzantineCheckers;
  readonly #lives: Lives<Ballot>;
  readonly #recoveringSlots = new Map<Address, Set<number>>();
  #highestBallot = 1;
  /** What was seen last: a message to several is looked at once. */
  #seen: fastByzantine.Message | undefined;

  constructor(options: FastByzantineWatcherOptions) {
    this.#options = options;
    this.#checkers = options.checkers;
    this.#lives = new Lives({ ...options, count: (name) => options.reached.count(name) });
  }

  begins(address: Address, life: number): void {
    this.#lives.begins(address, life);
    this.#recoveringSlots.set(address, new Set());
  }

  recovered(address: Address, entry: fastByzantine.Entry): void {
    const log = this.#lives.recovering(address);
    if (log === undefined) return;
    switch (entry.kind) {
      case "Trim":
        log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
        return;
      case "Prepare":
        log.ballot = Math.max(log.ballot, entry.ballot);
        return;
      case "Accept":
        log.ballot = Math.max(log.ballot, entry.ballot);
        log.votes.set(entry.slot, Math.max(entry.ballot, log.votes.get(entry.slot) ?? 0));
        return;
      case "Chosen":
        for (const index of entry.values.keys()) this.#recoveringSlots.get(address)?.add(entry.from + index);
        return;
    }
  }

  began(address: Address, recovered: RoleRecovered): void {
    const log = this.#lives.began(address, recovered);
    const slots = this.#recoveringSlots.get(address);
    this.#recoveringSlots.delete(address);
    const node = nodeOf(address);
    if (!this.#options.isHonest(node)) return;
    if (roleOf(address) === "learner" && slots !== undefined) {
      this.#options.logs.began(node, slots, recovered.snapshotSlot);
    }
    if (log !== undefined) this.#checkers.consensus.began(node, log);
  }

  sent(from: Address, _to: Address, message: fastByzantine.Message): void {
    if (message === this.#seen) return;
    this.#seen = message;
    const role = roleOf(from);
    if (role === "client") {
      if (message.kind === "Request") this.#checkers.asked.asks(message.command);
      return;
    }
    if (!this.#options.isHonest(nodeOf(from))) return;
    const name = counted[message.kind];
    if (name !== undefined) this.#count(name);
    if (role === "proposer") this.#sentByProposer(message);
    if (role === "acceptor") this.#sentByAcceptor(from, message);
    if (role === "learner") this.#sentByLearner(nodeOf(from), message);
  }

  durable(address: Address, entry: fastByzantine.Entry): void {
    const node = nodeOf(address);
    const { consensus, snapshots } = this.#checkers;
    if (!this.#options.isHonest(node)) return;
    if (roleOf(address) === "acceptor") {
      if (entry.kind === "Prepare") consensus.durablePromise(node, entry.ballot);
      if (entry.kind === "Trim") {
        this.#count("vote-trims");
        consensus.durableTrim(node, entry.slot);
      }
      if (entry.kind !== "Accept") return;
      consensus.durableVote(node, entry.ballot, entry.slot, entry.value);
      return this.#checkers.advance();
    }
    if (roleOf(address) !== "learner") return;
    if (entry.kind === "Trim") {
      this.#count("trims");
      snapshots.saysDurable(node, entry.slot, () => this.#options.survivingSnapshot(node));
      snapshots.trims(node, entry.slot);
    }
    if (entry.kind !== "Chosen") return;
    learnsEach(consensus, `the log of ${showAddress(address)}`, entry);
    holdsEach(snapshots, node, entry);
    for (const index of entry.values.keys()) this.#options.logs.holds(node, entry.from + index);
  }

  delivered(address: Address, delivery: fastByzantine.Delivery): void {
    const node = nodeOf(address);
    if (delivery.kind !== "chosen" || !this.#options.isHonest(node)) return;
    this.#checkers.consensus.learns(showAddress(address), delivery.slot, delivery.value);
    this.#checkers.delivery.delivers(node, delivery.slot);
  }

  poweredOff(): void {
    this.#count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.#count(`storage-${reason}`);
  }

  #count(name: string): void {
    this.#options.reached.count(name);
  }

  #sentByProposer(message: fastByzantine.Message): void {
    switch (message.kind) {
      case "Prepare":
        if (message.ballot > this.#highestBallot) this.#count("leader-changes");
        this.#highestBallot = Math.max(this.#highestBallot, message.ballot);
        return;
      case "Certificate":
        return this.#count("certificates");
      case "Accept": {
        const { consensus } = this.#checkers;
        const { ballot, slot, value } = message;
        if (!consensus.proposes(ballot, slot, value)) return;
        if (value.length === 0) this.#count("no-ops");
        if (consensus.wasBegunBefore(ballot, slot)) this.#count("slots-finished");
        return;
      }
      default:
        return;
    }
  }

  #sentByAcceptor(from: Address, message: fastByzantine.Message): void {
    const node = nodeOf(from);
    const { consensus } = this.#checkers;
    switch (message.kind) {
      case "Accepted":
      case "AcceptedValue":
        return consensus.votes(node, message.ballot, message.slot, message.digest);
      case "Promised": {
        const { ballot, stableThrough, votes } = message;
        const { elect } = this.#options.quorums;
        if (stableThrough > 0)
          this.#options.logs.claimsOthers(showAddress(from), stableThrough, elect - this.#options.liars);
        const accepted = votes.map((vote) => ({ ...vote, value: vote.digest }));
        return consensus.promises(node, {
          ballot,
          from: stableThrough + 1,
          chosenThrough: stableThrough,
          accepted,
          next: 0,
        });
      }
      default:
        return;
    }
  }

  #sentByLearner(node: number, message: fastByzantine.Message): void {
    const { consensus, snapshots } = this.#checkers;
    switch (message.kind) {
      case "Learned":
        return this.#options.logs.says(node, message.through, () => this.#options.survivingSnapshot(node));
      case "Chosen":
        if (message.values.length > 0) this.#count("log-catch-ups");
        learnsEach(consensus, `an answer of learner ${node}`, message);
        snapshots.saysDurable(node, message.trimmedThrough, () => this.#options.survivingSnapshot(node));
        return;
      case "Response":
        return this.#checkers.responds(node, message.reply);
      default:
        return;
    }
  }
}
