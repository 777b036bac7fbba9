/**
 * The liars of a run: which nodes they are, and how their roles and what stands behind them speak. All of a node lies, or
 * nothing of it.
 */
import { nodeOf, type Address, type Layout, type RoleMachine } from "@synod/protocol";
import { Liar, type Tongue } from "../world/lies.ts";
import { LyingRole } from "../world/lying-role.ts";
import type { Life } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";

/** What a protocol says of the nodes that may lie. */
export interface LyingNodes {
  readonly nodes: readonly number[];
  /** How many may. */
  readonly faults: number;
}

/**
 * In most runs as many lie as may.
 *
 * @param given how many were asked for, if it was said
 * @param changed how many lie, of those that were drawn or asked for
 */
export function drawLiars(
  randomness: Randomness,
  { nodes, faults }: LyingNodes,
  given: number | undefined,
  changed: (count: number) => number,
): readonly number[] {
  const count = given ?? (randomness.chance(0.8) ? faults : randomness.integer(0, faults));
  return randomness.sample(nodes, Math.min(changed(count), nodes.length));
}

export interface LiarsOptions<Message> {
  readonly nodes: readonly number[];
  readonly layout: readonly Layout[];
  readonly tongue: Tongue<Message>;
}

export class Liars<Message extends { readonly kind: string }> {
  readonly nodes: readonly number[];
  readonly #options: LiarsOptions<Message>;

  constructor(options: LiarsOptions<Message>) {
    this.nodes = options.nodes;
    this.#options = options;
  }

  readonly isHonest = (node: number): boolean => !this.nodes.includes(node);

  /** A role as its node plays it in one life. */
  plays<Entry extends Message, Delivery>(
    role: RoleMachine<Message, Entry, Delivery>,
    life: Life,
  ): RoleMachine<Message, Entry, Delivery> {
    return this.isHonest(nodeOf(life.address)) ? role : new LyingRole(role, this.#newLiar(life));
  }

  /** How a node sends, in one life, what is not sent by a role. */
  sends(send: (to: Address, message: Message) => void, life: Life): (to: Address, message: Message) => void {
    if (this.isHonest(nodeOf(life.address))) return send;
    const liar = this.#newLiar(life);
    return (to, message) => {
      for (const said of liar.say([{ to, message }])) send(said.to, said.message);
    };
  }

  #newLiar({ address, random, lies, lied }: Life): Liar<Message> {
    const { nodes, layout, tongue } = this.#options;
    return new Liar({ node: nodeOf(address), liars: nodes, random, lies, lied, layout, tongue });
  }
}
