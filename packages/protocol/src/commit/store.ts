/**
 * What a participant has: committed data, the locks and writes of open transactions, what it has voted for, and what
 * became of transactions. The three commit protocols differ in how a participant hears of the decision, not in this.
 *
 * It never waits for a lock: of two transactions that want one, the later aborts.
 */
import type { Address } from "../address.ts";
import type { Envelope, RoleStatus } from "../output.ts";
import { ownerOf, type CommitConfiguration } from "./configuration.ts";
import { nameOf, sizeOf, type InDoubt, type Open } from "./holdings.ts";
import type {
  Closed,
  Decision,
  Get,
  GetReply,
  OutcomeRow,
  Prepared,
  Put,
  PutReply,
  Reminder,
  Settled,
  Share,
  StoreEntry,
  TransactionId,
  Write,
} from "./messages.ts";
import { Outcomes } from "./outcomes.ts";
import { Reminders } from "./reminders.ts";

interface Output {
  readonly persist: { push(entry: StoreEntry): unknown };
  readonly sendAfterPersist: {
    push(envelope: Envelope<PutReply | GetReply | Decision | Reminder | Settled | Closed>): unknown;
  };
}

const nothing = new Uint8Array(0);

export class Store {
  readonly #configuration: CommitConfiguration;
  readonly #node: number;
  readonly #data = new Map<string, Write>();
  readonly #locks = new Map<string, TransactionId>();
  readonly #open = new Map<TransactionId, Open>();
  readonly #inDoubt = new Map<TransactionId, InDoubt>();
  readonly #outcomes: Outcomes;
  readonly #reminders: Reminders;
  /** Of keys and values, whether committed, voted for or only written. */
  #bytes = 0;

  constructor(configuration: CommitConfiguration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#outcomes = new Outcomes(configuration.nodes, configuration.limits.outcomes);
    this.#reminders = new Reminders(configuration, this.#outcomes);
  }

  /** Those that it has voted for and has no outcome of, the oldest first. */
  get inDoubt(): Iterable<InDoubt> {
    return this.#inDoubt.values();
  }

  doubtOf(transaction: TransactionId): InDoubt | undefined {
    return this.#inDoubt.get(transaction);
  }

  outcome(transaction: TransactionId): boolean | undefined {
    return this.#outcomes.get(transaction);
  }

