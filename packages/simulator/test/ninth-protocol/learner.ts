/**
 * The learner knows the value when all acceptors have voted; until then it asks them now and then. What it knows the
 * acceptors know, so it keeps nothing.
 */
import type { Address, RoleMachine, RoleStatus, Value } from "@synod/protocol";
import type { Delivery, Entry, Message, Output } from "./messages.ts";
import { Votes } from "./votes.ts";

export interface LearnerOptions {
  readonly acceptors: number;
  /** Ticks before it asks again. */
  readonly retryTicks: number;
}

export class Learner implements RoleMachine<Message, Entry, Delivery> {
  readonly #options: LearnerOptions;
  readonly #votes: Votes;
  #ticksLeft: number;

  constructor(options: LearnerOptions) {
    this.#options = options;
    this.#votes = new Votes(options.acceptors);
    this.#ticksLeft = options.retryTicks;
  }

  step(from: Address, message: Message, out: Output): void {
    if (message.kind === "Accepted") this.#accepted(from, message.value, out);
  }

  tick(out: Output): void {
    if (this.#votes.areAll) return;
    this.#ticksLeft -= 1;
    if (this.#ticksLeft > 0) return;
    this.#ticksLeft = this.#options.retryTicks;
    for (const to of this.#votes.missing) out.send.push({ to, message: { kind: "Inquire" } });
  }

  flush(): void {}

  restore(): void {}

  checkpoint(): readonly Entry[] {
    return [];
  }

  status(): RoleStatus {
    return { chosen: this.#votes.areAll };
  }

  #accepted(from: Address, value: Value, out: Output): void {
    if (this.#votes.areAll) return;
    this.#votes.add(from);
    if (this.#votes.areAll) out.deliver.push({ kind: "chosen", value });
  }
}
