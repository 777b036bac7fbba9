/**
 * What the messages and entries of Paxos Commit mean to the checkers: each transaction is a Paxos of its own, in which
 * the instance of the participant of node i is slot i.
 */
import { ballotOwner, nodeOf, noBallot, roleOf, showAddress, type Address, type QuorumSystem } from "@synod/protocol";
import { commit } from "@synod/protocol";
import { ConsensusChecker, type RecoveredLog, type Values } from "../check/consensus.ts";
import { isOutcome, TransactionWatcher, type TransactionWatcherOptions } from "./transaction-watcher.ts";
import type { AnyCommitEntry, AnyCommitMessage } from "./transaction-watcher.ts";

export interface PaxosCommitWatcherOptions extends TransactionWatcherOptions {
  readonly quorums: QuorumSystem;
}

const { participantBallot } = commit.paxosCommit;
const prepared = Uint8Array.of(1);
const aborted = new Uint8Array(0);

const instanceValues: Values = {
  show: (value) => (value.length === 0 ? '"aborted"' : '"prepared"'),
  unasked: () => undefined,
};

const valueOf = (vote: commit.paxosCommit.InstanceVote): Uint8Array => (vote.prepared ? prepared : aborted);

/** What an acceptor found in its log. */
interface FoundLogs {
  readonly byTransaction: Map<number, RecoveredLog>;
  /** By the node that gave out the numbers: what it has forgotten through. */
  readonly forgotten: Map<number, number>;
}

export class PaxosCommitWatcher extends TransactionWatcher {
  readonly #options: PaxosCommitWatcherOptions;
  /** By transaction. */
  readonly #checkers = new Map<number, ConsensusChecker>();
  readonly #recovering = new Map<Address, FoundLogs>();
  /** Transactions that an acceptor's disk has an outcome of, by node. */
  readonly #over = new Map<number, Set<number>>();

  constructor(options: PaxosCommitWatcherOptions) {
    super(options);
    this.#options = options;
  }

  override begins(address: Address, life: number): void {
    super.begins(address, life);
    if (roleOf(address) === "acceptor") {
      this.#recovering.set(address, { byTransaction: new Map(), forgotten: new Map() });
    }
  }

