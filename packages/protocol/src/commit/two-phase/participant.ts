/**
 * The participant of two-phase commit (Gray and Lamport 2006, §3: the resource manager). Until it has voted it may abort
 * by itself; afterwards it does what it is told, and asks whoever may know.
 */
import { addressOf, roleOf, type Address } from "../../address.ts";
import { ballotOwner } from "../../ballot.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import type { CommitConfiguration } from "../configuration.ts";
import type { InDoubt } from "../holdings.ts";
import type { StoreEntry } from "../messages.ts";
import { entrySlot } from "../place.ts";
import { isPlausible } from "../plausible.ts";
import { Store } from "../store.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Entry, Message } from "./messages.ts";

export class Participant implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: CommitConfiguration;
  readonly #node: number;
  readonly #store: Store;

  constructor(configuration: CommitConfiguration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#store = new Store(configuration, node);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, message)) return;
    switch (message.kind) {
      case "Put":
        return this.#store.put(from, message, out);
      case "Get":
        return this.#store.get(from, message, out);
      case "Abort":
        return this.#store.abort(message.transaction, out);
      case "VoteRequest": {
        const { transaction, participants } = message;
        if (this.#store.vote(from, transaction, participants, out) !== true) return;
        out.sendAfterPersist.push({ to: from, message: { kind: "Vote", transaction } });
        return;
      }
      case "Decision":
        return this.#store.decide(message.transaction, message.committed, out);
      case "Reminder":
        for (const { transaction, committed } of message.outcomes) this.#store.decide(transaction, committed, out);
        return this.#store.confirm(from, message.outcomes, out);
      case "Closed":
        return this.#store.close(message.transaction, out);
      case "Inquire":
        // Of a participant in doubt: whoever has not voted may still abort, and then all know.
        if (roleOf(from) === "participant") this.#store.abort(message.transaction, out);
        return this.#store.tell(from, message.transaction, out);
      default:
        return; // Not for a participant.
    }
  }

  tick(out: Output): void {
    out.trimThrough = entrySlot;
    this.#store.tick(out);
    for (const doubt of this.#store.inDoubt) {
      if (doubt.silentTicks >= this.#configuration.timing.doubtTicks) this.#inquire(doubt, out);
    }
  }

  flush(): void {}

  restore(entry: Entry): void {
    if (entry.kind !== "Reserved") this.#store.restore(entry);
  }

  checkpoint(): readonly StoreEntry[] {
    return this.#store.checkpoint();
  }

  status(): RoleStatus {
    return this.#store.status();
  }

  #inquire(doubt: InDoubt, out: Output): void {
    const { transaction, participants } = doubt;
    doubt.silentTicks = 0;
    const others = participants.filter(({ node }) => node !== this.#node);
    const asked = [
      addressOf("coordinator", ballotOwner(transaction, this.#configuration.nodes)),
      ...others.map(({ node }) => addressOf("participant", node)),
    ];
    for (const to of asked) out.send.push({ to, message: { kind: "Inquire", transaction, participants } });
  }
}
