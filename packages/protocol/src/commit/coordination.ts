/**
 * What the coordinators of two-phase and three-phase commit have in common: the numbers that they give out, and what
 * they have decided, which is on stable storage before it is told.
 */
import { nodeOf, roleOf, type Address } from "../address.ts";
import { ballotOwner } from "../ballot.ts";
import type { Envelope } from "../output.ts";
import type { CommitConfiguration } from "./configuration.ts";
import type { Begin, Begun, Decision, Forgotten, Reserved, Share, TransactionId } from "./messages.ts";
import { Numbering } from "./numbering.ts";
import { Outcomes } from "./outcomes.ts";

export type CoordinatorEntry = Reserved | Decision | Forgotten;

interface Output {
  readonly persist: { push(entry: CoordinatorEntry): unknown };
  readonly sendAfterPersist: { push(envelope: Envelope<Begun | Decision>): unknown };
}

export class Coordination {
  readonly #configuration: CommitConfiguration;
  readonly #node: number;
  readonly #numbering: Numbering;
  readonly #outcomes: Outcomes;
  /** What an earlier life may have begun has a number up to this one. */
  #earlierThrough: TransactionId = 0;

  constructor(configuration: CommitConfiguration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#numbering = new Numbering(node, configuration.nodes);
    this.#outcomes = new Outcomes(configuration.nodes, configuration.limits.outcomes);
  }

  get outcomes(): number {
    return this.#outcomes.count;
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

  /** The first decision stands. */
  decide(transaction: TransactionId, committed: boolean, out: Output): void {
    if (this.isOver(transaction)) return;
    this.#outcomes.add(transaction, committed);
    out.persist.push({ kind: "Decision", transaction, committed });
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
