/**
 * The proposer of Fast Paxos. The one that leads runs phase 1 once for all slots of a term; then acceptors take requests
 * from clients themselves, or, in a classic term, from the leader. To change from one to the other it begins a new term.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import { nextBallot, noBallot, type Ballot } from "../ballot.ts";
import { Election } from "../leader/election.ts";
import { Preparation } from "../leader/preparation.ts";
import { RequestQueue } from "../leader/queue.ts";
import type { Random, RoleMachine, RoleStatus } from "../output.ts";
import { isPhase1Quorum } from "../quorum.ts";
import { firstBallot, termOf } from "./ballots.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { Leadership } from "./leadership.ts";
import type { Accepted, Entry, Heartbeat, HeartbeatAck, Message, ProbeReply } from "./messages.ts";
import type { Promised, Rejected, Request, Slot } from "./messages.ts";
import { PaceKeeper } from "./pace.ts";
import { isPlausible } from "./plausible.ts";
import { RecentRequests } from "./recent.ts";

export class Proposer implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #acceptors: readonly Address[];
  /** It speaks of terms where others have ballots. */
  readonly #election: Election;
  readonly #pace: PaceKeeper;
  readonly #queue: RequestQueue;
  /** Requests that were taken lately: each acceptor hands one on. */
  readonly #taken: RecentRequests;

  /** The ballot that it prepares or leads with, or the last one that it did: on stable storage before it is used. */
  #ballot: Ballot = noBallot;
  /** All slots up to this one are chosen, as far as it has heard. */
  #commitPoint: Slot = 0;
  /** Phase 1 under way. */
  #preparation: Preparation | undefined;
  /** Phase 1 done: it leads. */
  #leadership: Leadership | undefined;

  constructor(configuration: Configuration, node: number, random: Random) {
    this.#configuration = configuration;
    this.#node = node;
    this.#acceptors = configuration.nodes.map((each) => addressOf("acceptor", each));
    this.#election = new Election(configuration, random);
    this.#pace = new PaceKeeper(configuration);
    this.#queue = new RequestQueue(configuration.limits);
    this.#taken = new RecentRequests(configuration.timing.retryTicks);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Request":
        return this.#request(from, message, out);
      case "Promised":
        return this.#promised(from, message, out);
      case "Accepted":
        return this.#accepted(from, message, out);
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
    this.#pace.tick();
    this.#taken.tick();
    if (this.#leadership !== undefined) return this.#lead(this.#leadership, out);
    if (this.#preparation?.tick() === true) {
      // The disk may be slow: not even the repeated Prepare leaves before the ballot is durable.
      for (const { acceptor, from } of this.#preparation.unanswered()) {
        out.sendAfterPersist.push({ to: acceptor, message: { kind: "Prepare", ballot: this.#ballot, from } });
      }
    }
    if (this.#election.tick()) {
      this.#release(out);
      const probe: Message = { kind: "Probe", round: this.#election.round };
      for (const acceptor of this.#acceptors) out.send.push({ to: acceptor, message: probe });
    }
  }

  flush(out: Output): void {
    this.#leadership?.flush(this.#queue, out);
  }

  restore(entry: Entry): void {
    if (entry.kind !== "Prepare") return;
    this.#ballot = Math.max(this.#ballot, entry.ballot);
    this.#election.saw(termOf(entry.ballot));
  }

  checkpoint(): readonly Entry[] {
    return [{ kind: "Prepare", ballot: this.#ballot, from: 0 }];
  }

  status(): RoleStatus {
    const leading = this.#leadership;
    return {
      state: leading !== undefined ? "leading" : this.#preparation !== undefined ? "preparing" : "following",
      ballot: this.#ballot,
      fast: leading?.isFast === true,
      leader: leading !== undefined ? this.#node : this.#election.leader,
      commitPoint: leading?.commitPoint ?? this.#commitPoint,
      slotsInFlight: leading?.slotsInFlight ?? 0,
      queuedBytes: this.#queue.sizeBytes,
    };
  }

  /** It leads: it goes on, changes the pace of its ballots, or stands down. */
  #lead(leadership: Leadership, out: Output): void {
    leadership.tick(out);
    if (!leadership.reachesQuorum) return this.#standDown(out, leadership.reached);
    if (!leadership.isVouchedFor) return this.#standDown(out);
    if (leadership.shouldFallBack) {
      this.#pace.fallBack();
      this.#beginTerm(out);
    } else if (!leadership.isFast && this.#pace.mayBeFast && leadership.reachesFastQuorum) {
      this.#beginTerm(out);
    }
  }

  /** A late request of a client, or what acceptors hand on. It waits for the leadership that there is or is about to be. */
  #request(from: Address, { sequence, command }: Request, out: Output): void {
    const isClient = roleOf(from) === "client";
    if (this.#leadership === undefined && this.#preparation === undefined) {
      if (isClient) out.send.push({ to: from, message: this.#refusal(sequence) });
      return;
    }
    if (this.#taken.slotOf(command) !== undefined) return;
    if (this.#leadership?.isOpen === true) {
      this.#leadership.relay(command, out);
    } else if (!this.#queue.add({ client: isClient ? from : 0, sequence }, command)) {
      if (isClient) out.send.push({ to: from, message: { kind: "Overloaded", sequence } });
      return;
    }
    this.#taken.add(command, 0);
  }

  #refusal(sequence: number): Message {
    const { reached, leader } = this.#election;
    if (reached === undefined) return { kind: "Redirect", sequence, leader };
    const { phase1, phase2 } = this.#configuration.quorums;
    return { kind: "NoQuorum", sequence, reachable: reached, needed: Math.max(phase1, phase2) };
  }

  #probeReply(from: Address, { promised, ...reply }: ProbeReply, out: Output): void {
    if (this.#leadership !== undefined || this.#preparation !== undefined) return;
    if (this.#election.probed(nodeOf(from), { ...reply, promised: termOf(promised) })) this.#prepare(out);
  }

  /** Leaves the term that it leads for a new one: what is open in the old one its phase 1 finds. */
  #beginTerm(out: Output): void {
    this.#commitPoint = Math.max(this.#commitPoint, this.#leadership?.commitPoint ?? 0);
    this.#leadership = undefined;
    this.#election.getsOn();
    this.#prepare(out);
  }

  /** Phase 1a, for every slot from the first that it does not know to be chosen. The ballot is durable first. */
  #prepare(out: Output): void {
    const highest = Math.max(termOf(this.#ballot), this.#election.highest);
    const term = nextBallot(highest, this.#node, this.#configuration.nodes.length);
    this.#ballot = firstBallot(term, this.#pace.next);
    this.#election.saw(term);
    const from = this.#commitPoint + 1;
    const prepare: Entry = { kind: "Prepare", ballot: this.#ballot, from };
    this.#preparation = new Preparation(this.#acceptors, from, this.#configuration.timing.retryTicks);
    out.persist.push(prepare);
    for (const acceptor of this.#acceptors) out.sendAfterPersist.push({ to: acceptor, message: prepare });
  }

  #promised(from: Address, promise: Promised, out: Output): void {
    if (this.#preparation === undefined || promise.ballot !== this.#ballot) return;
    const next = this.#preparation.promised(from, promise);
    if (next > 0) {
      this.#election.getsOn();
      out.send.push({ to: from, message: { kind: "Prepare", ballot: this.#ballot, from: next } });
      return;
    }
    const { quorum, from: asked, chosenThrough } = this.#preparation;
    if (!isPhase1Quorum(this.#configuration.quorums, quorum)) return;
    if (chosenThrough < asked - 1) return this.#prepareLower(chosenThrough + 1, out);
    this.#leadership = new Leadership(this.#configuration, this.#node, this.#ballot, this.#preparation);
    this.#preparation = undefined;
    this.#leadership.announce(out);
  }

  /** As in Multi-Paxos: more is chosen than any acceptor of the quorum can tell, and those slots must be finished. */
  #prepareLower(from: Slot, out: Output): void {
    this.#preparation = new Preparation(this.#acceptors, from, this.#configuration.timing.retryTicks);
    for (const acceptor of this.#acceptors) {
      out.send.push({ to: acceptor, message: { kind: "Prepare", ballot: this.#ballot, from } });
    }
  }

  #accepted(from: Address, vote: Accepted, out: Output): void {
    this.#leadership?.vote(nodeOf(from), vote, out);
  }

  #rejected({ ballot, promised }: Rejected, out: Output): void {
    this.#election.saw(termOf(promised));
    if (termOf(ballot) === termOf(this.#ballot) && termOf(promised) > termOf(ballot)) this.#standDown(out);
  }

  #heartbeat({ ballot, commitPoint }: Heartbeat, out: Output): void {
    this.#commitPoint = Math.max(this.#commitPoint, commitPoint);
    const trying = this.#leadership !== undefined || this.#preparation !== undefined;
    if (trying && ballot < this.#ballot) return;
    this.#standDown(out);
    this.#election.heard(termOf(ballot));
  }

  #heartbeatAck(from: Address, message: HeartbeatAck, out: Output): void {
    if (message.ballot === this.#ballot) this.#leadership?.acknowledged(from, nodeOf(from), message, out);
  }

  /** Leads and prepares no more, and waits before it tries again. */
  #standDown(out: Output, reached?: number): void {
    if (this.#leadership === undefined && this.#preparation === undefined) return;
    this.#election.standDown(reached);
    this.#release(out);
  }

  /** Who waits is told, and may ask elsewhere: sessions make a second try harmless. */
  #release(out: Output): void {
    this.#commitPoint = Math.max(this.#commitPoint, this.#leadership?.commitPoint ?? 0);
    this.#leadership = undefined;
    this.#preparation = undefined;
    for (const { client, sequence } of this.#queue.clear()) {
      if (client !== 0) out.send.push({ to: client, message: this.#refusal(sequence) });
    }
  }
}
