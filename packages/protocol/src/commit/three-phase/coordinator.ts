/**
 * The coordinator of three-phase commit (Skeen 1981). Between the votes and the decision it lets every participant know
 * that all have voted for it. Who does not answer is taken for crashed: with a slow network that is wrong, and the others
 * may have decided differently meanwhile.
 */
import { addressOf, type Address } from "../../address.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import type { CommitConfiguration } from "../configuration.ts";
import { Coordination, participantAt, type CoordinatorEntry } from "../coordination.ts";
import type { Commit, Share, TransactionId } from "../messages.ts";
import { entrySlot } from "../place.ts";
import { isPlausible } from "../plausible.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Entry, Message } from "./messages.ts";

/**
 * It collects votes; it collects acknowledgements of what it told to commit; or an earlier life of it may have done so,
 * and it asks the participants what they have made of it.
 */
type Phase = "voting" | "preCommitting" | "asking";

interface UnderWay {
  readonly participants: readonly Share[];
  client: Address;
  phase: Phase;
  /** The nodes whose participants have answered in this phase. */
  answered: Set<number>;
  /** Ticks in this phase. */
  ageTicks: number;
}

export class Coordinator implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: CommitConfiguration;
  readonly #coordination: Coordination;
  readonly #underWay = new Map<TransactionId, UnderWay>();

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
        return this.#answered(from, message.transaction, "voting", out);
      case "PreCommitted":
        return this.#answered(from, message.transaction, "preCommitting", out);
      case "Decision":
        // Of a participant: it has aborted, or knows what was decided without this coordinator.
        return this.#decide(message.transaction, message.committed, out);
      case "Settled":
        return this.#coordination.settled(from, message, out);
      case "Inquire":
        return this.#coordination.tell(from, message.transaction, out);
      default:
        return; // Not for a coordinator.
    }
  }

  tick(out: Output): void {
    out.trimThrough = entrySlot;
    this.#coordination.tick(out);
    const { retryTicks, voteTicks, holdTicks } = this.#configuration.timing;
    for (const [transaction, underWay] of this.#underWay) {
      const { phase, answered } = underWay;
      underWay.ageTicks += 1;
      const isLate = underWay.ageTicks >= voteTicks;
      if (phase === "asking" && underWay.ageTicks >= 2 * holdTicks) this.#underWay.delete(transaction);
      else if (phase === "voting" && isLate) this.#decide(transaction, false, out);
      // One of them must know, or after a crash of all nobody would.
      else if (phase === "preCommitting" && isLate && answered.size > 0) this.#decide(transaction, true, out);
      else if (underWay.ageTicks % retryTicks === 0) this.#ask(transaction, underWay, out);
    }
  }

  flush(): void {}

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Reserved":
      case "Outcome":
      case "Decision":
      case "Forgotten":
        return this.#coordination.restore(entry);
      default:
        return; // Not a coordinator's.
    }
  }

  checkpoint(): readonly CoordinatorEntry[] {
    return this.#coordination.checkpoint();
  }

  status(): RoleStatus {
    return { underWay: this.#underWay.size, ...this.#coordination.status() };
  }

  #commit(client: Address, { transaction, participants }: Commit, out: Output): void {
    const known = this.#underWay.get(transaction);
    if (known !== undefined) {
      known.client = client;
      return;
    }
    if (this.#coordination.isOver(transaction)) return this.#coordination.recall(client, transaction, out);
    if (this.#underWay.size >= this.#configuration.limits.transactions || this.#coordination.isFull) {
      out.send.push({ to: client, message: { kind: "Overloaded", transaction } });
      return;
    }
    // The participants may be about to decide without it what an earlier life has begun.
    const phase = this.#coordination.isEarlier(transaction) ? "asking" : "voting";
    const underWay: UnderWay = { participants, client, phase, answered: new Set(), ageTicks: 0 };
    this.#underWay.set(transaction, underWay);
    this.#ask(transaction, underWay, out);
  }

  #ask(transaction: TransactionId, underWay: UnderWay, out: Output): void {
    const message = question(transaction, underWay);
    for (const { node } of underWay.participants) {
      if (!underWay.answered.has(node)) out.send.push({ to: addressOf("participant", node), message });
    }
  }

  #answered(from: Address, transaction: TransactionId, phase: Phase, out: Output): void {
    const underWay = this.#underWay.get(transaction);
    const node = underWay && participantAt(from, underWay.participants);
    if (underWay === undefined || node === undefined || underWay.phase !== phase) return;
    underWay.answered.add(node);
    if (underWay.answered.size < underWay.participants.length) return;
    if (phase === "preCommitting") return this.#decide(transaction, true, out);
    underWay.phase = "preCommitting";
    underWay.answered = new Set();
    underWay.ageTicks = 0;
    this.#ask(transaction, underWay, out);
  }

  #decide(transaction: TransactionId, committed: boolean, out: Output): void {
    const underWay = this.#underWay.get(transaction);
    if (underWay === undefined) return;
    this.#underWay.delete(transaction);
    this.#coordination.decide(transaction, underWay.participants, committed, out);
    const told = [...underWay.participants.map(({ node }) => addressOf("participant", node)), underWay.client];
    for (const to of told) this.#coordination.tell(to, transaction, out);
  }
}

/** What it asks the participants in a phase. */
function question(transaction: TransactionId, { phase, participants }: UnderWay): Message {
  switch (phase) {
    case "voting":
      return { kind: "VoteRequest", transaction, participants };
    case "preCommitting":
      return { kind: "PreCommit", transaction };
    case "asking":
      return { kind: "Inquire", transaction, participants };
  }
}
