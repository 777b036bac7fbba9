/**
 * The acceptor of Multi-Paxos: one promise for all slots, an accepted proposal per slot.
 *
 * What it promised and what it accepted is on stable storage before the answer leaves (*Paxos Made Simple* §2.5). It
 * is also the keeper of the log: it answers learners that are behind, and forgets what a durable snapshot holds.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";
import type { Clock, RoleMachine, RoleStatus } from "../output.ts";
import { isFormer } from "../reconfiguration/membership.ts";
import { AcceptorLog } from "../replication/acceptor-log.ts";
import { mayBeLost } from "../quorum.ts";
import { LogKeeper } from "../replication/log-keeper.ts";
import { AcceptorMemberships } from "./acceptor-memberships.ts";
import { firstMemberships, type Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { Grant, leasing } from "./lease.ts";
import type { Accept, Accepted, Entry, Heartbeat, Message, Prepare, Probe, Slot, Trim } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { Sources } from "./sources.ts";

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #ownLearner: Address;
  /** It has no learner beside it, and keeps votes alone: no whole log. */
  readonly #isAuxiliary: boolean;

  #promised: Ballot = noBallot;
  /** The first slot that the last recorded promise did not count as chosen. */
  #recordedFrom: Slot = 1;
  readonly #log: AcceptorLog;
  readonly #memberships: AcceptorMemberships;
  readonly #sources: Sources;
  readonly #keeper: LogKeeper<Trim>;
  readonly #grant: Grant | undefined;
  #silentTicks: number;

  /** @param clock where the configuration has leases */
  constructor(configuration: Configuration, node: number, clock?: Clock) {
    this.#configuration = configuration;
    this.#node = node;
    this.#isAuxiliary = configuration.auxiliaries.includes(node);
    this.#log = new AcceptorLog(configuration.limits);
    const log = this.#log;
    const first = firstMemberships(configuration);
    const memberships = new AcceptorMemberships(log, first);
    const heard = new Sources(first);
    this.#memberships = memberships;
    this.#sources = heard;
    const { timing, limits } = configuration;
    this.#keeper = new LogKeeper(
      {
        timing,
        limits,
        get nodes() {
          return memberships.now.latest.membership.mains;
        },
        // Who chose what it lacks may be no member of the latest membership, and alone have it until that is in force.
        get sources() {
          return heard.nodesFrom(log.chosenThrough + 1, memberships.now);
        },
        get mayBeLost() {
          return mayBeLost(memberships.now.latest.membership.quorums);
        },
        forgot: (trim) => memberships.forgot(trim),
      },
      node,
      log,
    );
    this.#ownLearner = addressOf("learner", node);
    const leases = leasing(configuration.lease, clock);
    this.#grant = leases && new Grant(leases);
    // A new acceptor has heard no leader, and keeps nobody from becoming one.
    this.#silentTicks = configuration.timing.electionTicks;
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Prepare":
        return this.#prepare(from, message, out);
      case "Accept":
        return this.#accept(from, message, out);
      case "Heartbeat":
        return this.#heartbeat(from, message, out);
      case "Probe":
        return this.#probe(from, message, out);
      case "CatchUp":
        return this.#keeper.catchUp(from, message, out);
      case "Chosen":
        return this.#keeper.repair(from, message, out);
      case "Trim":
        if (this.#isAuxiliary) return this.#relieved(from, message, out);
        return this.#keeper.trim(from, message, out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#silentTicks += 1;
    if (!this.#isAuxiliary) this.#keeper.tick(this.#log.commitPoint, out);
  }

  flush(): void {}

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Prepare":
        this.#promised = Math.max(this.#promised, entry.ballot);
        this.#recordedFrom = entry.from;
        this.#log.wasChosenThrough(entry.from - 1);
        return;
      case "Accept":
        this.#promised = Math.max(this.#promised, entry.ballot);
        this.#log.keep(entry);
        this.#log.learnCommit(entry.ballot, entry.commitPoint);
        return;
      case "Chosen":
        // It was kept because everything before it was known to be chosen.
        this.#log.wasChosenThrough(entry.from - 1);
        this.#log.keepChosen(entry);
        return;
      case "Trim":
        this.#log.forget(entry.slot);
        this.#memberships.forgot(entry);
        return;
    }
  }

  checkpoint(): readonly Entry[] {
    return [
      { kind: "Trim", slot: this.#log.trimmedThrough, memberships: this.#memberships.trimmed },
      { kind: "Prepare", ballot: this.#promised, from: this.#log.chosenThrough + 1 },
    ];
  }

  status(): RoleStatus {
    return {
      ballot: this.#promised,
      highestSlot: this.#log.highest,
      chosenThrough: this.#log.chosenThrough,
      trimmedThrough: this.#log.trimmedThrough,
      slotsHeld: this.#log.size,
    };
  }

  /**
   * Phase 1b. A ballot belongs to one proposer, so that an equal one is the same Prepare again, or its next page: the
   * answer is given again and promises nothing new. One that a lease forbids will come again.
   */
  #prepare(from: Address, { ballot, from: first }: Prepare, out: Output): void {
    if (ballot < this.#promised) {
      out.send.push({ to: from, message: { kind: "Rejected", ballot, promised: this.#promised } });
      return;
    }
    if (this.#grant?.forbids(ballot) === true) return;
    this.#promise(ballot, out);
    this.#silentTicks = 0;
    const memberships = this.#memberships.now.bytes;
    out.sendAfterPersist.push({ to: from, message: { ...this.#log.report(ballot, first), memberships } });
  }

  /**
   * Records the promise, and from which slot on it reports. The proposer will not finish the slots before: who knows
   * that they are chosen must not forget it, or no learner could learn them any more. A leader that must rely on it asks
   * for its promise again.
   */
  #promise(ballot: Ballot, out: Output): void {
    const from = this.#log.chosenThrough + 1;
    if (ballot === this.#promised && from <= this.#recordedFrom) return;
    this.#promised = ballot;
    this.#recordedFrom = from;
    out.persist.push({ kind: "Prepare", ballot, from });
  }

  /** Phase 2b: "an acceptor can accept a proposal numbered n iff it has not responded to a prepare request having a
   * number greater than n" (P1a, §2.2). */
  #accept(from: Address, message: Accept, out: Output): void {
    const { ballot, slot, commitPoint, value } = message;
    if (ballot < this.#promised) {
      out.send.push({ to: from, message: { kind: "Rejected", ballot, promised: this.#promised } });
      return;
    }
    this.#silentTicks = 0;
    // A trimmed slot is chosen: whoever prepares later hears so, and this vote need not be remembered. Without it a
    // leader that has to finish the slot might never get its quorum.
    if (slot <= this.#log.trimmedThrough) {
      this.#promise(ballot, out);
      out.sendAfterPersist.push({ to: from, message: { kind: "Accepted", ballot, slot } });
      return;
    }
    this.#promised = ballot;
    if (this.#log.ballotOf(slot) !== ballot) {
      out.persist.push(message);
      this.#log.keep(message);
    }
    this.#log.learnCommit(ballot, commitPoint);
    const vote: Accepted = { kind: "Accepted", ballot, slot };
    out.sendAfterPersist.push({ to: from, message: vote });
    if (!this.#isAuxiliary) {
      out.sendAfterPersist.push({
        to: this.#ownLearner,
        message: { kind: "AcceptedValue", ballot, slot, commitPoint, value },
      });
    }
    for (const learner of this.#otherLearners(ballot)) out.sendAfterPersist.push({ to: learner, message: vote });
  }

  /** The learners beside its own that are told of each vote (§2.3): all, or the one on the leader's node. */
  #otherLearners(ballot: Ballot): readonly Address[] {
    const { learning, identities } = this.#configuration;
    const every = learning === "every";
    const told = every ? this.#memberships.now.latest.membership.mains : [ballotOwner(ballot, identities)];
    return told.filter((node) => node !== this.#node).map((node) => addressOf("learner", node));
  }

  /** A leader says that all mains know what is chosen up to a slot: whoever reads it later reads it there. */
  #relieved(from: Address, trim: Trim, out: Output): void {
    if (roleOf(from) === "proposer") this.#keeper.relieve(trim, out);
  }

  #heartbeat(from: Address, message: Heartbeat, out: Output): void {
    const { ballot, commitPoint, round } = message;
    this.#sources.hear(message);
    if (ballot < this.#promised) {
      out.send.push({ to: from, message: { kind: "Rejected", ballot, promised: this.#promised } });
      return;
    }
    this.#silentTicks = 0;
    this.#log.learnCommit(ballot, commitPoint);
    // A leader that must not be promised is not to think that it has this acceptor, and go on without the promise.
    if (this.#grant?.give(ballot) === false) return;
    // Says nothing that a lost vote could make untrue, so that it need not wait for a sync: a leader of this ballot
    // was promised it durably, and a higher promise would have rejected it.
    const { chosenThrough } = this.#log;
    out.send.push({ to: from, message: { kind: "HeartbeatAck", ballot, round, chosenThrough } });
  }

  /**
   * Who is no member any more may be the last that holds what this log has dropped and the own learner lacks. It is not
   * told that it may go.
   */
  #needs(node: number, out: Output): boolean {
    if (this.#isAuxiliary || !isFormer(this.#memberships.now.latest.membership, node)) return false;
    return !this.#keeper.hasAll(out);
  }

  /** Who asks may be a member no more, and go when enough know what it helped to choose: that must outlive a restart. */
  #probe(from: Address, { round }: Probe, out: Output): void {
    if (this.#needs(nodeOf(from), out)) return;
    this.#promise(this.#promised, out);
    const isSilent = this.#silentTicks >= this.#configuration.timing.electionTicks;
    const leaderSilent = isSilent && this.#grant?.isRunning !== true;
    const memberships = this.#memberships.now.bytes;
    const { chosenThrough } = this.#log;
    const promised = this.#promised;
    out.sendAfterPersist.push({
      to: from,
      message: { kind: "ProbeReply", round, promised, leaderSilent, chosenThrough, memberships },
    });
  }
}