  override recovered(address: Address, entry: AnyCommitEntry): void {
    super.recovered(address, entry);
    const logs = this.#recovering.get(address);
    if (logs === undefined) return;
    if (entry.kind === "Forgotten") logs.forgotten.set(entry.coordinator, entry.through);
    if (!("transaction" in entry)) return;
    let log = logs.byTransaction.get(entry.transaction);
    if (log === undefined) {
      log = { ballot: participantBallot, votes: new Map(), trimmedThrough: 0 };
      logs.byTransaction.set(entry.transaction, log);
    }
    if (entry.kind === "Prepare" || entry.kind === "Accept") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind === "Accept") for (const { participant } of entry.votes) log.votes.set(participant, entry.ballot);
    if (isOutcome(entry)) log.trimmedThrough = Infinity;
  }

  override began(address: Address): void {
    super.began(address);
    const logs = this.#recovering.get(address);
    if (logs === undefined) return;
    this.#recovering.delete(address);
    const none: RecoveredLog = { ballot: noBallot, votes: new Map(), trimmedThrough: 0 };
    for (const [transaction, checker] of this.#checkers) {
      const log = logs.byTransaction.get(transaction);
      const forgotten = logs.forgotten.get(ballotOwner(transaction, this.nodes)) ?? 0;
      // What is over need not be kept: with the outcome nobody asks for votes and promises, and of what is forgotten
      // nobody is given any. That it was over is on its disk.
      if (log?.trimmedThrough === Infinity) continue;
      if (log === undefined && transaction <= forgotten && this.#isOver(nodeOf(address), transaction)) continue;
      checker.began(nodeOf(address), log ?? { ...none, ballot: participantBallot });
    }
  }

  override sent(from: Address, to: Address, message: AnyCommitMessage): void {
    super.sent(from, to, message);
    const node = nodeOf(from);
    switch (message.kind) {
      case "Prepare": {
        const checker = this.#checkerOf(message.transaction);
        // The leaders' ballots begin above the participants' one.
        checker.uses(message.ballot - participantBallot, node, this.lifeOf(from));
        return checker.prepares(node, message.ballot);
      }
      case "Promised":
        return this.#promised(node, message);
      case "Accept":
        return this.#proposes(from, message);
      case "Accepted": {
        const checker = this.#checkerOf(message.transaction);
        for (const { participant } of message.votes) this.#votes(checker, node, message, participant);
        return;
      }
      case "Decision":
        if (roleOf(from) === "proposer") this.#decides(from, message);
        return;
      default:
        return;
    }
  }

  override durable(address: Address, entry: AnyCommitEntry): void {
    super.durable(address, entry);
    const node = nodeOf(address);
    if (roleOf(address) === "proposer" && entry.kind === "Prepare") {
      for (const checker of [...this.#checkers.values()]) checker.durableBallot(node, entry.ballot);
      return this.#checkerOf(entry.transaction).durableBallot(node, entry.ballot);
    }
    if (roleOf(address) !== "acceptor") return;
    if (entry.kind === "Prepare") this.#checkerOf(entry.transaction).durablePromise(node, entry.ballot);
    if (entry.kind === "Accept") {
      const checker = this.#checkerOf(entry.transaction);
      for (const vote of entry.votes) checker.durableVote(node, entry.ballot, vote.participant, valueOf(vote));
    }
    if (isOutcome(entry)) {
      const over = this.#over.get(node) ?? new Set();
      this.#over.set(node, over.add(entry.transaction));
    }
  }

  #promised(acceptor: number, { transaction, ballot, votes }: commit.paxosCommit.Promised): void {
    const accepted = votes.map((vote) => ({ slot: vote.participant, ballot: vote.ballot, value: valueOf(vote) }));
    if (accepted.length > 0) this.reached.count("votes-found");
    this.#checkerOf(transaction).promises(acceptor, { ballot, from: 1, chosenThrough: 0, accepted, next: 0 });
  }

  #proposes(from: Address, { transaction, ballot, votes }: commit.paxosCommit.Accept): void {
    const checker = this.#checkerOf(transaction);
    if (ballot === participantBallot) this.transactions.votes(nodeOf(from), transaction);
    for (const vote of votes) {
      if (!checker.proposes(ballot, vote.participant, valueOf(vote)) || ballot === participantBallot) continue;
      this.reached.count(vote.prepared ? "votes-finished" : "votes-replaced");
    }
  }

  #votes(checker: ConsensusChecker, acceptor: number, message: commit.paxosCommit.Accepted, participant: number): void {
    if (!this.#isOver(acceptor, message.transaction)) checker.votes(acceptor, message.ballot, participant);
  }

  /** Whether the disk of an acceptor has had its outcome. */
  #isOver(acceptor: number, transaction: number): boolean {
    return this.#over.get(acceptor)?.has(transaction) === true;
  }

  /**
   * §4.2: a transaction is committed when every instance has chosen "prepared", and aborted when one has chosen "aborted"
   * or never can choose anything else, as its participant has aborted.
   */
  #decides(from: Address, { transaction, committed }: commit.Decision): void {
    this.transactions.decides(showAddress(from), transaction, committed);
    const checker = this.#checkerOf(transaction);
    const participants = this.transactions.participantsOf(transaction);
    const chosen = participants.map((node) => checker.chosen(node));
    const isRight = committed
      ? chosen.every((value) => value !== undefined && value.length > 0)
      : chosen.some((value) => value?.length === 0) ||
        participants.some((node) => this.transactions.hasRefused(node, transaction)) ||
        participants.length === 0;
    if (isRight) return;
    const shown = participants.map((node, index) => {
      const value = chosen[index];
      return `participant ${node}: ${value === undefined ? "nothing" : instanceValues.show(value)}`;
    });
    const what = `${showAddress(from)} ${committed ? "commits" : "aborts"} transaction ${transaction}`;
    this.#options.report("instances", `${what}; chosen is of ${shown.join(", ")}`);
  }

  #checkerOf(transaction: number): ConsensusChecker {
    let checker = this.#checkers.get(transaction);
    if (checker !== undefined) return checker;
    const { quorums, report } = this.#options;
    checker = new ConsensusChecker(
      quorums,
      (rule, message) => report(rule, `transaction ${transaction}: ${message}`),
      instanceValues,
    );
    // Below the first ballot there is none in which an acceptor could have accepted anything: all have promised it.
    for (let acceptor = 1; acceptor <= quorums.acceptors; acceptor++) {
      checker.durablePromise(acceptor, participantBallot);
      checker.promises(acceptor, { ballot: participantBallot, from: 1, chosenThrough: 0, accepted: [], next: 0 });
    }
    this.#checkers.set(transaction, checker);
    return checker;
  }
}