  put(from: Address, message: Put, out: Output): void {
    const { transaction, sequence } = message;
    if (ownerOf(message.key, this.#configuration.nodes) !== this.#node) return;
    const held = this.#hold(message, out);
    const reply: PutReply | Closed =
      held === undefined ? { kind: "Closed", transaction } : { kind: "PutReply", transaction, sequence, held };
    out.sendAfterPersist.push({ to: from, message: reply });
  }

  /** A read waits for no sync of its own, but what it tells must be as durable as if it did. */
  get(from: Address, { sequence, key }: Get, out: Output): void {
    if (ownerOf(key, this.#configuration.nodes) !== this.#node) return;
    const name = nameOf(key);
    const writer = this.#locks.get(name);
    const busy = writer !== undefined && this.#inDoubt.has(writer);
    const stored = busy ? undefined : this.#data.get(name);
    const reply = { sequence, busy, found: stored !== undefined, value: stored?.value ?? nothing };
    out.sendAfterPersist.push({ to: from, message: { kind: "GetReply", ...reply } });
  }

  /**
   * Votes: from now on only the decision frees the locks. It votes against what it does not hold as a whole.
   *
   * @returns true when it votes for it, again or for the first time, which may be told when it is durable; false when
   *   it is told what became of it; undefined when it cannot know any more
   */
  vote(from: Address, transaction: TransactionId, participants: readonly Share[], out: Output): boolean | undefined {
    const doubt = this.#inDoubt.get(transaction);
    if (doubt !== undefined) {
      // Whoever asks again is there.
      doubt.silentTicks = 0;
      return true;
    }
    if (this.#outcomes.get(transaction) === undefined) {
      const open = this.#open.get(transaction);
      const expected = participants.find(({ node }) => node === this.#node)?.writes ?? 0;
      if (open !== undefined && open.writes.size === expected) {
        this.#prepare(transaction, participants, open, out);
        return true;
      }
      if (open === undefined && this.#outcomes.isForgotten(transaction)) return undefined;
      this.decide(transaction, false, out);
    }
    this.tell(from, transaction, out);
    return false;
  }

  /** Says what became of a transaction, if it knows. */
  tell(to: Address, transaction: TransactionId, out: Output): void {
    const committed = this.#outcomes.get(transaction);
    if (committed === undefined) return;
    out.sendAfterPersist.push({ to, message: { kind: "Decision", transaction, committed } });
  }

  /** Aborts a transaction that it has not voted for; one that it has voted for is not its own to abort. */
  abort(transaction: TransactionId, out: Output): void {
    if (!this.#inDoubt.has(transaction)) this.decide(transaction, false, out);
  }

  /**
   * A transaction is decided. It cannot be committed here when this participant has not voted for it.
   *
   * @param heirs who must have the outcome before this participant forgets it
   */
  decide(transaction: TransactionId, committed: boolean, out: Output, heirs: readonly Share[] = []): void {
    const isVoted = this.#inDoubt.has(transaction);
    if (this.#outcomes.get(transaction) !== undefined || (committed && !isVoted)) return;
    if (!isVoted && !this.#open.has(transaction) && this.#outcomes.isForgotten(transaction)) return;
    const decision = { transaction, committed };
    if (heirs.length === 0) out.persist.push({ kind: "Decision", ...decision });
    else out.persist.push({ kind: "Outcome", ...decision, participants: heirs });
    this.#settle(transaction, committed, heirs);
  }

  /** It will never be committed: what it has voted for it aborts. */
  close(transaction: TransactionId, out: Output): void {
    if (this.#inDoubt.has(transaction)) this.decide(transaction, false, out);
  }

  /** Says to whoever asks that it takes part in a transaction no more: it aborts it, or has forgotten how it ended. */
  leave(to: Address, transaction: TransactionId, out: Output): void {
    this.abort(transaction, out);
    if (this.#inDoubt.has(transaction) || !this.#outcomes.isForgotten(transaction)) return;
    out.sendAfterPersist.push({ to, message: { kind: "Closed", transaction } });
  }

  /** Says to whoever reminds it that it has done what was decided. */
  confirm(to: Address, outcomes: readonly OutcomeRow[], out: Output): void {
    const transactions = outcomes.map(({ transaction }) => ({ transaction }));
    out.sendAfterPersist.push({ to, message: { kind: "Settled", transactions } });
  }

  /** Another participant confirms what this one reminded it of. */
  settled(from: Address, message: Settled, out: Output): void {
    this.#reminders.settled(from, message, out);
  }

  /** Locks of clients that went away are not held for ever. */
  tick(out: Output): void {
    this.#reminders.tick(out);
    for (const [transaction, open] of this.#open) {
      open.ageTicks += 1;
      if (open.ageTicks >= this.#configuration.timing.holdTicks) this.decide(transaction, false, out);
    }
    for (const doubt of this.#inDoubt.values()) doubt.silentTicks += 1;
  }

  restore(entry: StoreEntry): void {
    switch (entry.kind) {
      case "Prepared":
        return this.#restorePrepared(entry);
      case "Decision":
        this.#settle(entry.transaction, entry.committed);
        return this.#outcomes.restore(entry);
      case "Outcome":
        return this.#settle(entry.transaction, entry.committed, entry.participants);
      case "Stored":
        for (const write of entry.writes) this.#apply(write);
        return;
      case "Forgotten":
        return this.#outcomes.restore(entry);
    }
  }

  checkpoint(): readonly StoreEntry[] {
    const votes = [...this.#inDoubt.values()].map(({ transaction, participants, writes }) => {
      return { kind: "Prepared", transaction, participants, writes } as const;
    });
    return [{ kind: "Stored", writes: [...this.#data.values()] }, ...this.#outcomes.entries(), ...votes];
  }

  status(): RoleStatus {
    return {
      keys: this.#data.size,
      locks: this.#locks.size,
      open: this.#open.size,
      inDoubt: this.#inDoubt.size,
      outcomes: this.#outcomes.count,
      bytes: this.#bytes,
    };
  }

  /** Takes the lock and keeps the write; undefined when it does not know any more whether it has. */
  #hold({ transaction, sequence, key, value }: Put, out: Output): boolean | undefined {
    const { limits } = this.#configuration;
    // Voted for or decided: a Put that comes again changes nothing.
    if (this.#inDoubt.has(transaction)) return true;
    const committed = this.#outcomes.get(transaction);
    if (committed !== undefined) return committed;
    let open = this.#open.get(transaction);
    if (open?.writes.has(sequence) === true) return true;
    if (open === undefined && this.#outcomes.isForgotten(transaction)) return undefined;
    const name = nameOf(key);
    const sizeBytes = key.length + value.length;
    const isLocked = (this.#locks.get(name) ?? transaction) !== transaction;
    const isFull =
      this.#open.size + this.#inDoubt.size >= limits.transactions + (open === undefined ? 0 : 1) ||
      (open?.writes.size ?? 0) >= limits.transactionWrites ||
      this.#bytes + sizeBytes > limits.participantBytes ||
      this.#outcomes.isFull;
    if (isLocked || isFull) {
      this.decide(transaction, false, out);
      return false;
    }
    if (open === undefined) {
      open = { writes: new Map(), ageTicks: 0 };
      this.#open.set(transaction, open);
    }
    open.writes.set(sequence, { key, value });
    this.#locks.set(name, transaction);
    this.#bytes += sizeBytes;
    return true;
  }

  #prepare(transaction: TransactionId, participants: readonly Share[], { writes }: Open, out: Output): void {
    const inOrder = [...writes].sort(([one], [other]) => one - other).map(([, write]) => write);
    out.persist.push({ kind: "Prepared", transaction, participants, writes: inOrder });
    this.#open.delete(transaction);
    this.#inDoubt.set(transaction, {
      transaction,
      participants,
      writes: inOrder,
      silentTicks: 0,
      recovered: false,
    });
  }

  /** Once, also when an older log segment still has it. */
  #restorePrepared({ transaction, participants, writes }: Prepared): void {
    if (this.#inDoubt.has(transaction) || this.#outcomes.get(transaction) !== undefined) return;
    this.#inDoubt.set(transaction, { transaction, participants, writes, silentTicks: 0, recovered: true });
    for (const write of writes) {
      this.#locks.set(nameOf(write.key), transaction);
      this.#bytes += sizeOf(write);
    }
  }

  #settle(transaction: TransactionId, committed: boolean, heirs: readonly Share[] = []): void {
    const writes = this.#inDoubt.get(transaction)?.writes ?? this.#open.get(transaction)?.writes.values() ?? [];
    for (const write of writes) {
      this.#locks.delete(nameOf(write.key));
      this.#bytes -= sizeOf(write);
      if (committed) this.#apply(write);
    }
    this.#inDoubt.delete(transaction);
    this.#open.delete(transaction);
    this.#outcomes.add(transaction, committed, heirs);
  }

  #apply(write: Write): void {
    const name = nameOf(write.key);
    const before = this.#data.get(name);
    this.#bytes += sizeOf(write) - (before === undefined ? 0 : sizeOf(before));
    this.#data.set(name, write);
  }
}
