/**
 * The participant of three-phase commit (Skeen 1981). One that has voted and hears nothing decides together with the
 * other participants: the first of them that is up leads, then the next.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../../address.ts";
import { ballotOwner } from "../../ballot.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import type { CommitConfiguration } from "../configuration.ts";
import type { InDoubt } from "../holdings.ts";
import type { Share, StoreEntry, TransactionId } from "../messages.ts";
import { entrySlot } from "../place.ts";
import { isPlausible } from "../plausible.ts";
import { Store } from "../store.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Entry, Message, PreCommit } from "./messages.ts";
import { Termination } from "./termination.ts";

export class Participant implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: CommitConfiguration;
  readonly #node: number;
  readonly #store: Store;
  /** Those in doubt of which it knows that all have voted for them. */
  readonly #preCommitted = new Set<TransactionId>();
  /** Those that it brings to their end. */
  readonly #terminations = new Map<TransactionId, Termination>();

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
      case "PreCommit":
        return this.#preCommit(from, message.transaction, out);
      case "PreCommitted":
        this.#terminations.get(message.transaction)?.moved(nodeOf(from));
        return;
      case "Decision":
        return this.#decide(message.transaction, message.committed, out);
      case "Reminder":
        for (const { transaction, committed } of message.outcomes) this.#decide(transaction, committed, out);
        return this.#store.confirm(from, message.outcomes, out);
      case "Settled":
        return this.#store.settled(from, message, out);
      case "StateRequest":
        return this.#tellState(from, message.transaction, out);
      case "State":
        this.#terminations.get(message.transaction)?.state(nodeOf(from), message);
        return;
      case "Inquire":
        return this.#store.tell(from, message.transaction, out);
      default:
        return; // Not for a participant.
    }
  }

  tick(out: Output): void {
    out.trimThrough = entrySlot;
    this.#store.tick(out);
    for (const doubt of this.#store.inDoubt) {
      const termination = this.#terminations.get(doubt.transaction);
      if (termination !== undefined) this.#goOn(doubt, termination, out);
      else if (doubt.silentTicks >= this.#patience(doubt)) this.#terminate(doubt, out);
    }
  }

  flush(): void {}

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Reserved":
        return; // Not a participant's.
      case "PreCommit":
        if (this.#store.doubtOf(entry.transaction) !== undefined) this.#preCommitted.add(entry.transaction);
        return;
      case "Decision":
      case "Outcome":
        this.#preCommitted.delete(entry.transaction);
        return this.#store.restore(entry);
      default:
        return this.#store.restore(entry);
    }
  }

  checkpoint(): readonly (StoreEntry | PreCommit)[] {
    const known = [...this.#preCommitted].map((transaction) => ({ kind: "PreCommit", transaction }) as const);
    return [...this.#store.checkpoint(), ...known];
  }

  status(): RoleStatus {
    return { ...this.#store.status(), preCommitted: this.#preCommitted.size };
  }

  #preCommit(from: Address, transaction: TransactionId, out: Output): void {
    const doubt = this.#store.doubtOf(transaction);
    if (doubt === undefined) return this.#store.tell(from, transaction, out);
    doubt.silentTicks = 0;
    this.#know(transaction, out);
    out.sendAfterPersist.push({ to: from, message: { kind: "PreCommitted", transaction } });
  }

  /** All have voted for it: that must not be forgotten, since somebody may commit once it is told so. */
  #know(transaction: TransactionId, out: Output): void {
    if (this.#preCommitted.has(transaction)) return;
    this.#preCommitted.add(transaction);
    out.persist.push({ kind: "PreCommit", transaction });
  }

  #decide(transaction: TransactionId, committed: boolean, out: Output, heirs: readonly Share[] = []): void {
    this.#preCommitted.delete(transaction);
    this.#terminations.delete(transaction);
    this.#store.decide(transaction, committed, out, heirs);
  }

  /** Whoever has not voted aborts, and says so. */
  #tellState(from: Address, transaction: TransactionId, out: Output): void {
    if (roleOf(from) !== "participant") return;
    const doubt = this.#store.doubtOf(transaction);
    if (doubt === undefined) {
      this.#store.abort(transaction, out);
      return this.#store.tell(from, transaction, out);
    }
    doubt.silentTicks = 0;
    const preCommitted = this.#preCommitted.has(transaction);
    const { recovered } = doubt;
    out.sendAfterPersist.push({ to: from, message: { kind: "State", transaction, preCommitted, recovered } });
  }

  /** How long it waits, in ticks: each one longer than those before it, so that they lead one after the other. */
  #patience({ participants }: InDoubt): number {
    const place = participants.findIndex(({ node }) => node === this.#node);
    return this.#configuration.timing.doubtTicks * (1 + Math.max(0, place));
  }

  #terminate(doubt: InDoubt, out: Output): void {
    const { transaction, participants } = doubt;
    doubt.silentTicks = 0;
    const others = participants.map(({ node }) => node).filter((node) => node !== this.#node);
    const termination = new Termination(others);
    this.#terminations.set(transaction, termination);
    this.#ask(doubt, termination, out);
  }

  #ask({ transaction, participants }: InDoubt, termination: Termination, out: Output): void {
    const message: Message = termination.isMoving
      ? { kind: "PreCommit", transaction }
      : { kind: "StateRequest", transaction, participants };
    for (const node of termination.silent) out.send.push({ to: addressOf("participant", node), message });
    // Its coordinator may be back, and have decided before it went.
    const coordinator = addressOf("coordinator", ballotOwner(transaction, this.#configuration.nodes));
    if (!termination.isMoving) {
      out.send.push({ to: coordinator, message: { kind: "Inquire", transaction, participants } });
    }
  }

  #goOn(doubt: InDoubt, termination: Termination, out: Output): void {
    const { retryTicks, voteTicks } = this.#configuration.timing;
    const { transaction } = doubt;
    termination.ageTicks += 1;
    if (termination.silent.length > 0 && termination.ageTicks < voteTicks) {
      if (termination.ageTicks % retryTicks === 0) this.#ask(doubt, termination, out);
      return;
    }
    const preCommitted = this.#preCommitted.has(transaction);
    switch (termination.next({ preCommitted, recovered: doubt.recovered })) {
      case "wait":
        this.#terminations.delete(transaction);
        return;
      case "move":
        termination.move();
        this.#know(transaction, out);
        return this.#ask(doubt, termination, out);
      case "commit":
        return this.#end(doubt, true, out);
      case "abort":
        return this.#end(doubt, false, out);
    }
  }

  /** Nobody else may know how it ended: those that are not there have to hear it from here. */
  #end({ transaction, participants }: InDoubt, committed: boolean, out: Output): void {
    const others = participants.filter(({ node }) => node !== this.#node);
    this.#decide(transaction, committed, out, others);
    for (const { node } of others) this.#store.tell(addressOf("participant", node), transaction, out);
  }
}
