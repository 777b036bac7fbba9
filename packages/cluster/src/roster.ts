/**
 * Which nodes there are: the first ones and those that joined, without those that have left. A number is never used
 * again: who forgot its promises comes back as somebody else.
 */
export interface Comings {
  /** Nodes that were started to join, in order; also those whose change was refused. */
  readonly joined: readonly number[];
  readonly left: readonly number[];
}

export class Roster {
  readonly #first: readonly number[];
  readonly #keep: (comings: Comings) => void;
  #comings: Comings;

  /** @param keep makes a change durable before it is made; may throw, and then it is not made */
  constructor(first: readonly number[], comings: Comings, keep: (comings: Comings) => void) {
    this.#first = first;
    this.#comings = comings;
    this.#keep = keep;
  }

  get nodes(): readonly number[] {
    return nodesOf(this.#first, this.#comings);
  }

  /** Above all that there ever were. */
  get nextNode(): number {
    return Math.max(0, ...this.#first, ...this.#comings.joined) + 1;
  }

  hasLeft(node: number): boolean {
    return this.#comings.left.includes(node);
  }

  join(node: number): void {
    const { joined, left } = this.#comings;
    this.#change({ joined: [...joined, node], left });
  }

  leave(node: number): void {
    const { joined, left } = this.#comings;
    if (!left.includes(node)) this.#change({ joined, left: [...left, node] });
  }

  #change(comings: Comings): void {
    this.#keep(comings);
    this.#comings = comings;
  }
}

export const nobody: Comings = { joined: [], left: [] };

export function nodesOf(first: readonly number[], { joined, left }: Comings): readonly number[] {
  return [...first, ...joined].filter((node) => !left.includes(node));
}
