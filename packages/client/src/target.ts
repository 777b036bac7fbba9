/**
 * Whom a client asks: the proposer that leads as far as it knows, or all that its protocol wants to hear of a request;
 * and the learner that shall answer.
 */
import { addressOf, everyReplica, type Access, type Address, type Random } from "@synod/protocol";

/** How long a learner that did not answer is not asked again, in milliseconds. */
const distrustMs = 5000;

export class Target {
  readonly #access: Access;
  readonly #random: Random;
  readonly #everyProposer: readonly Address[];
  readonly #acceptors: readonly Address[];
  #proposerNode: number;
  #learnerNode: number;
  /** The learner that did not answer, until when. */
  #distrusted: { readonly node: number; readonly until: number } | undefined;

  constructor(access: Access, random: Random) {
    this.#access = access;
    this.#random = random;
    this.#everyProposer = access.nodes.map((node) => addressOf("proposer", node));
    this.#acceptors = access.acceptors.map((node) => addressOf("acceptor", node));
    this.#proposerNode = access.nodes[0] ?? 1;
    this.#learnerNode = this.#proposerNode;
  }

  get proposer(): Address {
    return addressOf("proposer", this.#proposerNode);
  }

  /** Who is sent a request. One that is `late` did not get through as it should. */
  takers(late: boolean): readonly Address[] {
    switch (this.#access.requests) {
      case "leader":
        return [this.proposer];
      case "proposers":
        return this.#everyProposer;
      case "acceptors":
        return late ? [...this.#acceptors, this.proposer] : this.#acceptors;
    }
  }

  /** Whether one proposer alone decides what becomes of a request, and so its word counts. */
  get followsLeader(): boolean {
    return this.#access.requests === "leader";
  }

  /** Who shall answer a request: the node of a learner, or every one. */
  get replyTo(): number {
    return this.#access.answers > 1 ? everyReplica : this.#learnerNode;
  }

  /** The node whose learner shall answer a read that a leader confirms. */
  get learner(): number {
    return this.#learnerNode;
  }

  /**
   * Nothing came: the proposer, the learner or the way there is gone. Asks the next proposer and any other learner: in a
   * fixed order of both, and with redirects between them, the two that are there might never be asked together.
   */
  unanswered(now: number): void {
    this.#distrusted = { node: this.#learnerNode, until: now + distrustMs };
    const { nodes } = this.#access;
    // Two nodes would be a fixed order, too: once apart, proposer and learner would change places for ever.
    const isFixed = nodes.length === 2 && this.#proposerNode !== this.#learnerNode;
    this.#learnerNode = isFixed ? this.#any(nodes, this.#learnerNode) : this.#anyBut(this.#learnerNode);
    this.#proposerNode = nodeAfter(this.#access.nodes, this.#proposerNode);
  }

  /** The proposer does not lead and knows no other: asks the next one. */
  elsewhere(now: number): void {
    this.follow(nodeAfter(this.#access.nodes, this.#proposerNode), now);
  }

  /** Another proposer leads: its own node's learner hears of votes first. */
  follow(leader: number, now: number): void {
    if (!this.#access.nodes.includes(leader)) return;
    this.#proposerNode = leader;
    if (this.#distrusted !== undefined && this.#distrusted.until <= now) this.#distrusted = undefined;
    this.#learnerNode = this.#distrusted?.node === leader ? this.#anyBut(leader) : leader;
  }

  #anyBut(node: number): number {
    const others = this.#access.nodes.filter((each) => each !== node);
    return this.#any(others, node);
  }

  #any(nodes: readonly number[], otherwise: number): number {
    return nodes[Math.floor(this.#random() * nodes.length)] ?? otherwise;
  }
}

/** The node to ask after one that is of no use; the first one after the last, or after one that is not there. */
export function nodeAfter(nodes: readonly number[], node: number): number {
  return nodes[(nodes.indexOf(node) + 1) % nodes.length] ?? node;
}
