/**
 * The view server: it alone says who is the primary. It takes a server that it has not heard for a while for dead, and
 * goes on to a next view only when the primary has said that it acts in this one: else a backup without the data could
 * become the primary (MIT 6.824, spring 2013, lab 2, part A).
 *
 * It is one process. When it is gone the view stays as it is.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../../address.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import { entrySlot } from "../place.ts";
import { viewServerNode, type Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Entry, Message, View } from "./messages.ts";

export class ViewServer implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  #view: View = { kind: "View", view: 0, primary: 0, backup: 0 };
  /** The primary acts in this view. */
  #isAcknowledged = true;
  /** By node: ticks since its last ping. One that was never heard is not there. */
  readonly #silentTicks = new Map<number, number>();

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  step(from: Address, message: Message, out: Output): void {
    switch (message.kind) {
      case "Ping":
        if (roleOf(from) === "server") this.#pinged(nodeOf(from), message.view, out);
        return;
      case "AskView":
        out.sendAfterPersist.push({ to: from, message: this.#view });
        return;
      default:
        return; // Not for a view server.
    }
  }

  tick(out: Output): void {
    out.trimThrough = entrySlot;
    for (const [node, ticks] of this.#silentTicks) this.#silentTicks.set(node, ticks + 1);
    this.#review(out);
  }

  flush(): void {}

  restore(entry: Entry): void {
    if (entry.kind !== "View") return;
    this.#view = entry;
    // It will be told, when the primary acts in it; until then, and for as long as a server may be silent, nobody is dead.
    this.#isAcknowledged = false;
    for (const node of [entry.primary, entry.backup]) if (node !== 0) this.#silentTicks.set(node, 0);
  }

  checkpoint(): readonly Entry[] {
    return this.#view.view === 0 ? [] : [this.#view];
  }

  status(): RoleStatus {
    const { view, primary, backup } = this.#view;
    return { view, primary, backup, acknowledged: this.#isAcknowledged };
  }

  #pinged(node: number, view: number, out: Output): void {
    if (node === viewServerNode || node > this.#configuration.nodes) return;
    const hasPart = node === this.#view.primary || node === this.#view.backup;
    if (view === 0 && hasPart && this.#isAcknowledged) {
      // It has been down: what was under way is lost, and it begins anew, as one that was dead.
      this.#silentTicks.delete(node);
      this.#review(out);
    }
    this.#silentTicks.set(node, 0);
    if (node === this.#view.primary && view === this.#view.view) this.#isAcknowledged = true;
    this.#review(out);
    out.sendAfterPersist.push({ to: addressOf("server", node), message: this.#view });
  }

  /** Goes on to the next view when one is due and allowed. */
  #review(out: Output): void {
    if (!this.#isAcknowledged) return;
    const { view, primary: was, backup: next } = this.#view;
    const isFirst = view === 0;
    const primary = isFirst ? this.#idle(0, 0) : this.#isAlive(was) ? was : this.#isAlive(next) ? next : 0;
    // Nobody who has the data is there.
    if (primary === 0) return;
    const backup = this.#isAlive(next) && next !== primary ? next : this.#idle(primary, was);
    if (primary === was && backup === next) return;
    this.#view = { kind: "View", view: view + 1, primary, backup };
    this.#isAcknowledged = false;
    out.persist.push(this.#view);
  }

  /** A server that is there and has no part in the view; 0 for none. */
  #idle(primary: number, was: number): number {
    for (const node of this.#silentTicks.keys()) {
      if (node !== primary && node !== was && this.#isAlive(node)) return node;
    }
    return was !== primary && this.#isAlive(was) ? was : 0;
  }

  #isAlive(node: number): boolean {
    return (this.#silentTicks.get(node) ?? Infinity) < this.#configuration.timing.deadTicks;
  }
}
