/**
 * The lives of the roles of a run, as a watcher sees them: which one a role is in, what its log gives back to it, and which
 * snapshot the disk had when a learner began.
 */
import { nodeOf, roleOf, type Address, type Ballot } from "@synod/protocol";
import type { RoleRecovered } from "@synod/driver";
import type { DeliveryChecker } from "../check/delivery.ts";
import type { SnapshotsChecker } from "../check/snapshots.ts";

/** What the log of a role has given back so far. */
export interface Recovering<Vote> {
  /** The highest ballot of a promise or a vote. */
  ballot: Ballot;
  /** By slot: its last vote. */
  readonly votes: Map<number, Vote>;
  trimmedThrough: number;
}

export interface LivesOptions {
  readonly checkers: { readonly delivery: DeliveryChecker; readonly snapshots: SnapshotsChecker };
  /** The slot of the newest snapshot that the disk of a node would keep if the power failed now. */
  readonly survivingSnapshot: (node: number) => number;
  /** Of a liar it is counted that it lives again, and no more: all are honest unless told. */
  readonly isHonest?: (node: number) => boolean;
  readonly count: (name: string) => void;
}

/** @typeParam Vote what a log gives back of a vote */
export class Lives<Vote> {
  readonly #options: LivesOptions;
  readonly #lives = new Map<Address, number>();
  /** By node: the slot of the newest snapshot that its disk had when its learner began this life. */
  readonly #kept = new Map<number, number>();
  readonly #recovering = new Map<Address, Recovering<Vote>>();

  constructor(options: LivesOptions) {
    this.#options = options;
  }

  begins(address: Address, life: number): void {
    const { checkers, survivingSnapshot, count } = this.#options;
    if (this.#lives.has(address)) count("restarts");
    this.#lives.set(address, life);
    const node = nodeOf(address);
    if (!this.#isHonest(node)) return;
    this.#recovering.set(address, { ballot: 0, votes: new Map(), trimmedThrough: 0 });
    if (roleOf(address) !== "learner") return;
    checkers.delivery.begins(node);
    this.#kept.set(node, survivingSnapshot(node));
  }

  /** The life that a role is in, or 0 before its first one. */
  lifeOf(address: Address): number {
    return this.#lives.get(address) ?? 0;
  }

  /** What the log of a role has given back so far; undefined of one that does not read its log now. */
  recovering(address: Address): Recovering<Vote> | undefined {
    return this.#recovering.get(address);
  }

  /** A role has taken back all that there is; returns what that is of an acceptor. */
  began(address: Address, { tornBytes, snapshotSlot }: RoleRecovered): Recovering<Vote> | undefined {
    const { checkers, count } = this.#options;
    if (tornBytes > 0) count("torn-tails");
    const node = nodeOf(address);
    const role = roleOf(address);
    if (role === "learner" && this.#isHonest(node)) {
      checkers.snapshots.began(node, snapshotSlot, this.#kept.get(node) ?? 0);
    }
    const log = this.#recovering.get(address);
    this.#recovering.delete(address);
    return role === "acceptor" ? log : undefined;
  }

  #isHonest(node: number): boolean {
    return this.#options.isHonest?.(node) ?? true;
  }
}
