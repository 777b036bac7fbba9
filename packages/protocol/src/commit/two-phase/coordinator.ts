/**
 * The coordinator of two-phase commit (Gray and Lamport 2006, §3): it commits a transaction when all participants have
 * voted for it, and aborts it when one has not in time. It alone decides, and so its decision is durable before it
 * leaves.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../../address.ts";
import { ballotOwner } from "../../ballot.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import type { CommitConfiguration } from "../configuration.ts";
import type { Commit, Inquire, Share, TransactionId } from "../messages.ts";
import { Numbering } from "../numbering.ts";
import { Outcomes } from "../outcomes.ts";
import { entrySlot } from "../place.ts";
import { isPlausible } from "../plausible.ts";
import type { Delivery, Output } from "./entries.ts";
import type { CoordinatorEntry, Entry, Message } from "./messages.ts";

/** A transaction on which it collects votes. Lost in a crash: then it is aborted when somebody asks. */
interface Ballot {
  readonly participants: readonly Share[];
  client: Address;
  /** The nodes whose participants have voted for it. */
  readonly votes: Set<number>;
  ageTicks: number;
}

export class Coordinator implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: CommitConfiguration;
  readonly #node: number;
  readonly #numbering: Numbering;
  readonly #outcomes: Outcomes;
  readonly #voting = new Map<TransactionId, Ballot>();

  constructor(configuration: CommitConfiguration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#numbering = new Numbering(node, configuration.nodes);
    this.#outcomes = new Outcomes(configuration.nodes, configuration.limits.outcomes);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, message)) return;
    switch (message.kind) {
      case "Begin": {
        const transaction = this.#numbering.next(out);
        const { sequence } = message;
        out.sendAfterPersist.push({ to: from, message: { kind: "Begun", sequence, transaction } });
        return;
      }
      case "Commit":
        if (this.#isOwn(message.transaction)) this.#commit(from, message, out);
        return;
      case "Vote":
        this.#vote(from, message.transaction, out);
        return;
      case "Decision":
        // Of a participant: it has aborted, or knows from before what was decided.
        if (this.#voting.has(message.transaction)) this.#decide(message.transaction, message.committed, out);
        return;
      case "Inquire":
        if (this.#isOwn(message.transaction)) this.#inquired(from, message, out);
        return;
      default:
        return; // Not for a coordinator.
    }
  }

  tick(out: Output): void {
    out.trimThrough = entrySlot;
    const { retryTicks, voteTicks } = this.#configuration.timing;
    for (const [transaction, ballot] of this.#voting) {
      ballot.ageTicks += 1;
      if (ballot.ageTicks >= voteTicks) this.#decide(transaction, false, out);
      else if (ballot.ageTicks % retryTicks === 0) this.#ask(transaction, ballot, out);
    }
  }

  flush(): void {}

  restore(entry: Entry): void {
    if (entry.kind === "Reserved") this.#numbering.restore(entry);
    if (entry.kind === "Decision" || entry.kind === "Forgotten") this.#outcomes.restore(entry);
  }

  checkpoint(): readonly CoordinatorEntry[] {
    return [...this.#numbering.checkpoint(), ...this.#outcomes.entries()];
  }

  status(): RoleStatus {
    return { voting: this.#voting.size, outcomes: this.#outcomes.count };
  }

  #isOwn(transaction: TransactionId): boolean {
    return (
      ballotOwner(transaction, this.#configuration.nodes) === this.#node &&
      transaction <= this.#numbering.reservedThrough
    );
  }

  #commit(client: Address, { transaction, participants }: Commit, out: Output): void {
    const ballot = this.#voting.get(transaction);
    if (ballot !== undefined) {
      ballot.client = client;
      return;
    }
    if (this.#outcomes.get(transaction) !== undefined || this.#outcomes.isForgotten(transaction)) {
      this.#tell(client, transaction, out);
      return;
    }
    if (this.#voting.size >= this.#configuration.limits.transactions) {
      out.send.push({ to: client, message: { kind: "Overloaded", transaction } });
      return;
    }
    const begun: Ballot = { participants, client, votes: new Set(), ageTicks: 0 };
    this.#voting.set(transaction, begun);
    this.#ask(transaction, begun, out);
  }

  #ask(transaction: TransactionId, { participants, votes }: Ballot, out: Output): void {
    for (const { node } of participants) {
      if (votes.has(node)) continue;
      const to = addressOf("participant", node);
      out.send.push({ to, message: { kind: "VoteRequest", transaction, participants } });
    }
  }

  #vote(from: Address, transaction: TransactionId, out: Output): void {
    const ballot = this.#voting.get(transaction);
    const node = nodeOf(from);
    if (ballot === undefined || roleOf(from) !== "participant") return;
    if (!ballot.participants.some((share) => share.node === node)) return;
    ballot.votes.add(node);
    if (ballot.votes.size === ballot.participants.length) this.#decide(transaction, true, out);
  }

  /** §3: the decision is written before it is told; nobody else could say what it was. */
  #decide(transaction: TransactionId, committed: boolean, out: Output): void {
    const ballot = this.#voting.get(transaction);
    this.#voting.delete(transaction);
    this.#outcomes.add(transaction, committed);
    out.persist.push({ kind: "Decision", transaction, committed });
    if (ballot === undefined) return;
    for (const { node } of ballot.participants) this.#tell(addressOf("participant", node), transaction, out);
    this.#tell(ballot.client, transaction, out);
  }

  /** A transaction that it knows nothing of was not committed: its votes were lost with an earlier life. */
  #inquired(from: Address, { transaction }: Inquire, out: Output): void {
    if (this.#voting.has(transaction)) return;
    if (this.#outcomes.get(transaction) === undefined) {
      if (roleOf(from) !== "participant" || this.#outcomes.isForgotten(transaction)) return;
      this.#decide(transaction, false, out);
    }
    this.#tell(from, transaction, out);
  }

  #tell(to: Address, transaction: TransactionId, out: Output): void {
    const committed = this.#outcomes.get(transaction);
    if (committed === undefined) return;
    out.sendAfterPersist.push({ to, message: { kind: "Decision", transaction, committed } });
  }
}
