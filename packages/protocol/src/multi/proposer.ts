/**
 * The proposer of Multi-Paxos. The one that leads runs phase 1 once for all slots, then only phase 2 (*Paxos Made
 * Simple* §3).
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import { nextBallot, noBallot, type Ballot } from "../ballot.ts";
import type { Clock, Random, RoleMachine, RoleStatus } from "../output.ts";
import { Election } from "../leader/election.ts";
import { Preparation } from "../leader/preparation.ts";
import { RequestQueue } from "../leader/queue.ts";
import { isPhase1Quorum } from "../quorum.ts";
import { membersAmong } from "../reconfiguration/membership.ts";
import type { Memberships } from "../reconfiguration/memberships.ts";
import { firstMemberships, type Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { Leadership } from "./leadership.ts";
import { Grants, leasing, type Leasing } from "./lease.ts";
import type { Accepted, Entry, Heartbeat, HeartbeatAck, Message } from "./messages.ts";
import type { ProbeReply, Promised, Read, Reconfigure, Rejected, Request, Slot } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { everyMember, type NewRoster } from "./roster.ts";
import { Standing } from "./standing.ts";

/** What a proposer may be given beside what every one needs. */
export interface ProposerParts {
  /** Whom it calls on when it leads: all members unless it is given. */
  readonly newRoster?: NewRoster;
  /** Where the configuration has leases. */
  readonly clock?: Clock;
}

