/**
 * What the messages and entries of every commit protocol mean to the checkers: those that all of them have. A protocol
 * adds what its own mean.
 */
import { ballotOwner, nodeOf, roleOf, showAddress, type Address, type commit } from "@synod/protocol";
import type { TransactionsChecker } from "../check/transactions.ts";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";
import type { Report } from "../world/violation.ts";

export type AnyCommitMessage = commit.twoPhase.Message | commit.threePhase.Message | commit.paxosCommit.Message;
export type AnyCommitEntry = commit.twoPhase.Entry | commit.threePhase.Entry | commit.paxosCommit.Entry;

export interface TransactionWatcherOptions {
  readonly transactions: TransactionsChecker;
  readonly reached: Tally;
  readonly report: Report;
  /** How many nodes there are, each with whoever begins transactions. */
  readonly nodes: number;
}

/** What a participant found in its log. */
interface Found {
  readonly prepared: Set<number>;
  readonly decided: Map<number, boolean>;
  /** By coordinator: through which transaction it does not know what became of those that it has not. */
  readonly forgotten: Map<number, number>;
}

/** Messages that each mean one thing that was come to. */
const counted: Partial<Record<AnyCommitMessage["kind"], string>> = {
  Inquire: "inquiries",
  Abort: "given-up",
  Overloaded: "overloads",
  Rejected: "rejections",
  StateRequest: "termination-requests",
  Reminder: "reminders",
  Closed: "too-old",
};

function emptyLog(): Found {
  return { prepared: new Set(), decided: new Map(), forgotten: new Map() };
}

/** Whether an entry says what became of a transaction. */
export function isOutcome(entry: AnyCommitEntry): entry is commit.Decision | commit.Outcome {
  return entry.kind === "Decision" || entry.kind === "Outcome";
}

export class TransactionWatcher implements Watcher<AnyCommitMessage, AnyCommitEntry, never> {
  protected readonly transactions: TransactionsChecker;
  protected readonly reached: Tally;
  protected readonly report: Report;
  protected readonly nodes: number;
  readonly #lives = new Map<Address, number>();
  readonly #found = new Map<Address, Found>();

  constructor({ transactions, reached, report, nodes }: TransactionWatcherOptions) {
    this.transactions = transactions;
    this.reached = reached;
    this.report = report;
    this.nodes = nodes;
  }

  begins(address: Address, life: number): void {
    if (this.#lives.has(address)) this.reached.count("restarts");
    this.#lives.set(address, life);
    if (roleOf(address) === "participant") this.#found.set(address, emptyLog());
  }

  recovered(address: Address, entry: AnyCommitEntry): void {
    const found = this.#found.get(address);
    if (entry.kind === "Prepared") found?.prepared.add(entry.transaction);
    if (isOutcome(entry)) found?.decided.set(entry.transaction, entry.committed);
    if (entry.kind === "Forgotten") found?.forgotten.set(entry.coordinator, entry.through);
  }

  began(address: Address): void {
    const found = this.#found.get(address);
    if (found === undefined) return;
    const inDoubt = [...found.prepared].filter((transaction) => !found.decided.has(transaction));
    if (inDoubt.length > 0) this.reached.count("restarts-in-doubt");
    const isForgotten = (transaction: number) =>
      transaction <= (found.forgotten.get(ballotOwner(transaction, this.nodes)) ?? 0);
    this.transactions.began(nodeOf(address), found.prepared, found.decided, isForgotten);
  }

  sent(from: Address, to: Address, message: AnyCommitMessage): void {
    const name = counted[message.kind];
    if (name !== undefined) this.reached.count(name);
    switch (message.kind) {
      case "Commit":
        return this.transactions.asks(message.transaction, message.participants);
      case "PutReply":
        if (!message.held) this.reached.count("conflicts");
        return;
      case "GetReply":
        if (message.busy) this.reached.count("busy-reads");
        return;
      case "Decision":
        if (roleOf(to) === "client") {
          this.transactions.decides(`${showAddress(from)} to a client`, message.transaction, message.committed);
        }
        return;
      default:
        return;
    }
  }

  durable(address: Address, entry: AnyCommitEntry): void {
    const node = nodeOf(address);
    if (roleOf(address) !== "participant") return;
    if (entry.kind === "Prepared") this.transactions.prepares(node, entry.transaction, entry.writes.length);
    if (isOutcome(entry)) this.transactions.settles(node, entry.transaction, entry.committed);
  }

  delivered(): void {}

  poweredOff(): void {
    this.reached.count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.reached.count(`storage-${reason}`);
  }

  protected lifeOf(address: Address): number {
    return this.#lives.get(address) ?? 0;
  }
}
