/**
 * The acceptor votes for the first value that it is shown, and for no other ever. The vote is on stable storage before
 * it leaves.
 */
import type { Address, RoleMachine, RoleStatus, Value } from "@synod/protocol";
import type { Delivery, Entry, Message, Output } from "./messages.ts";

export interface AcceptorOptions {
  readonly proposer: Address;
  readonly learners: readonly Address[];
}

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #options: AcceptorOptions;
  #accepted: Value | undefined;

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  step(from: Address, message: Message, out: Output): void {
    if (message.kind === "Propose" && from === this.#options.proposer) this.#propose(message.value, out);
    else if (message.kind === "Inquire") this.#tell([from], out);
  }

  tick(): void {}

  flush(): void {}

  restore({ value }: Entry): void {
    this.#accepted = value;
  }

  checkpoint(): readonly Entry[] {
    return this.#accepted === undefined ? [] : [{ kind: "Propose", value: this.#accepted }];
  }

  status(): RoleStatus {
    return { accepted: this.#accepted !== undefined };
  }

  #propose(value: Value, out: Output): void {
    if (this.#accepted === undefined) {
      this.#accepted = value;
      out.persist.push({ kind: "Propose", value });
    }
    const { proposer, learners } = this.#options;
    this.#tell([proposer, ...learners], out);
  }

  #tell(whom: readonly Address[], out: Output): void {
    if (this.#accepted === undefined) return;
    for (const to of whom) out.sendAfterPersist.push({ to, message: { kind: "Accepted", value: this.#accepted } });
  }
}
