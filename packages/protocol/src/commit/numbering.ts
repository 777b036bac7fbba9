/**
 * The numbers of transactions that a coordinator gives out: none twice, also after a restart. Numbers are reserved on
 * stable storage many at a time, so that a Begin rarely waits for a sync.
 */
import { nextBallot } from "../ballot.ts";
import type { Reserved, TransactionId } from "./messages.ts";

const reservedAtOnce = 64;

interface Output {
  readonly persist: { push(entry: Reserved): unknown };
}

export class Numbering {
  readonly #node: number;
  readonly #coordinators: number;
  #last: TransactionId = 0;
  #through: TransactionId = 0;

  constructor(node: number, coordinators: number) {
    this.#node = node;
    this.#coordinators = coordinators;
  }

  /** The last number that an earlier life may have given out. */
  get reservedThrough(): TransactionId {
    return this.#through;
  }

  /** The next number; it may leave when all that is persisted is durable. */
  next(out: Output): TransactionId {
    this.#last = nextBallot(this.#last, this.#node, this.#coordinators);
    if (this.#last > this.#through) {
      this.#through = this.#last + (reservedAtOnce - 1) * this.#coordinators;
      out.persist.push({ kind: "Reserved", through: this.#through });
    }
    return this.#last;
  }

  restore({ through }: Reserved): void {
    this.#through = Math.max(this.#through, through);
    this.#last = this.#through;
  }

  checkpoint(): readonly Reserved[] {
    return this.#through === 0 ? [] : [{ kind: "Reserved", through: this.#through }];
  }
}
