/**
 * The participant of Paxos Commit (Gray and Lamport 2006, §4.2: the resource manager). Its vote is the first proposal of
 * its own instance, which it sends to the acceptors itself; one that has voted and is told nothing has another leader
 * finish the transaction.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../../address.ts";
import { ballotOwner } from "../../ballot.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import type { InDoubt } from "../holdings.ts";
import type { Share, StoreEntry, TransactionId } from "../messages.ts";
import { entrySlot } from "../place.ts";
import { isPlausible } from "../plausible.ts";
import { Store } from "../store.ts";
import { participantBallot, type Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Entry, Message } from "./messages.ts";

export class Participant implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #store: Store;
  /** By transaction in doubt: how often it has asked, so that it asks another leader each time. */
  readonly #inquiries = new Map<TransactionId, number>();

  constructor(configuration: Configuration, node: number) {
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
        if (roleOf(from) !== "proposer") return;
        if (this.#store.vote(from, transaction, participants, out) !== true) return;
        this.#propose(nodeOf(from), transaction, participants, out);
        return;
      }
      case "Decision":
        return this.#decide(message.transaction, message.committed, out);
      case "Reminder":
        for (const { transaction, committed } of message.outcomes) this.#decide(transaction, committed, out);
        return this.#store.confirm(from, message.outcomes, out);
      case "Closed":
        this.#inquiries.delete(message.transaction);
        return this.#store.close(message.transaction, out);
      case "Inquire":
        if (roleOf(from) === "proposer") this.#store.leave(from, message.transaction, out);
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
    switch (entry.kind) {
      case "Prepared":
      case "Decision":
      case "Outcome":
      case "Stored":
      case "Forgotten":
        return this.#store.restore(entry);
      case "Prepare":
      case "Accept":
      case "Reserved":
        return; // Not a participant's.
    }
  }

  checkpoint(): readonly StoreEntry[] {
    return this.#store.checkpoint();
  }

  status(): RoleStatus {
    return this.#store.status();
  }

  #decide(transaction: TransactionId, committed: boolean, out: Output): void {
    this.#inquiries.delete(transaction);
    this.#store.decide(transaction, committed, out);
  }

  /** §4.2: phase 2a in the first ballot, once its vote is durable. It is the same each time: nothing changes a vote. */
  #propose(leader: number, transaction: TransactionId, participants: readonly Share[], out: Output): void {
    const votes = [{ participant: this.#node, prepared: true }];
    for (let node = 1; node <= this.#configuration.quorums.acceptors; node++) {
      out.sendAfterPersist.push({
        to: addressOf("acceptor", node),
        message: { kind: "Accept", transaction, ballot: participantBallot, leader, participants, votes },
      });
    }
  }

  /** It asks the leader that began the transaction, then the others in turn. */
  #inquire(doubt: InDoubt, out: Output): void {
    const { transaction, participants } = doubt;
    const { nodes } = this.#configuration;
    doubt.silentTicks = 0;
    const asked = this.#inquiries.get(transaction) ?? 0;
    this.#inquiries.set(transaction, asked + 1);
    const leader = ((ballotOwner(transaction, nodes) - 1 + asked) % nodes) + 1;
    out.send.push({ to: addressOf("proposer", leader), message: { kind: "Inquire", transaction, participants } });
  }
}
