/**
 * What must hold of any atomic commit (Gray and Lamport, *Consensus on Transaction Commit* 2006, §2): no participant
 * commits what another aborts, and nothing is committed that not every participant had prepared. Counted from the disks
 * of the participants, and from what clients are told.
 */
import type { commit } from "@synod/protocol";
import type { Report } from "../world/violation.ts";

/** What is known of one transaction. */
interface Known {
  /** How many writes each participant was sent, by node; undefined until a client asks for it to be committed. */
  participants: ReadonlyMap<number, number> | undefined;
  /** The nodes on whose disks its vote is. */
  readonly prepared: Set<number>;
  /** The first decision that anybody made or told. */
  decided: { readonly committed: boolean; readonly who: string } | undefined;
}

/** What the disk of a participant says of transactions. */
class Disk {
  readonly prepared = new Set<number>();
  readonly decided = new Map<number, boolean>();
}

export class TransactionsChecker {
  readonly #report: Report;
  readonly #transactions = new Map<number, Known>();
  /** By the node of the participant. */
  readonly #disks = new Map<number, Disk>();

  constructor(report: Report) {
    this.#report = report;
  }

  get committed(): number {
    return this.#count(true);
  }

  get aborted(): number {
    return this.#count(false);
  }

  /** A client asks for a transaction to be committed. */
  asks(transaction: number, participants: readonly commit.Share[]): void {
    const writes = new Map(participants.map((share) => [share.node, share.writes]));
    this.#known(transaction).participants ??= writes;
  }

  /** A participant's vote is on its disk, for so many writes. */
  prepares(node: number, transaction: number, writes: number): void {
    const known = this.#known(transaction);
    this.#disk(node).prepared.add(transaction);
    known.prepared.add(node);
    const sent = known.participants?.get(node) ?? 0;
    if (writes === sent) return;
    const what = `participant ${node} votes for ${writes} writes of transaction ${transaction}`;
    this.#report("validity", `${what}, it was sent ${sent}`);
  }

  /** A vote leaves a participant. */
  votes(node: number, transaction: number): void {
    if (this.#disk(node).prepared.has(transaction)) return;
    this.#report("durability", `participant ${node} votes for transaction ${transaction}, which is not on its disk`);
  }

  /** The decision is on the disk of a participant. */
  settles(node: number, transaction: number, committed: boolean): void {
    this.#disk(node).decided.set(transaction, committed);
    this.decides(`participant ${node}`, transaction, committed);
  }

  /** Somebody decides, or tells somebody what was decided. */
  decides(who: string, transaction: number, committed: boolean): void {
    const known = this.#known(transaction);
    const { decided } = known;
    known.decided ??= { committed, who };
    if (decided !== undefined && decided.committed !== committed) {
      const [one, other] = [outcomeOf(decided.committed), outcomeOf(committed)];
      this.#report("atomicity", `transaction ${transaction}: ${decided.who} ${one}, ${who} ${other}`);
    }
    if (committed) this.#mustBePrepared(who, transaction, known);
  }

  /** Transactions that a participant has voted for, by its disk, and knows no outcome of. */
  inDoubt(node: number): readonly number[] {
    const { prepared, decided } = this.#disk(node);
    return [...prepared].filter((transaction) => !decided.has(transaction));
  }

  /** The nodes of the participants of a transaction that a client asked to be committed. */
  participantsOf(transaction: number): readonly number[] {
    return [...(this.#known(transaction).participants?.keys() ?? [])];
  }

  /** A participant has aborted a transaction that it had not voted for. */
  hasRefused(node: number, transaction: number): boolean {
    const { prepared, decided } = this.#disk(node);
    return !prepared.has(transaction) && decided.get(transaction) === false;
  }

  /**
   * A participant has taken back what its log holds: nothing that its disk held may be missing.
   *
   * @param isForgotten whether its log says that it may have forgotten the outcome of a transaction
   */
  began(
    node: number,
    prepared: ReadonlySet<number>,
    decided: ReadonlyMap<number, boolean>,
    isForgotten: (transaction: number) => boolean = () => false,
  ): void {
    const disk = this.#disk(node);
    for (const [transaction, committed] of disk.decided) {
      const found = decided.get(transaction);
      if (found === committed || (found === undefined && isForgotten(transaction))) continue;
      this.#report("durability", `participant ${node} comes back without the outcome of transaction ${transaction}`);
    }
    for (const transaction of disk.prepared) {
      if (prepared.has(transaction) || decided.has(transaction)) continue;
      if (disk.decided.has(transaction) && isForgotten(transaction)) continue;
      this.#report("durability", `participant ${node} comes back without its vote for transaction ${transaction}`);
    }
  }

  #mustBePrepared(who: string, transaction: number, { participants, prepared }: Known): void {
    if (participants === undefined) {
      this.#report("validity", `${who} commits transaction ${transaction}, and no client asked for it`);
      return;
    }
    const missing = [...participants.keys()].filter((node) => !prepared.has(node));
    if (missing.length === 0) return;
    const which = `participant ${missing.join(", ")} has not voted for it`;
    this.#report("validity", `${who} commits transaction ${transaction}, and ${which}`);
  }

  #count(committed: boolean): number {
    return [...this.#transactions.values()].filter(({ decided }) => decided?.committed === committed).length;
  }

  #known(transaction: number): Known {
    let known = this.#transactions.get(transaction);
    if (known === undefined) {
      known = { participants: undefined, prepared: new Set(), decided: undefined };
      this.#transactions.set(transaction, known);
    }
    return known;
  }

  #disk(node: number): Disk {
    let disk = this.#disks.get(node);
    if (disk === undefined) {
      disk = new Disk();
      this.#disks.set(node, disk);
    }
    return disk;
  }
}

function outcomeOf(committed: boolean): string {
  return committed ? "commits it" : "aborts it";
}
