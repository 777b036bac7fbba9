/**
 * The leader of Paxos Commit (Gray and Lamport 2006, §4.2). It asks for the votes, and counts what the acceptors accept
 * of them. A vote that does not come it replaces by "aborted", in a ballot of its own; and so does any other leader, when
 * this one is gone. Safety does not depend on there being one: at worst leaders compete.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../../address.ts";
import { noBallot, type Ballot } from "../../ballot.ts";
import type { RetryDelay } from "../../basic/delay.ts";
import type { RoleMachine, RoleStatus } from "../../output.ts";
import { hasAcceptor, isPhase2Quorum, noAcceptors, withAcceptor } from "../../quorum.ts";
import type { Commit, Decision, Inquire, Share, TransactionId } from "../messages.ts";
import { Numbering } from "../numbering.ts";
import { Outcomes } from "../outcomes.ts";
import { entrySlot } from "../place.ts";
import { isPlausible } from "../plausible.ts";
import { Commitment } from "./commitment.ts";
import { nextLeaderBallot, type Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./entries.ts";
import type { Entry, LeaderEntry, Message } from "./messages.ts";

export class Leader implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  /** The wait after a refusal. */
  readonly #delay: RetryDelay;
  readonly #numbering: Numbering;
  /** What it knows to be decided. The acceptors know it too: it is not on the disk of a leader. */
  readonly #outcomes: Outcomes;
  readonly #commitments = new Map<TransactionId, Commitment>();
  /** By acceptor: ticks since it could take part in nothing new. */
  readonly #fullTicks = new Map<number, number>();
  /** The highest ballot that it has begun, of all transactions: none is used by two lives of a leader. */
  #ballot: Ballot = noBallot;

  constructor(configuration: Configuration, node: number, delay: RetryDelay) {
    this.#configuration = configuration;
    this.#node = node;
    this.#delay = delay;
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
        return this.#commit(from, message, out);
      case "Inquire":
        return this.#inquired(from, message, out);
      case "Decision":
        if (roleOf(from) !== "client") this.#told(message, out);
        return;
      case "Closed":
        return this.#closed(from, message.transaction, out);
      case "Overloaded":
        if (this.#isAcceptor(from)) this.#fullTicks.set(nodeOf(from), 0);
        return;
      case "Promised":
      case "Accepted":
      case "Rejected":
        if (this.#isAcceptor(from)) this.#answered(nodeOf(from), message, out);
        return;
      default:
        return; // Not for a leader.
    }
  }

  tick(out: Output): void {
    out.trimThrough = entrySlot;
    const { retryTicks, voteTicks, doubtTicks, holdTicks } = this.#configuration.timing;
    for (const [acceptor, ticks] of this.#fullTicks) {
      if (ticks + 1 < doubtTicks) this.#fullTicks.set(acceptor, ticks + 1);
      else this.#fullTicks.delete(acceptor);
    }
    for (const commitment of this.#commitments.values()) {
      commitment.ageTicks += 1;
      commitment.lifeTicks += 1;
      // Whoever still waits for it asks again: what the acceptors have forgotten would stay here for ever.
      if (commitment.lifeTicks >= 2 * holdTicks) this.#commitments.delete(commitment.transaction);
      const { phase, ageTicks, delayTicks } = commitment;
      const isLate = phase === "waiting" ? ageTicks >= delayTicks : phase === "voting" && ageTicks >= voteTicks;
      if (isLate) this.#prepare(commitment, out);
      else if (ageTicks % retryTicks === 0) this.#ask(commitment, out);
    }
  }

  flush(): void {}

  restore(entry: Entry): void {
    if (entry.kind === "Reserved") this.#numbering.restore(entry);
    if (entry.kind === "Prepare") this.#ballot = Math.max(this.#ballot, entry.ballot);
  }

  checkpoint(): readonly LeaderEntry[] {
    const begun: readonly LeaderEntry[] =
      this.#ballot === noBallot ? [] : [{ kind: "Prepare", transaction: 0, ballot: this.#ballot, participants: [] }];
    return [...this.#numbering.checkpoint(), ...begun];
  }

  status(): RoleStatus {
    return { underWay: this.#commitments.size, outcomes: this.#outcomes.count, ballot: this.#ballot };
  }

  /** A client wants it committed, of whichever leader. */
  #commit(client: Address, message: Commit, out: Output): void {
    const { transaction, participants } = message;
    const known = this.#commitments.get(transaction);
    if (known !== undefined) {
      known.client = client;
      return;
    }
    if (this.#tells(client, message, out)) return;
    if (this.#outcomes.isForgotten(transaction)) {
      out.send.push({ to: client, message: { kind: "Closed", transaction } });
      return;
    }
    if (this.#commitments.size >= this.#configuration.limits.transactions || !this.#hasRoom()) {
      out.send.push({ to: client, message: { kind: "Overloaded", transaction } });
      return;
    }
    const commitment = this.#begin(transaction, participants);
    commitment.client = client;
    this.#ask(commitment, out);
  }

  /** A participant or an acceptor waits for the end of a transaction whose leader may be gone. */
  #inquired(from: Address, message: Inquire, out: Output): void {
    const { transaction, participants } = message;
    if (this.#commitments.has(transaction) || this.#tells(from, message, out)) return;
    if (roleOf(from) === "client" || this.#commitments.size >= this.#configuration.limits.transactions) return;
    this.#prepare(this.#begin(transaction, participants), out);
  }

  #begin(transaction: TransactionId, participants: readonly Share[]): Commitment {
    const commitment = new Commitment(transaction, participants, this.#configuration.quorums);
    this.#commitments.set(transaction, commitment);
    return commitment;
  }

  /** Phase 1, for all instances at once, in a ballot that no leader has used. */
  #prepare(commitment: Commitment, out: Output): void {
    const { transaction, participants, highest } = commitment;
    const above = Math.max(this.#ballot, highest);
    this.#ballot = nextLeaderBallot(above, this.#node, this.#configuration.nodes);
    commitment.prepare(this.#ballot);
    out.persist.push({ kind: "Prepare", transaction, ballot: this.#ballot, participants });
    this.#ask(commitment, out);
  }

  #answered(acceptor: number, message: Extract<Message, { readonly ballot: Ballot }>, out: Output): void {
    const commitment = this.#commitments.get(message.transaction);
    if (commitment === undefined || message.ballot !== commitment.ballot) return;
    const { phase } = commitment;
    if (message.kind === "Promised" && phase === "preparing") {
      if (commitment.promise(acceptor, message)) this.#ask(commitment, out);
    } else if (message.kind === "Accepted" && (phase === "voting" || phase === "proposing")) {
      commitment.accepted(acceptor, message);
      const { outcome } = commitment;
      if (outcome !== undefined) this.#decide(commitment, outcome, out);
    } else if (message.kind === "Rejected" && phase !== "waiting") {
      commitment.reject(message.promised, this.#delay);
    }
  }

  /** Sends what this phase waits for the answers of, to whoever has not answered. */
  #ask(commitment: Commitment, out: Output): void {
    const { transaction, participants, ballot, phase, promised, votes } = commitment;
    if (phase === "voting") {
      for (const node of commitment.missing) {
        const to = addressOf("participant", node);
        out.send.push({ to, message: { kind: "VoteRequest", transaction, participants } });
      }
      return;
    }
    if (phase === "waiting") return;
    for (let node = 1; node <= this.#configuration.quorums.acceptors; node++) {
      const to = addressOf("acceptor", node);
      if (phase === "proposing") {
        const leader = this.#node;
        out.sendAfterPersist.push({
          to,
          message: { kind: "Accept", transaction, ballot, leader, participants, votes },
        });
      } else if (!hasAcceptor(promised, node)) {
        out.sendAfterPersist.push({ to, message: { kind: "Prepare", transaction, ballot, participants } });
      }
    }
  }

  /**
   * An acceptor tells what was decided; or a participant does, or that it has aborted. Nobody else proposes "prepared" in
   * its instance, and so its word is enough: no instance has to be asked.
   */
  #told({ transaction, committed }: Decision, out: Output): void {
    const commitment = this.#commitments.get(transaction);
    if (commitment !== undefined) this.#decide(commitment, committed, out);
  }

  #decide({ transaction, participants, client }: Commitment, committed: boolean, out: Output): void {
    this.#commitments.delete(transaction);
    this.#outcomes.add(transaction, committed);
    const told = participants.map(({ node }) => addressOf("participant", node));
    if (client !== undefined) told.push(client);
    // The votes that decided are on the disks of the acceptors: this leaves at once.
    for (const to of told) out.send.push({ to, message: { kind: "Decision", transaction, committed } });
    for (const to of this.#acceptors()) {
      out.send.push({ to, message: { kind: "Outcome", transaction, committed, participants } });
    }
  }

  /**
   * An acceptor has forgotten so late a transaction that it may have forgotten this one, too. Where a quorum has, whoever
   * is in doubt about it may abort; where all participants have, nobody is. A client hears so, too: to it, it may have
   * ended in any way, long ago.
   */
  #closed(from: Address, transaction: TransactionId, out: Output): void {
    const commitment = this.#commitments.get(transaction);
    if (commitment === undefined) return;
    const { participants } = commitment;
    const asked = participants.map(({ node }) => addressOf("participant", node));
    const isOver = this.#isAcceptor(from)
      ? commitment.close(nodeOf(from))
      : asked.includes(from) && commitment.leave(nodeOf(from));
    if (isOver) {
      this.#commitments.delete(transaction);
      const client = commitment.client === undefined ? [] : [commitment.client];
      for (const to of [...asked, ...this.#acceptors(), ...client]) {
        out.send.push({ to, message: { kind: "Closed", transaction } });
      }
    } else if (this.#isAcceptor(from)) {
      // The other acceptors may never be so many, and the participants may know that it is over.
      for (const to of asked) out.send.push({ to, message: { kind: "Inquire", transaction, participants } });
    }
  }

  #tells(to: Address, { transaction, participants }: Commit | Inquire, out: Output): boolean {
    const committed = this.#outcomes.get(transaction);
    if (committed === undefined) return false;
    const outcome = { transaction, committed };
    // An acceptor has to remember it.
    if (this.#isAcceptor(to)) out.send.push({ to, message: { kind: "Outcome", ...outcome, participants } });
    else out.send.push({ to, message: { kind: "Decision", ...outcome } });
    return true;
  }

  /** Whether so many acceptors can take part in something new that it can be decided. */
  #hasRoom(): boolean {
    const free = this.#acceptors()
      .map(nodeOf)
      .filter((acceptor) => !this.#fullTicks.has(acceptor));
    return isPhase2Quorum(this.#configuration.quorums, free.reduce(withAcceptor, noAcceptors));
  }

  #acceptors(): readonly Address[] {
    const { acceptors } = this.#configuration.quorums;
    return Array.from({ length: acceptors }, (_, index) => addressOf("acceptor", index + 1));
  }

  #isAcceptor(address: Address): boolean {
    const node = nodeOf(address);
    return roleOf(address) === "acceptor" && node <= this.#configuration.quorums.acceptors;
  }
}
