/**
 * Whether the next ballot of a proposer is fast. Each collision costs a ballot, and where they are frequent it is better
 * that the leader orders commands for a while (*Generalized Consensus and Paxos*, Lamport 2005: classic ballots).
 */
import type { Slot } from "../replication/messages.ts";
import type { FallBack } from "./configuration.ts";

export class PaceKeeper {
  readonly #fallBack: FallBack;
  /** How many commands were chosen when acceptors last collided, each time. */
  #collisions: Slot[] = [];
  #classicTicks = 0;

  constructor(fallBack: FallBack) {
    this.#fallBack = fallBack;
  }

  get isClassic(): boolean {
    return this.#classicTicks > 0;
  }

  /** @param chosenThrough how many commands are chosen, of all instances */
  collided(chosenThrough: Slot): void {
    const { windowCommands, mostCollisions, classicTicks } = this.#fallBack;
    this.#collisions = [...this.#collisions.filter((at) => at > chosenThrough - windowCommands), chosenThrough];
    if (this.#collisions.length <= mostCollisions) return;
    this.#collisions = [];
    this.#classicTicks = classicTicks;
  }

  tick(): void {
    if (this.#classicTicks > 0) this.#classicTicks -= 1;
  }
}
