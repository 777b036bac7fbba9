/**
 * Whom a client asks: the proposer that leads as far as it knows, and the learner that shall answer.
 */
import { addressOf, type Address } from "@synod/protocol";

/** How long a learner that did not answer is not asked again, in milliseconds. */
const distrustMs = 5000;

export class Target {
  readonly #nodes: readonly number[];
  #proposerNode: number;
  #learnerNode: number;
  /** The learner that did not answer, until when. */
  #distrusted: { readonly node: number; readonly until: number } | undefined;

  constructor(nodes: readonly number[]) {
    this.#nodes = nodes;
    this.#proposerNode = nodes[0] ?? 1;
    this.#learnerNode = this.#proposerNode;
  }

  get proposer(): Address {
    return addressOf("proposer", this.#proposerNode);
  }

  /** The node whose learner shall answer. */
  get learner(): number {
    return this.#learnerNode;
  }

  /** Nothing came: the proposer, the learner or the way there is gone. Asks the next proposer and the next learner. */
  unanswered(now: number): void {
    this.#distrusted = { node: this.#learnerNode, until: now + distrustMs };
    this.#learnerNode = this.#after(this.#learnerNode);
    this.#proposerNode = this.#after(this.#proposerNode);
  }

  /** The proposer does not lead and knows no other: asks the next one. */
  elsewhere(now: number): void {
    this.follow(this.#after(this.#proposerNode), now);
  }

  /** Another proposer leads: its own node's learner hears of votes first. */
  follow(leader: number, now: number): void {
    if (!this.#nodes.includes(leader)) return;
    this.#proposerNode = leader;
    if (this.#distrusted !== undefined && this.#distrusted.until <= now) this.#distrusted = undefined;
    this.#learnerNode = this.#distrusted?.node === leader ? this.#after(leader) : leader;
  }

  #after(node: number): number {
    return this.#nodes[(this.#nodes.indexOf(node) + 1) % this.#nodes.length] ?? node;
  }
}
