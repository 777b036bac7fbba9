/**
 * What the messages and entries of Fast Paxos mean to the checkers.
 */
import { fast, nodeOf, roleOf, showAddress, type Address, type Ballot } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { ConsensusChecker } from "../check/consensus.ts";
import { CatchUpWatch, learnsEach } from "./catch-up-watch.ts";
import { FastReached } from "./fast-reached.ts";
import { LeaderWatcher, type LeaderWatcherOptions } from "./leader-watcher.ts";
import type { ReplicaCheckers } from "./replica-checkers.ts";

export interface FastWatcherOptions extends LeaderWatcherOptions {
  readonly checkers: ReplicaCheckers<ConsensusChecker>;
}

export class FastWatcher extends LeaderWatcher<fast.Message, fast.Entry, fast.Delivery, Ballot> {
  readonly #options: FastWatcherOptions;
  readonly #checkers: ReplicaCheckers<ConsensusChecker>;
  readonly #reached: FastReached;
  readonly #catchUp: CatchUpWatch;

  constructor(options: FastWatcherOptions) {
    super(options);
    this.#options = options;
    this.#checkers = options.checkers;
    this.#reached = new FastReached(options.reached);
    this.#catchUp = new CatchUpWatch({
      ...options,
      saysChosen: (who, told) => learnsEach(this.#checkers.consensus, who, told),
    });
  }

  recovered(address: Address, entry: fast.Entry): void {
    const log = this.lives.recovering(address);
    if (log === undefined) return;
    if (entry.kind === "Trim") log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
    if (entry.kind === "Prepare") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind !== "Accepted") return;
    log.ballot = Math.max(log.ballot, fast.lowestOfTerm(entry.ballot));
    log.votes.set(entry.slot, Math.max(entry.ballot, log.votes.get(entry.slot) ?? 0));
  }

  began(address: Address, recovered: RoleRecovered): void {
    const log = this.lives.began(address, recovered);
    if (log !== undefined) this.#checkers.consensus.began(nodeOf(address), log);
  }

  durable(address: Address, entry: fast.Entry): void {
    const node = nodeOf(address);
    const { consensus } = this.#checkers;
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
      case "Chosen":
        return this.#catchUp.keeps(address, entry);
    }
  }

  delivered(address: Address, delivery: fast.Delivery): void {
    if (delivery.kind !== "chosen") return;
    this.#checkers.consensus.learns(showAddress(address), delivery.slot, delivery.value);
    this.#checkers.delivery.delivers(nodeOf(address), delivery.slot);
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

  protected counts(from: Address, message: fast.Message): void {
    this.#reached.sent(from, message);
  }

  protected sentByClient(message: fast.Message): void {
    if (message.kind === "Request") this.#checkers.asked.asks(message.command);
  }

  protected sentByProposer(from: Address, message: fast.Message): void {
    const { consensus } = this.#checkers;
    switch (message.kind) {
      case "Prepare":
      case "Heartbeat":
        return this.leads(from, message);
      case "Any":
        this.uses(from, message.ballot);
        consensus.opens(message.ballot, message.from);
        return;
      case "Accept":
        this.uses(from, message.ballot);
        consensus.claims(showAddress(from), message.commitPoint);
        if (consensus.proposes(message.ballot, message.slot, message.value)) this.#reached.proposed(message);
        return;
      default:
        return;
    }
  }

  protected sentByAcceptor(from: Address, message: fast.Message): void {
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
        return this.#catchUp.says(from, message);
      default:
        return;
    }
  }

  protected sentByLearner(from: Address, message: fast.Message): void {
    const { consensus } = this.#checkers;
    switch (message.kind) {
      case "Learned":
        for (const [index, { isHeld, value }] of message.values.entries()) {
          if (!isHeld) consensus.learns(showAddress(from), message.from + index, value);
        }
        return consensus.claims(showAddress(from), message.from + message.values.length - 1);
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
