/**
 * How far the logs of the acceptors have got, by their signed word.
 */
import type { Checkpoint, CheckpointRow, Slot } from "./messages.ts";
import { believedBy, type ByzantineQuorums } from "./quorums.ts";

export class Checkpoints {
  readonly #quorums: ByzantineQuorums;
  readonly #latest = new Map<number, CheckpointRow>();
  #stable: Slot = 0;
  #proof: readonly CheckpointRow[] = [];

  constructor(quorums: ByzantineQuorums) {
    this.#quorums = quorums;
  }

  /** A quorum has all up to here on stable storage. */
  get stable(): Slot {
    return this.#stable;
  }

  /** The checkpoints that prove it. */
  get proof(): readonly CheckpointRow[] {
    return this.#proof;
  }

  /** Some honest acceptor has all up to here. */
  get known(): Slot {
    return this.#descending()[believedBy(this.#quorums) - 1]?.slot ?? 0;
  }

  /** How far an acceptor has got, as far as it has said. */
  of(acceptor: number): Slot {
    return this.#latest.get(acceptor)?.slot ?? 0;
  }

  /** An acceptor says how far it has got. True when the stable one is higher by that. */
  add(acceptor: number, { slot, signature }: Checkpoint): boolean {
    if (slot <= this.of(acceptor)) return false;
    this.#latest.set(acceptor, { acceptor, slot, signature });
    const { quorum } = this.#quorums;
    const proof = this.#descending().slice(0, quorum);
    const least = proof[quorum - 1];
    return least !== undefined && this.prove(least.slot, proof);
  }

  /** Takes a proof that was shown, or read back. True when the stable one is higher by that. */
  prove(stable: Slot, proof: readonly CheckpointRow[]): boolean {
    if (stable <= this.#stable) return false;
    this.#stable = stable;
    this.#proof = proof;
    return true;
  }

  #descending(): readonly CheckpointRow[] {
    return [...this.#latest.values()].sort((one, other) => other.slot - one.slot);
  }
}
