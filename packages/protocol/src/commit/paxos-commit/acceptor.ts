/**
 * The acceptor of Paxos Commit (Gray and Lamport 2006, §4.2): an acceptor of Paxos, for the instances of many
 * transactions. A promise is for all instances of one transaction. What is over it keeps as an outcome only, and until
 * all participants have that.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../../address.ts";
import { ballotOwner, noBallot, type Ballot } from "../../ballot.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import type { Outcome, Share, TransactionId } from "../messages.ts";
import { Outcomes } from "../outcomes.ts";
import { entrySlot } from "../place.ts";
import { isPlausible } from "../plausible.ts";
import { Reminders } from "../reminders.ts";
import { leaderOf, participantBallot, type Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Accept, AcceptorEntry, Entry, InstanceVote, Message, Prepare } from "./messages.ts";

/** What it has promised and accepted of one transaction. */
interface Instances {
  promised: Ballot;
  /** By participant: what it accepted in the highest ballot. */
  readonly accepted: Map<number, { readonly ballot: Ballot; readonly prepared: boolean }>;
  participants: readonly Share[];
  ageTicks: number;
}

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #undecided = new Map<TransactionId, Instances>();
  readonly #outcomes: Outcomes;
  readonly #reminders: Reminders;

  constructor(configuration: Configuration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#outcomes = new Outcomes(configuration.nodes, configuration.limits.outcomes);
    this.#reminders = new Reminders(configuration, this.#outcomes);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, message)) return;
    switch (message.kind) {
      case "Prepare":
        if (this.#isLeaders(from, message.ballot)) this.#prepare(from, message, out);
        return;
      case "Accept":
        if (this.#mayPropose(from, message)) this.#accept(message, out);
        return;
      case "Outcome":
        if (roleOf(from) === "proposer") this.#decided(message, out);
        return;
      case "Closed":
        if (roleOf(from) === "proposer") this.#close(message.transaction, out);
        return;
      case "Settled":
        return this.#reminders.settled(from, message, out);
      default:
        return; // Not for an acceptor.
    }
  }

  /** What nobody brings to its end, it asks for: else a leader that died would leave its votes here for ever. */
  tick(out: Output): void {
    out.trimThrough = entrySlot;
    this.#reminders.tick(out);
    const { nodes, timing } = this.#configuration;
    for (const [transaction, { participants, ...instances }] of this.#ageing()) {
      if (instances.ageTicks % timing.holdTicks !== 0) continue;
      const asked = ((this.#node + instances.ageTicks / timing.holdTicks) % nodes) + 1;
      out.send.push({ to: addressOf("proposer", asked), message: { kind: "Inquire", transaction, participants } });
    }
  }

  flush(): void {}

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Prepare":
        this.#promise(this.#instancesOf(entry.transaction), entry);
        return;
      case "Accept":
        this.#vote(this.#instancesOf(entry.transaction), entry);
        return;
      case "Outcome":
      case "Decision":
        this.#undecided.delete(entry.transaction);
        this.#outcomes.restore(entry);
        return;
      case "Forgotten":
        this.#outcomes.restore(entry);
        return;
      case "Prepared":
      case "Stored":
      case "Reserved":
        return; // Not an acceptor's.
    }
  }

  checkpoint(): readonly AcceptorEntry[] {
    const entries: AcceptorEntry[] = [...this.#outcomes.entries()];
    for (const [transaction, { promised, accepted, participants }] of this.#undecided) {
      for (const [participant, { ballot, prepared }] of accepted) {
        const votes = [{ participant, prepared }];
        entries.push({ kind: "Accept", transaction, ballot, leader: this.#node, participants, votes });
      }
      entries.push({ kind: "Prepare", transaction, ballot: promised, participants });
    }
    return entries;
  }

  status(): RoleStatus {
    return { undecided: this.#undecided.size, outcomes: this.#outcomes.count, owed: this.#outcomes.owed };
  }

  /** Phase 1b. */
  #prepare(from: Address, message: Prepare, out: Output): void {
    const { transaction, ballot } = message;
    if (this.#isOver(from, transaction, out)) return;
    const instances = this.#instancesOf(transaction);
    if (ballot < instances.promised) return this.#reject(from, message, instances.promised, out);
    if (ballot > instances.promised) {
      this.#promise(instances, message);
      out.persist.push(message);
    }
    const votes = [...instances.accepted].map(([participant, accepted]) => ({ participant, ...accepted }));
    // A Prepare that comes after the Accept of its ballot is late, and must not hear of what came after it.
    if (votes.some((vote) => vote.ballot === ballot)) return;
    out.sendAfterPersist.push({ to: from, message: { kind: "Promised", transaction, ballot, votes } });
  }

  /** Phase 2b: unless it has promised a higher ballot. */
  #accept(message: Accept, out: Output): void {
    const { transaction, ballot, votes } = message;
    const leader = addressOf("proposer", message.leader);
    if (this.#isOver(leader, transaction, out)) return;
    const instances = this.#instancesOf(transaction);
    if (ballot < instances.promised) return this.#reject(leader, message, instances.promised, out);
    if (this.#contradicts(instances, message)) return;
    if (votes.some(({ participant }) => instances.accepted.get(participant)?.ballot !== ballot)) {
      this.#vote(instances, message);
      out.persist.push(message);
    }
    out.sendAfterPersist.push({ to: leader, message: { kind: "Accepted", transaction, ballot, votes } });
  }

  /** A leader knows that every instance has chosen, or that one never can choose "prepared". */
  #decided(message: Outcome, out: Output): void {
    const { transaction, committed, participants } = message;
    const tookPart = this.#undecided.delete(transaction);
    if (this.#outcomes.get(transaction) !== undefined) return;
    // Of what it has taken no part in others can tell.
    if (!tookPart && (this.#outcomes.isForgotten(transaction) || this.#outcomes.isFull)) return;
    this.#outcomes.add(transaction, committed, participants);
    out.persist.push(message);
  }

  /**
   * So many others take part in it no more that nothing can come of its votes. A restart finds them, and asks again; but
   * of what is unknown here up to there, it says Closed from now on, and must say so after a restart: a leader decides by
   * it.
   */
  #close(transaction: TransactionId, out: Output): void {
    if (!this.#undecided.delete(transaction)) return;
    this.#outcomes.forget(transaction);
    const coordinator = ballotOwner(transaction, this.#configuration.nodes);
    out.persist.push({ kind: "Forgotten", coordinator, through: transaction });
  }

  /**
   * Whether it takes part in a transaction no more, or not yet. Whoever asks is told its outcome, as long as that is
   * known.
   */
  #isOver(from: Address, transaction: TransactionId, out: Output): boolean {
    const committed = this.#outcomes.get(transaction);
    if (committed !== undefined) {
      out.sendAfterPersist.push({ to: from, message: { kind: "Decision", transaction, committed } });
      return true;
    }
    if (this.#undecided.has(transaction)) return false;
    const isForgotten = this.#outcomes.isForgotten(transaction);
    const isFull = this.#outcomes.isFull || this.#undecided.size >= this.#configuration.limits.transactions;
    if (!isForgotten && !isFull) return false;
    out.sendAfterPersist.push({ to: from, message: { kind: isForgotten ? "Closed" : "Overloaded", transaction } });
    return true;
  }

  #instancesOf(transaction: TransactionId): Instances {
    let instances = this.#undecided.get(transaction);
    if (instances === undefined) {
      instances = { promised: noBallot, accepted: new Map(), participants: [], ageTicks: 0 };
      this.#undecided.set(transaction, instances);
    }
    return instances;
  }

  #promise(instances: Instances, { ballot, participants }: Prepare): void {
    instances.promised = Math.max(instances.promised, ballot);
    instances.participants = participants;
  }

  #vote(instances: Instances, { ballot, participants, votes }: Accept): void {
    instances.promised = Math.max(instances.promised, ballot);
    instances.participants = participants;
    for (const { participant, prepared } of votes) instances.accepted.set(participant, { ballot, prepared });
  }

  /** Whether it has accepted something else in this ballot, which no correct leader or participant proposes. */
  #contradicts({ accepted }: Instances, { ballot, votes }: Accept): boolean {
    return votes.some(({ participant, prepared }) => {
      const known = accepted.get(participant);
      return known !== undefined && known.ballot === ballot && known.prepared !== prepared;
    });
  }

  #reject(to: Address, { transaction, ballot }: Prepare | Accept, promised: Ballot, out: Output): void {
    out.send.push({ to, message: { kind: "Rejected", transaction, ballot, promised } });
  }

  #isLeaders(from: Address, ballot: Ballot): boolean {
    const { nodes } = this.#configuration;
    return roleOf(from) === "proposer" && ballot > participantBallot && leaderOf(ballot, nodes) === nodeOf(from);
  }

  /** In the first ballot a participant for itself; above it the leader whose ballot it is. */
  #mayPropose(from: Address, { ballot, leader, participants, votes }: Accept): boolean {
    const { nodes } = this.#configuration;
    if (leader < 1 || leader > nodes || !votes.every(isOf(participants))) return false;
    if (ballot !== participantBallot) return this.#isLeaders(from, ballot) && leader === nodeOf(from);
    return roleOf(from) === "participant" && votes.every(({ participant }) => participant === nodeOf(from));
  }

  #ageing(): Iterable<[TransactionId, Instances]> {
    for (const instances of this.#undecided.values()) instances.ageTicks += 1;
    return this.#undecided;
  }
}

function isOf(participants: readonly Share[]): (vote: InstanceVote) => boolean {
  return ({ participant }) => participants.some(({ node }) => node === participant);
}
