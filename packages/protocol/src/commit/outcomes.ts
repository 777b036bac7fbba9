/**
 * What became of transactions: the latest ones are remembered, for whoever asks late or sends something twice. Of older
 * ones it is only known that they are over, which is enough to do nothing any more.
 */
import { ballotOwner } from "../ballot.ts";
import type { Decision, Forgotten, TransactionId } from "./messages.ts";

export class Outcomes {
  readonly #coordinators: number;
  readonly #most: number;
  /** In the order in which they were decided. */
  readonly #committed = new Map<TransactionId, boolean>();
  /** By coordinator: the greatest number of a transaction whose outcome is forgotten. */
  readonly #forgotten = new Map<number, TransactionId>();

  /** @param most how many are remembered */
  constructor(coordinators: number, most: number) {
    this.#coordinators = coordinators;
    this.#most = most;
  }

  get count(): number {
    return this.#committed.size;
  }

  /** Undefined when it is not decided, as far as is known here, or forgotten. */
  get(transaction: TransactionId): boolean | undefined {
    return this.#committed.get(transaction);
  }

  /** Whether an unknown transaction may be one whose outcome was forgotten: it must not begin anew. */
  isForgotten(transaction: TransactionId): boolean {
    return transaction <= (this.#forgotten.get(ballotOwner(transaction, this.#coordinators)) ?? 0);
  }

  /** The first outcome stands: false when there is another already. */
  add(transaction: TransactionId, committed: boolean): boolean {
    const known = this.#committed.get(transaction);
    if (known !== undefined) return known === committed;
    this.#committed.set(transaction, committed);
    for (const oldest of this.#committed.keys()) {
      if (this.#committed.size <= this.#most) break;
      this.#committed.delete(oldest);
      this.#forget(ballotOwner(oldest, this.#coordinators), oldest);
    }
    return true;
  }

  restore(entry: Decision | Forgotten): void {
    if (entry.kind === "Decision") this.add(entry.transaction, entry.committed);
    else this.#forget(entry.coordinator, entry.through);
  }

  entries(): readonly (Decision | Forgotten)[] {
    return [
      ...[...this.#forgotten].map(([coordinator, through]) => ({ kind: "Forgotten", coordinator, through }) as const),
      ...[...this.#committed].map(
        ([transaction, committed]) => ({ kind: "Decision", transaction, committed }) as const,
      ),
    ];
  }

  #forget(coordinator: number, through: TransactionId): void {
    this.#forgotten.set(coordinator, Math.max(through, this.#forgotten.get(coordinator) ?? 0));
  }
}
