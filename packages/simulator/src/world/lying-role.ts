/**
 * A role of a liar: the real one, with what it says changed on its way out.
 */
import { newOutput, type Address, type Output, type RoleMachine, type RoleStatus } from "@synod/protocol";
import type { Liar } from "./lies.ts";

export class LyingRole<
  Message extends { readonly kind: string },
  Entry extends Message,
  Delivery,
> implements RoleMachine<Message, Entry, Delivery> {
  readonly #role: RoleMachine<Message, Entry, Delivery>;
  readonly #liar: Liar<Message>;
  readonly #inner = newOutput<Message, Entry, Delivery>();

  constructor(role: RoleMachine<Message, Entry, Delivery>, liar: Liar<Message>) {
    this.#role = role;
    this.#liar = liar;
  }

  step(from: Address, message: Message, out: Output<Message, Entry, Delivery>): void {
    out.send.push(...this.#liar.hear(from, message));
    this.#act(out, (inner) => this.#role.step(from, message, inner));
  }

  tick(out: Output<Message, Entry, Delivery>): void {
    this.#act(out, (inner) => this.#role.tick(inner));
  }

  flush(out: Output<Message, Entry, Delivery>): void {
    this.#act(out, (inner) => this.#role.flush(inner));
  }

  restore(entry: Entry): void {
    this.#role.restore(entry);
  }

  checkpoint(): readonly Entry[] {
    return this.#role.checkpoint();
  }

  status(): RoleStatus {
    return this.#role.status();
  }

  #act(out: Output<Message, Entry, Delivery>, action: (inner: Output<Message, Entry, Delivery>) => void): void {
    const inner = this.#inner;
    action(inner);
    out.send.push(...this.#liar.say(inner.send.splice(0)));
    out.sendAfterPersist.push(...this.#liar.say(inner.sendAfterPersist.splice(0)));
    out.persist.push(...inner.persist.splice(0));
    out.deliver.push(...inner.deliver.splice(0));
    out.trimThrough = Math.max(out.trimThrough, inner.trimThrough);
    inner.trimThrough = 0;
  }
}
