/**
 * The proposer, of which there is one: it proposes the first value that a client asks for, to all acceptors, until all
 * have voted. It is on stable storage before it is proposed: a proposer that comes back proposes the same.
 */
import { roleOf, type Address, type RoleMachine, type RoleStatus, type Value } from "@synod/protocol";
import type { Delivery, Entry, Message, Output } from "./messages.ts";
import { Votes } from "./votes.ts";

export interface ProposerOptions {
  readonly acceptors: number;
  /** Ticks before it asks again whoever has not voted. */
  readonly retryTicks: number;
}

/** Clients that may wait for the answer; others ask again. */
const mostClients = 64;

export class Proposer implements RoleMachine<Message, Entry, Delivery> {
  readonly #options: ProposerOptions;
  readonly #votes: Votes;
  readonly #clients = new Set<Address>();
  #value: Value | undefined;
  #ticksLeft = 0;

  constructor(options: ProposerOptions) {
    this.#options = options;
    this.#votes = new Votes(options.acceptors);
  }

  step(from: Address, message: Message, out: Output): void {
    if (message.kind === "Request" && roleOf(from) === "client") this.#request(from, message.value, out);
    else if (message.kind === "Accepted") this.#accepted(from, out);
  }

  tick(out: Output): void {
    if (this.#value === undefined || this.#votes.areAll) return;
    this.#ticksLeft -= 1;
    if (this.#ticksLeft <= 0) this.#propose(this.#value, out);
  }

  flush(): void {}

  restore({ value }: Entry): void {
    this.#value = value;
  }

  checkpoint(): readonly Entry[] {
    return this.#value === undefined ? [] : [{ kind: "Propose", value: this.#value }];
  }

  status(): RoleStatus {
    return { proposed: this.#value !== undefined, chosen: this.#votes.areAll };
  }

  #request(from: Address, value: Value, out: Output): void {
    if (this.#clients.size < mostClients) this.#clients.add(from);
    if (this.#value === undefined) {
      this.#value = value;
      out.persist.push({ kind: "Propose", value });
      this.#propose(value, out);
    }
    this.#answer(out);
  }

  #accepted(from: Address, out: Output): void {
    this.#votes.add(from);
    this.#answer(out);
  }

  #propose(value: Value, out: Output): void {
    this.#ticksLeft = this.#options.retryTicks;
    for (const to of this.#votes.missing) out.sendAfterPersist.push({ to, message: { kind: "Propose", value } });
  }

  #answer(out: Output): void {
    if (this.#value === undefined || !this.#votes.areAll) return;
    for (const to of this.#clients) out.send.push({ to, message: { kind: "Response", value: this.#value } });
    this.#clients.clear();
  }
}
