/**
 * The proposer of Generalized Paxos. The one that leads prepares a ballot, begins it with a safe history, and leaves the
 * rest to the clients and the acceptors, until commands collide or an instance is full: then it takes the next ballot.
 * Where they collide often, that is a classic one for a while, in which it orders commands itself.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import { nextBallot, noBallot, type Ballot } from "../ballot.ts";
import { Election } from "../leader/election.ts";
import type { Random, RoleMachine, RoleStatus } from "../output.ts";
import { isPhase1Quorum } from "../quorum.ts";
import type { Slot } from "../replication/messages.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Interference } from "./interference.ts";
import { Leadership } from "./leadership.ts";
import type { Entry, Heartbeat, Message, Prepare, ProbeReply, Promised, Rejected, Request } from "./messages.ts";
import { PaceKeeper } from "./pace.ts";
import { isPlausible } from "./plausible.ts";
import { Preparation } from "./preparation.ts";
import { WaitingCommands } from "./waiting-commands.ts";

export class Proposer implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #interference: Interference;
  readonly #node: number;
  readonly #acceptors: readonly Address[];
  readonly #election: Election;
  readonly #pace: PaceKeeper;
  /** Commands that clients sent late, or acceptors handed on. */
  #waiting: WaitingCommands;

  /** The ballot that it prepares or leads with, or the last one that it did: on stable storage before it is used. */
  #ballot: Ballot = noBallot;
  /** All instances up to this slot are closed, as far as it has heard. */
  #commitPoint: Slot = 0;
  /** Phase 1 under way. */
  #preparation: Preparation | undefined;
  /** Phase 1 done: it leads. */
  #leadership: Leadership | undefined;
  /** Ballots that it took as the leader, since commands had collided, and for whatever reason. */
  #collisions = 0;
  #recoveries = 0;
  /** The last ballot ended since its instance is to be closed. */
  #closes = false;

  constructor(configuration: Configuration, interference: Interference, node: number, random: Random) {
    this.#configuration = configuration;
    this.#interference = interference;
    this.#node = node;
    this.#acceptors = configuration.nodes.map((each) => addressOf("acceptor", each));
    this.#election = new Election(configuration, random);
    this.#pace = new PaceKeeper(configuration.fallBack);
    this.#waiting = new WaitingCommands(configuration.limits);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Request":
        return this.#request(from, message, out);
      case "Promised":
        return this.#promised(from, message, out);
      case "Accepted":
        return this.#leadership?.accepted(nodeOf(from), message);
      case "Inquire":
        return this.#leadership?.tell(from, message, out);
      case "Rejected":
        return this.#rejected(message);
      case "Heartbeat":
        return this.#heartbeat(message);
      case "HeartbeatAck":
        if (message.ballot === this.#ballot) this.#leadership?.acknowledged(nodeOf(from), message, out);
        return;
      case "ProbeReply":
        return this.#probeReply(from, message, out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#pace.tick();
    if (this.#leadership !== undefined) {
      this.#leadership.tick(out);
      const { reachesQuorum, reached, isVouchedFor, isClassic, hasGotOn } = this.#leadership;
      if (!reachesQuorum) this.#standDown(reached);
      else if (!isVouchedFor) this.#standDown();
      else if (isClassic && !this.#pace.isClassic && hasGotOn) this.#nextBallot(this.#leadership, out);
      return;
    }
    if (this.#preparation?.tick(this.#configuration.timing.retryTicks) === true) this.#sendPrepare(out);
    if (this.#election.tick()) {
      this.#preparation = undefined;
      const probe: Message = { kind: "Probe", round: this.#election.round };
      for (const acceptor of this.#acceptors) out.send.push({ to: acceptor, message: probe });
    }
  }

  /** Counts the votes of the turn, and sees whether this ballot can still choose what was asked for in it. */
  flush(out: Output): void {
    const leadership = this.#leadership;
    if (leadership === undefined) return;
    leadership.flush(out);
    const reason = leadership.needsBallot;
    if (reason === undefined) return;
    this.#recoveries += 1;
    this.#closes = reason === "full";
    if (reason === "collision") {
      this.#collisions += 1;
      this.#pace.collided(leadership.commitPoint + leadership.chosen);
    }
    this.#nextBallot(leadership, out);
  }

  /** Leaves the ballot that it leads in for a higher one. */
  #nextBallot({ commitPoint }: Leadership, out: Output): void {
    this.#commitPoint = commitPoint;
    this.#leadership = undefined;
    this.#election.getsOn();
    this.#prepare(out);
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
      fast: leading?.isClassic === false,
      leader: leading !== undefined ? this.#node : this.#election.leader,
      commitPoint: leading?.commitPoint ?? this.#commitPoint,
      chosen: leading?.chosen ?? 0,
      collisions: this.#collisions,
      recoveries: this.#recoveries,
    };
  }

  /**
   * A client that was not answered asks a proposer, too: the acceptors may not all have heard it. In a classic ballot they
   * hand on what they hear. It waits for the end of the turn, or for the leadership that is about to be.
   */
  #request(from: Address, { sequence, command }: Request, out: Output): void {
    const isClient = roleOf(from) === "client";
    if (this.#leadership !== undefined || this.#preparation !== undefined) {
      if (this.#waiting.add(command) || !isClient) return;
      out.send.push({ to: from, message: { kind: "Overloaded", sequence } });
      return;
    }
    if (!isClient) return;
    const { reached, leader } = this.#election;
    const { phase1, phase2 } = this.#configuration.quorums;
    const needed = Math.max(phase1, phase2);
    const message: Message =
      reached === undefined
        ? { kind: "Redirect", sequence, leader }
        : { kind: "NoQuorum", sequence, reachable: reached, needed };
    out.send.push({ to: from, message });
  }

  #probeReply(from: Address, reply: ProbeReply, out: Output): void {
    if (this.#leadership !== undefined || this.#preparation !== undefined) return;
    if (this.#election.probed(nodeOf(from), reply)) this.#prepare(out);
  }

  /** Phase 1a, for every instance. The ballot is durable first. */
  #prepare(out: Output): void {
    const { nodes, quorums } = this.#configuration;
    this.#ballot = nextBallot(Math.max(this.#ballot, this.#election.highest), this.#node, nodes.length);
    this.#election.saw(this.#ballot);
    this.#preparation = new Preparation(quorums, nodes);
    const prepare: Prepare = { kind: "Prepare", ballot: this.#ballot, from: 0 };
    out.persist.push(prepare);
    this.#sendPrepare(out);
  }

  /** The disk may be slow: not even a repeated Prepare leaves before the ballot is durable. */
  #sendPrepare(out: Output): void {
    for (const [node, from] of this.#preparation?.unanswered ?? []) this.#ask(node, from, out);
  }

  #ask(node: number, from: Slot, out: Output): void {
    const to = addressOf("acceptor", node);
    out.sendAfterPersist.push({ to, message: { kind: "Prepare", ballot: this.#ballot, from } });
  }

  #promised(from: Address, promise: Promised, out: Output): void {
    const preparation = this.#preparation;
    if (preparation === undefined || promise.ballot !== this.#ballot) return;
    const next = preparation.promised(nodeOf(from), promise);
    if (next > 0) return this.#ask(nodeOf(from), next, out);
    if (!isPhase1Quorum(this.#configuration.quorums, preparation.quorum)) return;
    this.#preparation = undefined;
    const options = {
      configuration: this.#configuration,
      interference: this.#interference,
      node: this.#node,
      ballot: this.#ballot,
      isClassic: this.#pace.isClassic,
      closes: this.#closes,
      waiting: this.#waiting,
    };
    this.#closes = false;
    this.#leadership = new Leadership(options, preparation);
    this.#leadership.begin(out);
  }

  #rejected({ ballot, promised }: Rejected): void {
    this.#election.saw(promised);
    if (ballot === this.#ballot && promised > ballot) this.#standDown();
  }

  #heartbeat({ ballot, commitPoint }: Heartbeat): void {
    this.#commitPoint = Math.max(this.#commitPoint, commitPoint);
    const trying = this.#leadership !== undefined || this.#preparation !== undefined;
    if (trying && ballot < this.#ballot) return;
    this.#standDown();
    this.#election.heard(ballot);
  }

  /** Leads and prepares no more, and waits before it tries again. */
  #standDown(reached?: number): void {
    if (this.#leadership === undefined && this.#preparation === undefined) return;
    this.#election.standDown(reached);
    this.#commitPoint = Math.max(this.#commitPoint, this.#leadership?.commitPoint ?? 0);
    this.#leadership = undefined;
    this.#preparation = undefined;
    // Their clients ask again.
    this.#waiting = new WaitingCommands(this.#configuration.limits);
  }
}
