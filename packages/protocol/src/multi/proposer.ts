/**
 * The proposer of Multi-Paxos. The one that leads runs phase 1 once for all slots, then only phase 2 (*Paxos Made
 * Simple* §3).
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import { nextBallot, noBallot, type Ballot } from "../ballot.ts";
import type { Random, RoleMachine, RoleStatus } from "../output.ts";
import { Election } from "../leader/election.ts";
import { Preparation } from "../leader/preparation.ts";
import { RequestQueue } from "../leader/queue.ts";
import { isPhase1Quorum } from "../quorum.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { Leadership } from "./leadership.ts";
import type { Accepted, Entry, Heartbeat, HeartbeatAck, Message } from "./messages.ts";
import type { ProbeReply, Promised, Read, Rejected, Request, Slot } from "./messages.ts";
import { isPlausible } from "./plausible.ts";

export class Proposer implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #acceptors: readonly Address[];
  readonly #election: Election;
  readonly #queue: RequestQueue;

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
    this.#queue = new RequestQueue(configuration.limits);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Request":
        return this.#request(from, message, out);
      case "Read":
        return this.#read(from, message, out);
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
      if (!this.#leadership.reachesQuorum) this.#standDown(out, this.#leadership.reached);
      else if (!this.#leadership.isVouchedFor) this.#standDown(out);
      return;
    }
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
    this.#election.saw(entry.ballot);
  }

  checkpoint(): readonly Entry[] {
    return [{ kind: "Prepare", ballot: this.#ballot, from: 0 }];
  }

  status(): RoleStatus {
    const leading = this.#leadership;
    return {
      state: leading !== undefined ? "leading" : this.#preparation !== undefined ? "preparing" : "following",
      ballot: leading !== undefined ? this.#ballot : this.#election.highest,
      leader: leading !== undefined ? this.#node : this.#election.leader,
      commitPoint: leading?.commitPoint ?? this.#commitPoint,
      slotsInFlight: leading?.slotsInFlight ?? 0,
      queuedBytes: this.#queue.sizeBytes,
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

  #refusal(sequence: number): Message {
    const { reached, leader } = this.#election;
    if (reached === undefined) return { kind: "Redirect", sequence, leader };
    const { phase1, phase2 } = this.#configuration.quorums;
    return { kind: "NoQuorum", sequence, reachable: reached, needed: Math.max(phase1, phase2) };
  }

  #probeReply(from: Address, reply: ProbeReply, out: Output): void {
    if (this.#leadership !== undefined || this.#preparation !== undefined) return;
    if (this.#election.probed(nodeOf(from), reply)) this.#prepare(out);
  }

  /** Phase 1a, for every slot from the first that it does not know to be chosen. The ballot is durable first. */
  #prepare(out: Output): void {
    const { nodes } = this.#configuration;
    this.#ballot = nextBallot(Math.max(this.#ballot, this.#election.highest), this.#node, nodes.length);
    this.#election.saw(this.#ballot);
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

  /**
   * It heard from an earlier leader that more is chosen than any acceptor of the quorum can tell: without finishing
   * those slots no learner might ever learn them. The ballot is durable, since it has been promised.
   */
  #prepareLower(from: Slot, out: Output): void {
    this.#preparation = new Preparation(this.#acceptors, from, this.#configuration.timing.retryTicks);
    for (const acceptor of this.#acceptors) {
      out.send.push({ to: acceptor, message: { kind: "Prepare", ballot: this.#ballot, from } });
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

  #heartbeat({ ballot, commitPoint }: Heartbeat, out: Output): void {
    this.#commitPoint = Math.max(this.#commitPoint, commitPoint);
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
    this.#leadership = undefined;
    this.#preparation = undefined;
    for (const { client, sequence } of origins) out.send.push({ to: client, message: this.#refusal(sequence) });
  }
}
