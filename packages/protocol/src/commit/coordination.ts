/**
 * What the coordinators of two-phase and three-phase commit have in common: the numbers that they give out, and what
 * they have decided, which is on stable storage before it is told, and until all participants have it.
 */
import { nodeOf, roleOf, type Address } from "../address.ts";
import { ballotOwner } from "../ballot.ts";
import type { Envelope, RoleStatus } from "../output.ts";
import type { CommitConfiguration } from "./configuration.ts";
import type { Begin, Begun, Closed, Decision, Forgotten, Outcome } from "./messages.ts";
import type { Reminder, Reserved, Settled, Share, TransactionId } from "./messages.ts";
import { Numbering } from "./numbering.ts";
import { Outcomes } from "./outcomes.ts";
import { Reminders } from "./reminders.ts";

export type CoordinatorEntry = Reserved | Outcome | Decision | Forgotten;

interface Output {
  readonly persist: { push(entry: CoordinatorEntry): unknown };
  readonly sendAfterPersist: { push(envelope: Envelope<Begun | Decision | Reminder | Closed>): unknown };
}

export class Coordination {
  readonly #configuration: CommitConfiguration;
  readonly #node: number;
  readonly #numbering: Numbering;
  readonly #outcomes: Outcomes;
  readonly #reminders: Reminders;
  /** What an earlier life may have begun has a number up to this one. */
  #earlierThrough: TransactionId = 0;

  constructor(configuration: CommitConfiguration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#numbering = new Numbering(node, configuration.nodes);
    this.#outcomes = new Outcomes(configuration.nodes, configuration.limits.outcomes);
    this.#reminders = new Reminders(configuration, this.#outcomes);
  }

  /** It remembers as much as it may, and can forget nothing of it: no transaction may begin to commit. */
  get isFull(): boolean {
    return this.#outcomes.isFull;
  }

  status(): RoleStatus {
    return { outcomes: this.#outcomes.count, owed: this.#outcomes.owed };
  }

  tick(out: Output): void {
    this.#reminders.tick(out);
  }

  settled(from: Address, message: Settled, out: Output): void {
    this.#reminders.settled(from, message, out);
  }

  begin(from: Address, { sequence }: Begin, out: Output): void {
    const transaction = this.#numbering.next(out);
    out.sendAfterPersist.push({ to: from, message: { kind: "Begun", sequence, transaction } });
  }

  /** Whether it may have given out this number. */
  isOwn(transaction: TransactionId): boolean {
    const owner = ballotOwner(transaction, this.#configuration.nodes);
    return owner === this.#node && transaction <= this.#numbering.reservedThrough;
  }

  /** Whether an earlier life may have given out this number, and begun to commit. */
  isEarlier(transaction: TransactionId): boolean {
    return transaction <= this.#earlierThrough;
  }

  /** It is decided, or was so long ago that it is not known how. */
  isOver(transaction: TransactionId): boolean {
    return this.#outcomes.get(transaction) !== undefined || this.#outcomes.isForgotten(transaction);
  }

  /**
   * The first decision stands. One that is under way is decided however many later ones were meanwhile: it was not
   * forgotten.
   */
  decide(transaction: TransactionId, participants: readonly Share[], committed: boolean, out: Output): void {
    if (this.#outcomes.get(transaction) !== undefined) return;
    this.#outcomes.add(transaction, committed, participants);
    out.persist.push({ kind: "Outcome", transaction, committed, participants });
  }

  /** Says to a client what was decided, or that it is not known any more. */
  recall(client: Address, transaction: TransactionId, out: Output): void {
    this.tell(client, transaction, out);
    this.close(client, transaction, out);
  }

  /** Of what it has forgotten it can tell only that; to a participant in doubt it means that it was not committed. */
  close(to: Address, transaction: TransactionId, out: Output): void {
    if (!this.#outcomes.isForgotten(transaction)) return;
    out.sendAfterPersist.push({ to, message: { kind: "Closed", transaction } });
  }

  /** Says what was decided, if it knows. */
  tell(to: Address, transaction: TransactionId, out: Output): void {
    const committed = this.#outcomes.get(transaction);
    if (committed === undefined) return;
    out.sendAfterPersist.push({ to, message: { kind: "Decision", transaction, committed } });
  }

  restore(entry: CoordinatorEntry): void {
    if (entry.kind !== "Reserved") return this.#outcomes.restore(entry);
    this.#numbering.restore(entry);
    this.#earlierThrough = Math.max(this.#earlierThrough, entry.through);
  }

  checkpoint(): readonly CoordinatorEntry[] {
    return [...this.#numbering.checkpoint(), ...this.#outcomes.entries()];
  }
}

/** The node of the participant that an answer is from; undefined when it is from none of these. */
export function participantAt(from: Address, participants: readonly Share[]): number | undefined {
  const node = nodeOf(from);
  return roleOf(from) === "participant" && participants.some((share) => share.node === node) ? node : undefined;
}