export class Proposer implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #election: Election;
  readonly #queue: RequestQueue;
  readonly #newRoster: NewRoster;
  readonly #leases: Leasing | undefined;

  /** The ballot that it prepares or leads with, or the last one that it did: on stable storage before it is used. */
  #ballot: Ballot = noBallot;
  /** All slots up to this one are chosen, as far as it has heard. */
  #commitPoint: Slot = 0;
  readonly #standing: Standing;
  /** Who takes part, as what the acceptors of phase 1 know to be chosen leaves it. */
  #prepared: Memberships;
  /** The auxiliaries are asked as well: too few of the others answered a probe. */
  #asksAuxiliaries = false;
  /** Phase 1 under way. */
  #preparation: Preparation | undefined;
  /** Phase 1 done: it leads. */
  #leadership: Leadership | undefined;
  /** Reads that were answered under a lease when it led before. */
  #leasedReads = 0;

  constructor(configuration: Configuration, node: number, random: Random, { newRoster, clock }: ProposerParts = {}) {
    this.#configuration = configuration;
    this.#node = node;
    this.#newRoster = newRoster ?? (() => everyMember(configuration.identities));
    this.#leases = leasing(configuration.lease, clock);
    const first = firstMemberships(configuration);
    this.#standing = new Standing(first, node);
    this.#prepared = first;
    this.#election = new Election(configuration, random);
    this.#queue = new RequestQueue(configuration.limits);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Request":
        return this.#request(from, message, out);
      case "Read":
        return this.#read(from, message, out);
      case "Reconfigure":
        return this.#reconfigure(from, message, out);
      case "Promised":
        return this.#promised(from, message, out);
      case "Accepted":
        return this.#accepted(from, message);
      case "Rejected":
        return this.#rejected(message, out);
      case "Heartbeat":
        return this.#heartbeat(message, out);
      case "HeartbeatAck":
        return this.#heartbeatAck(from, message, out);
      case "ProbeReply":
        return this.#probeReply(from, message, out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    if (this.#leadership !== undefined) {
      this.#leadership.tick(out);
      if (this.#leadership.isOver) this.#standDown(out);
      else if (!this.#leadership.reachesQuorum) this.#standDown(out, this.#leadership.reached);
      else if (!this.#leadership.isVouchedFor) this.#standDown(out);
      return;
    }
    if (this.#preparation?.tick() === true) {
      // The disk may be slow: not even the repeated Prepare leaves before the ballot is durable.
      for (const { acceptor, from } of this.#preparation.unanswered()) {
        out.sendAfterPersist.push({ to: acceptor, message: { kind: "Prepare", ballot: this.#ballot, from } });
      }
    }
    const isAgain = this.#election.isProbing;
    if (this.#election.tick()) {
      this.#release(out);
      this.#asksAuxiliaries = isAgain;
      const probe: Message = { kind: "Probe", round: this.#election.round };
      for (const acceptor of this.#probed()) out.send.push({ to: acceptor, message: probe });
    }
  }

  flush(out: Output): void {
    this.#leadership?.flush(this.#queue, out);
  }

  restore(entry: Entry): void {
    if (entry.kind !== "Prepare") return;
    this.#ballot = Math.max(this.#ballot, entry.ballot);
    this.#election.saw(entry.ballot);
  }

  checkpoint(): readonly Entry[] {
    return [{ kind: "Prepare", ballot: this.#ballot, from: 0 }];
  }

  status(): RoleStatus {
    const leading = this.#leadership;
    const { membership } = (leading?.memberships ?? this.#standing.memberships).latest;
    return {
      state: leading !== undefined ? "leading" : this.#preparation !== undefined ? "preparing" : "following",
      ballot: leading !== undefined ? this.#ballot : this.#election.highest,
      leader: leading !== undefined ? this.#node : this.#election.leader,
      commitPoint: leading?.commitPoint ?? this.#commitPoint,
      slotsInFlight: leading?.slotsInFlight ?? 0,
      queuedBytes: this.#queue.sizeBytes,
      ...(this.#leases && { leasedReads: this.#leasedReads + (leading?.leasedReads ?? 0) }),
      membership: membership.number,
      members: membership.members.join(","),
    };
  }

  /** A request waits for the leadership that this proposer has or is about to have; else its client is told. */
  #request(from: Address, request: Request, out: Output): void {
    if (this.#leadership === undefined && this.#preparation === undefined) {
      out.send.push({ to: from, message: this.#refusal(request.sequence) });
    } else if (!this.#queue.add({ client: from, sequence: request.sequence }, request.command)) {
      out.send.push({ to: from, message: { kind: "Overloaded", sequence: request.sequence } });
    }
  }

  #read(from: Address, read: Read, out: Output): void {
    if (this.#leadership === undefined) {
      out.send.push({ to: from, message: this.#refusal(read.sequence) });
    } else if (!this.#leadership.read(from, read)) {
      out.send.push({ to: from, message: { kind: "Overloaded", sequence: read.sequence } });
    }
  }

  #reconfigure(from: Address, message: Reconfigure, out: Output): void {
    if (this.#leadership !== undefined) return this.#leadership.reconfigure(from, message, out);
    out.send.push({ to: from, message: this.#refusal(message.sequence) });
  }

  #refusal(sequence: number): Message {
    const { reached, leader } = this.#election;
    if (reached === undefined) return { kind: "Redirect", sequence, leader };
    const { phase1, phase2 } = this.#standing.memberships.at(this.#commitPoint + 1).quorums;
    return { kind: "NoQuorum", sequence, reachable: reached, needed: Math.max(phase1, phase2) };
  }

  #probeReply(from: Address, reply: ProbeReply, out: Output): void {
    if (this.#leadership !== undefined || this.#preparation !== undefined) return;
    this.#learnMemberships(reply.memberships, reply.chosenThrough);
    if (this.#standing.relieves(nodeOf(from), reply.chosenThrough)) {
      out.deliver.push({ kind: "removed", from: this.#standing.memberships.latest.from });
    }
    if (this.#election.probed(nodeOf(from), reply) && this.#standing.isMember) this.#prepare(out);
  }

  /** Its own acceptor as well: it may know of members that this proposer has not heard of. */
  #probed(): readonly Address[] {
    return [...new Set([...this.#standing.members(this.#asksAuxiliaries), this.#node])].map((node) =>
      addressOf("acceptor", node),
    );
  }

  #learnMemberships(bytes: Uint8Array, chosenThrough: Slot): void {
    this.#standing.learn(bytes, chosenThrough);
    this.#election.isAmong(this.#standing.electorate);
  }

  /** Phase 1a, for every slot from the first that it does not know to be chosen. The ballot is durable first. */
  #prepare(out: Output): void {
    const { identities } = this.#configuration;
    this.#ballot = nextBallot(Math.max(this.#ballot, this.#election.highest), this.#node, identities);
    this.#election.saw(this.#ballot);
    const from = this.#commitPoint + 1;
    const prepare: Entry = { kind: "Prepare", ballot: this.#ballot, from };
    const acceptors = this.#newPreparation(from, this.#standing.members(this.#asksAuxiliaries));
    out.persist.push(prepare);
    for (const acceptor of acceptors) out.sendAfterPersist.push({ to: acceptor, message: prepare });
  }

  #newPreparation(from: Slot, nodes: readonly number[]): readonly Address[] {
    const acceptors = nodes.map((node) => addressOf("acceptor", node));
    this.#preparation = new Preparation(acceptors, from, this.#configuration.timing.retryTicks);
    this.#prepared = firstMemberships(this.#configuration);
    return acceptors;
  }

  #promised(from: Address, promise: Promised, out: Output): void {
    if (promise.ballot !== this.#ballot) return;
    if (this.#preparation === undefined) return this.#leadership?.promised(from, promise, out);
    const { chosenThrough: before } = this.#preparation;
    const next = this.#preparation.promised(from, promise);
    if (this.#preparation.chosenThrough > before) {
      this.#prepared = this.#prepared.from(promise.memberships) ?? this.#prepared;
    }
    if (next > 0) {
      this.#election.getsOn();
      out.send.push({ to: from, message: { kind: "Prepare", ballot: this.#ballot, from: next } });
      return;
    }
    const { answered, from: asked, chosenThrough } = this.#preparation;
    // Who chooses the first slot that is left to do is known by those who know all before it.
    const membership = this.#prepared.at(chosenThrough + 1);
    const { members, mains, acceptors, mainAcceptors } = membership;
    this.#ask(this.#preparation, this.#asksAuxiliaries ? acceptors : mainAcceptors, out);
    if (!isPhase1Quorum(membership.quorums, membersAmong(membership, answered))) return;
    if (chosenThrough < asked - 1) {
      return this.#prepareLower(chosenThrough + 1, this.#asksAuxiliaries ? members : mains, out);
    }
    this.#leadership = new Leadership(
      this.#configuration,
      this.#node,
      this.#ballot,
      this.#preparation,
      this.#prepared,
      this.#newRoster(membership, answered),
      this.#leases && new Grants(this.#leases),
    );
    this.#preparation = undefined;
    this.#leadership.announce(out);
  }

  /**
   * It heard from an earlier leader that more is chosen than any acceptor of the quorum can tell: without finishing
   * those slots no learner might ever learn them. The ballot is durable, since it has been promised.
   */
  #prepareLower(from: Slot, members: readonly number[], out: Output): void {
    for (const acceptor of this.#newPreparation(from, members)) {
      out.send.push({ to: acceptor, message: { kind: "Prepare", ballot: this.#ballot, from } });
    }
  }

  /** The ballot is durable, since somebody has promised it. */
  #ask(preparation: Preparation, acceptors: readonly Address[], out: Output): void {
    for (const acceptor of preparation.ask(acceptors)) {
      out.send.push({ to: acceptor, message: { kind: "Prepare", ballot: this.#ballot, from: preparation.from } });
    }
  }

  #accepted(from: Address, { ballot, slot }: Accepted): void {
    // A vote counts for its own ballot and no other.
    if (ballot === this.#ballot) this.#leadership?.vote(slot, nodeOf(from));
  }

  #rejected({ ballot, promised }: Rejected, out: Output): void {
    this.#election.saw(promised);
    if (ballot === this.#ballot && promised > ballot) this.#standDown(out);
  }

  #heartbeat({ ballot, commitPoint, memberships }: Heartbeat, out: Output): void {
    this.#commitPoint = Math.max(this.#commitPoint, commitPoint);
    this.#learnMemberships(memberships, commitPoint);
    const trying = this.#leadership !== undefined || this.#preparation !== undefined;
    if (trying && ballot < this.#ballot) return;
    this.#standDown(out);
    this.#election.heard(ballot);
  }

  #heartbeatAck(from: Address, { ballot, round, chosenThrough }: HeartbeatAck, out: Output): void {
    if (ballot === this.#ballot) this.#leadership?.acknowledged(nodeOf(from), round, chosenThrough, out);
  }

  /** Leads and prepares no more, and waits before it tries again. */
  #standDown(out: Output, reached?: number): void {
    if (this.#leadership === undefined && this.#preparation === undefined) return;
    this.#election.standDown(reached);
    this.#release(out);
  }

  /** Who waits is told, and may ask elsewhere: sessions make a second try harmless. */
  #release(out: Output): void {
    const origins = [...this.#queue.clear(), ...(this.#leadership?.origins() ?? [])];
    this.#commitPoint = Math.max(this.#commitPoint, this.#leadership?.commitPoint ?? 0);
    this.#leasedReads += this.#leadership?.leasedReads ?? 0;
    // What it alone knows to be chosen it may have to finish: those who come after may not have heard that they are to.
    if (this.#leadership !== undefined) {
      this.#learnMemberships(this.#leadership.memberships.bytes, this.#leadership.knownThrough);
    }
    this.#leadership = undefined;
    this.#preparation = undefined;
    for (const { client, sequence } of origins) out.send.push({ to: client, message: this.#refusal(sequence) });
  }
}
