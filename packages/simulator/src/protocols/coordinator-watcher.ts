/**
 * What the messages and entries of two-phase and three-phase commit mean to the checkers, where who decides does so by
 * itself: what it tells must be on its disk.
 */
import { nodeOf, roleOf, showAddress, type Address } from "@synod/protocol";
import { isOutcome, TransactionWatcher, type AnyCommitEntry, type AnyCommitMessage } from "./transaction-watcher.ts";

export class CoordinatorWatcher extends TransactionWatcher {
  readonly #decided = new Map<Address, Set<number>>();

  override sent(from: Address, to: Address, message: AnyCommitMessage): void {
    super.sent(from, to, message);
    if (message.kind === "Vote") this.transactions.votes(nodeOf(from), message.transaction);
    if (message.kind === "Decision") this.#tells(from, message.transaction);
    if (message.kind === "Reminder") for (const { transaction } of message.outcomes) this.#tells(from, transaction);
  }

  override durable(address: Address, entry: AnyCommitEntry): void {
    super.durable(address, entry);
    if (!isOutcome(entry)) return;
    const decided = this.#decided.get(address) ?? new Set();
    this.#decided.set(address, decided.add(entry.transaction));
    if (roleOf(address) === "coordinator") {
      this.transactions.decides(showAddress(address), entry.transaction, entry.committed);
    }
  }

  #tells(from: Address, transaction: number): void {
    if (this.#decided.get(from)?.has(transaction) === true) return;
    const known = `tells of the end of transaction ${transaction}, which is not on its disk`;
    this.report("durability", `${showAddress(from)} ${known}`);
  }
}
