/**
 * The coordinator of two-phase commit (Gray and Lamport 2006, §3): it commits a transaction when all participants have
 * voted for it, and aborts it when one has not in time. It alone decides.
 */
import { addressOf, roleOf, type Address } from "../../address.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import type { CommitConfiguration } from "../configuration.ts";
import { Coordination, participantAt, type CoordinatorEntry } from "../coordination.ts";
import type { Commit, Inquire, Share, TransactionId } from "../messages.ts";
import { entrySlot } from "../place.ts";
import { isPlausible } from "../plausible.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Entry, Message } from "./messages.ts";

/** A transaction on which it collects votes. Lost in a crash: then it is aborted when somebody asks. */
interface Vote {
  readonly participants: readonly Share[];
  client: Address;
  /** The nodes whose participants have voted for it. */
  readonly votes: Set<number>;
  ageTicks: number;
}

export class Coordinator implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: CommitConfiguration;
  readonly #coordination: Coordination;
  readonly #voting = new Map<TransactionId, Vote>();

  constructor(configuration: CommitConfiguration, node: number) {
    this.#configuration = configuration;
    this.#coordination = new Coordination(configuration, node);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, message)) return;
    switch (message.kind) {
      case "Begin":
        return this.#coordination.begin(from, message, out);
      case "Commit":
        if (this.#coordination.isOwn(message.transaction)) this.#commit(from, message, out);
        return;
      case "Vote":
        return this.#vote(from, message.transaction, out);
      case "Decision":
        // Of a participant: it has aborted, or knows from before what was decided.
        return this.#decide(message.transaction, message.committed, out);
      case "Settled":
        return this.#coordination.settled(from, message, out);
      case "Inquire":
        if (this.#coordination.isOwn(message.transaction)) this.#inquired(from, message, out);
        return;
      default:
        return; // Not for a coordinator.
    }
  }

  tick(out: Output): void {
    out.trimThrough = entrySlot;
    this.#coordination.tick(out);
    const { retryTicks, voteTicks } = this.#configuration.timing;
    for (const [transaction, voting] of this.#voting) {
      voting.ageTicks += 1;
      if (voting.ageTicks >= voteTicks) this.#decide(transaction, false, out);
      else if (voting.ageTicks % retryTicks === 0) this.#ask(transaction, voting, out);
    }
  }

  flush(): void {}

  restore(entry: Entry): void {
    if (entry.kind !== "Prepared" && entry.kind !== "Stored") this.#coordination.restore(entry);
  }

  checkpoint(): readonly CoordinatorEntry[] {
    return this.#coordination.checkpoint();
  }

  status(): RoleStatus {
    return { underWay: this.#voting.size, ...this.#coordination.status() };
  }

  #commit(client: Address, { transaction, participants }: Commit, out: Output): void {
    const known = this.#voting.get(transaction);
    if (known !== undefined) {
      known.client = client;
      return;
    }
    if (this.#coordination.isOver(transaction)) return this.#coordination.recall(client, transaction, out);
    if (this.#voting.size >= this.#configuration.limits.transactions || this.#coordination.isFull) {
      out.send.push({ to: client, message: { kind: "Overloaded", transaction } });
      return;
    }
    const voting: Vote = { participants, client, votes: new Set(), ageTicks: 0 };
    this.#voting.set(transaction, voting);
    this.#ask(transaction, voting, out);
  }

  #ask(transaction: TransactionId, { participants, votes }: Vote, out: Output): void {
    for (const { node } of participants) {
      if (votes.has(node)) continue;
      const to = addressOf("participant", node);
      out.send.push({ to, message: { kind: "VoteRequest", transaction, participants } });
    }
  }

  #vote(from: Address, transaction: TransactionId, out: Output): void {
    const voting = this.#voting.get(transaction);
    const node = voting && participantAt(from, voting.participants);
    if (voting === undefined || node === undefined) return;
    voting.votes.add(node);
    if (voting.votes.size === voting.participants.length) this.#decide(transaction, true, out);
  }

  /** §3: the decision is written before it is told; nobody else could say what it was. */
  #decide(transaction: TransactionId, committed: boolean, out: Output): void {
    const voting = this.#voting.get(transaction);
    if (voting === undefined) return;
    this.#voting.delete(transaction);
    this.#coordination.decide(transaction, voting.participants, committed, out);
    const told = [...voting.participants.map(({ node }) => addressOf("participant", node)), voting.client];
    for (const to of told) this.#coordination.tell(to, transaction, out);
  }

  /** A transaction that it knows nothing of was not committed: its votes were lost with an earlier life. */
  #inquired(from: Address, { transaction, participants }: Inquire, out: Output): void {
    if (this.#voting.has(transaction)) return;
    if (roleOf(from) === "participant") {
      if (!this.#coordination.isOver(transaction)) this.#coordination.decide(transaction, participants, false, out);
      this.#coordination.close(from, transaction, out);
    }
    this.#coordination.tell(from, transaction, out);
  }
}
