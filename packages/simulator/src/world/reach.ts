/**
 * Which nodes reach each other when all faults are over, and so what may then be demanded: a partial partition may stay.
 */

/** Whether frames from one node to another are cut off. */
export type Cut = (from: number, to: number) => boolean;

export interface ReachOptions {
  readonly nodes: readonly number[];
  /** How many nodes one must reach to come to lead, itself counted. */
  readonly quorumNodes: number;
  /** How many nodes a leader must reach to go on. */
  readonly leaderNodes: number;
}

export class Reach {
  /** The partition that stays. */
  cut: Cut = () => false;
  readonly #options: ReachOptions;

  constructor(options: ReachOptions) {
    this.#options = options;
  }

  /** Whether progress is due under another partition, as long as no node is lost. */
  allows(cut: Cut): boolean {
    const reach = new Reach(this.#options);
    reach.cut = cut;
    return reach.isQuorumReached(new Set());
  }

  /** Whether some node can come to lead without those that are lost: then progress is due. */
  isQuorumReached(lost: ReadonlySet<number>): boolean {
    const { nodes, quorumNodes } = this.#options;
    return nodes.some((node) => this.#count(node, lost) >= quorumNodes);
  }

  /** Whether a node hears every other that may lead, and is heard by it: then it must come to know what they know. */
  hearsLeaders(node: number, lost: ReadonlySet<number>): boolean {
    const { nodes, leaderNodes } = this.#options;
    return nodes.every((other) => this.#connects(node, other) || this.#count(other, lost) < leaderNodes);
  }

  #count(node: number, lost: ReadonlySet<number>): number {
    if (lost.has(node)) return 0;
    return this.#options.nodes.filter((other) => !lost.has(other) && this.#connects(node, other)).length;
  }

  #connects(one: number, other: number): boolean {
    return one === other || (!this.cut(one, other) && !this.cut(other, one));
  }
}
