/**
 * What became of transactions.
 *
 * Whoever others ask keeps an outcome until every participant has it on stable storage: one that was never told would be
 * in doubt for ever. When it can keep no more of these, nothing new may begin. All other outcomes, the latest of them,
 * are remembered for whoever asks late or sends something twice. Of older ones it is only known that they are over.
 */
import { ballotOwner } from "../ballot.ts";
import type { Decision, Forgotten, Outcome, OutcomeRow, Share, TransactionId } from "./messages.ts";

/** An outcome that some participants may not have. */
interface Owed {
  readonly committed: boolean;
  readonly participants: readonly Share[];
  /** The nodes whose participants have not said that they have it. */
  readonly waiting: Set<number>;
}

export class Outcomes {
  readonly #coordinators: number;
  readonly #most: number;
  /** Both in the order in which they came. */
  readonly #owed = new Map<TransactionId, Owed>();
  readonly #committed = new Map<TransactionId, boolean>();
  /** By coordinator: the greatest number of a transaction whose outcome is forgotten. */
  readonly #forgotten = new Map<number, TransactionId>();

  /** @param most how many are remembered */
  constructor(coordinators: number, most: number) {
    this.#coordinators = coordinators;
    this.#most = most;
  }

  get count(): number {
    return this.#owed.size + this.#committed.size;
  }

  /** Outcomes that some participants may not have. */
  get owed(): number {
    return this.#owed.size;
  }

  /** It can forget nothing, and so must not learn of anything new. */
  get isFull(): boolean {
    return this.#owed.size >= this.#most;
  }

  /** Undefined when it is not decided, as far as is known here, or forgotten. */
  get(transaction: TransactionId): boolean | undefined {
    return this.#owed.get(transaction)?.committed ?? this.#committed.get(transaction);
  }

  /** Whether an unknown transaction may be one whose outcome was forgotten: it must not begin anew. */
  isForgotten(transaction: TransactionId): boolean {
    if (this.get(transaction) !== undefined) return false;
    return transaction <= (this.#forgotten.get(ballotOwner(transaction, this.#coordinators)) ?? 0);
  }

  /**
   * The first outcome stands: false when there is another already.
   *
   * @param participants those that must have it before it is forgotten
   */
  add(transaction: TransactionId, committed: boolean, participants: readonly Share[] = []): boolean {
    const known = this.get(transaction);
    if (known !== undefined) return known === committed;
    if (participants.length === 0) this.#committed.set(transaction, committed);
    else {
      const waiting = new Set(participants.map(({ node }) => node));
      this.#owed.set(transaction, { committed, participants, waiting });
    }
    this.#makeRoom();
    return true;
  }

  /**
   * The participant of a node has an outcome on stable storage, and will never ask for it.
   *
   * @returns the outcome, when with this the last one has it
   */
  settled(node: number, transaction: TransactionId): boolean | undefined {
    const owed = this.#owed.get(transaction);
    if (owed === undefined) return undefined;
    owed.waiting.delete(node);
    if (owed.waiting.size > 0) return undefined;
    this.#settle(transaction, owed.committed);
    return owed.committed;
  }

  /** The oldest outcomes that the participant of a node may not have, so many at most. */
  owedTo(node: number, most: number): readonly OutcomeRow[] {
    const rows: OutcomeRow[] = [];
    for (const [transaction, { committed, waiting }] of this.#owed) {
      if (rows.length >= most) break;
      if (waiting.has(node)) rows.push({ transaction, committed });
    }
    return rows;
  }

  /** Nothing that is unknown here, up to this transaction, begins any more. */
  forget(transaction: TransactionId): void {
    this.#forget(ballotOwner(transaction, this.#coordinators), transaction);
  }

  restore(entry: Decision | Outcome | Forgotten): void {
    if (entry.kind === "Forgotten") this.#forget(entry.coordinator, entry.through);
    else if (entry.kind === "Outcome") this.add(entry.transaction, entry.committed, entry.participants);
    // All participants have it by now.
    else if (this.#owed.has(entry.transaction)) this.#settle(entry.transaction, entry.committed);
    else this.add(entry.transaction, entry.committed);
  }

  entries(): readonly (Decision | Outcome | Forgotten)[] {
    return [
      ...[...this.#forgotten].map(([coordinator, through]) => ({ kind: "Forgotten", coordinator, through }) as const),
      ...[...this.#committed].map(
        ([transaction, committed]) => ({ kind: "Decision", transaction, committed }) as const,
      ),
      ...[...this.#owed].map(
        ([transaction, { committed, participants }]) =>
          ({ kind: "Outcome", transaction, committed, participants }) as const,
      ),
    ];
  }

  #settle(transaction: TransactionId, committed: boolean): void {
    this.#owed.delete(transaction);
    this.#committed.set(transaction, committed);
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const oldest of this.#committed.keys()) {
      if (this.count <= this.#most) return;
      this.#committed.delete(oldest);
      this.forget(oldest);
    }
  }

  #forget(coordinator: number, through: TransactionId): void {
    this.#forgotten.set(coordinator, Math.max(through, this.#forgotten.get(coordinator) ?? 0));
  }
}
