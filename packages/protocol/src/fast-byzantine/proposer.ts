/**
 * The proposer of Fast Byzantine Paxos. Every one knows what clients ask for; the one that leads proposes it. A leader
 * that lets a request wait is suspected, and replaced by the owner of the next ballot when 2f+1 proposers agree.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import type { Value } from "../value.ts";
import { commandsOf, isCommand, joinCommands } from "../commands.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Digest } from "../digest.ts";
import { Leadership } from "./leadership.ts";
import type { Entry, Known, Message, Request, Served, Stable, Suspect } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { PendingRequests } from "./requests.ts";
import { Suspicions } from "./suspicions.ts";

/** With each ballot that ends the next leader has twice the time, up to 2 to this power. */
const mostDoublings = 3;
/** A queue is no lie: as long as others are served, a request may wait so many times as long. */
const patience = 4;
/**
 * Election times after which a request is forgotten, longer than any leader is given: the client that still wants it sends
 * it again.
 */
const keptElectionTimes = 2 * patience * 2 ** mostDoublings;

const unsigned = new Uint8Array(0);

export class Proposer implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #digest: Digest;
  readonly #proposers: readonly Address[];
  readonly #suspicions: Suspicions;
  readonly #pending: PendingRequests;
  #ticks = 0;
  /** The ballot that it is in, as far as this proposer knows. */
  #ballot: Ballot = noBallot;
  #ballotSince = 0;
  /** It suspects the leaders of all ballots up to this one. */
  #suspects: Ballot = noBallot;
  #suspectedTicks = 0;
  /** Ballots that ended, less those that lasted. */
  #hastyBallots = 0;
  #servedAt = -Infinity;
  /** The highest ballot that it has led, in this life or an earlier one: on stable storage before it is used. */
  #led: Ballot = noBallot;
  #leadership: Leadership | undefined;
  /** What clients sent in this turn. */
  #received: Value[] = [];
  #stableThrough = 0;

  constructor(configuration: Configuration, node: number, digest: Digest) {
    this.#configuration = configuration;
    this.#node = node;
    this.#digest = digest;
    this.#proposers = configuration.nodes.map((each) => addressOf("proposer", each));
    this.#suspicions = new Suspicions(configuration.quorums);
    this.#pending = new PendingRequests(configuration.limits, digest);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Request":
        return this.#request(from, message, out);
      case "Suspect":
        return this.#suspect(from, message, out);
      case "Promised":
        return this.#leadership?.promised(nodeOf(from), message, out);
      case "Payload":
        return this.#leadership?.payload(nodeOf(from), message, out);
      case "Accepted":
        return this.#leadership?.accepted(nodeOf(from), message);
      case "Served":
        return this.#served(from, message);
      case "Stable":
        return this.#stable(from, message);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#ticks += 1;
    if (this.#ballot === noBallot) this.#enter(out);
    this.#leadership?.tick(out);
    const { electionTicks } = this.#configuration.timing;
    this.#pending.forget(this.#ticks - keptElectionTimes * electionTicks);
    if (this.#isLate) this.#beginToSuspect(this.#ballot, out);
    this.#suspectAgain(out);
  }

  flush(out: Output): void {
    if (this.#received.length > 0) {
      const known: Known = { kind: "Known", commands: joinCommands(this.#received) };
      this.#received = [];
      out.send.push({ to: addressOf("acceptor", this.#node), message: known });
    }
    this.#leadership?.flush(this.#pending, out);
  }

  restore(entry: Entry): void {
    if (entry.kind === "Prepare") this.#led = Math.max(this.#led, entry.ballot);
  }

  checkpoint(): readonly Entry[] {
    return [{ kind: "Prepare", ballot: this.#led, suspicions: [] }];
  }

  status(): RoleStatus {
    const leading = this.#leadership;
    return {
      state: leading === undefined ? "following" : leading.isCertified ? "leading" : "preparing",
      ballot: this.#ballot,
      leader: ballotOwner(this.#ballot, this.#proposers.length),
      suspects: this.#suspects,
      commitPoint: this.#stableThrough,
      slotsInFlight: leading?.slotsInFlight ?? 0,
      pendingBytes: this.#pending.sizeBytes,
    };
  }

  #request(from: Address, { sequence, command }: Request, out: Output): void {
    if (isCommand(command) && this.#pending.add(command, this.#ticks)) this.#received.push(command);
    else out.send.push({ to: from, message: { kind: "Overloaded", sequence } });
  }

  /** The learner of this node has learned these. */
  #served(from: Address, { commands }: Served): void {
    if (from !== addressOf("learner", this.#node)) return;
    if (!this.#pending.served(commandsOf(commands) ?? [])) return;
    this.#servedAt = this.#ticks;
    // A leader that lasts has time enough; one that served a little and was replaced had not.
    const lastedTicks = this.#ticks - this.#ballotSince;
    if (this.#hastyBallots > 0 && lastedTicks > patience * this.#timeoutTicks) this.#hastyBallots -= 1;
  }

  #stable(from: Address, { through }: Stable): void {
    if (from !== addressOf("learner", this.#node)) return;
    this.#stableThrough = Math.max(this.#stableThrough, through);
    this.#leadership?.stabilized(through);
  }

  /** How long a request may wait for the leader of this ballot. */
  get #timeoutTicks(): number {
    return this.#configuration.timing.electionTicks * 2 ** Math.min(this.#hastyBallots, mostDoublings);
  }

  /** Whether a request has waited too long for the leader of this ballot. */
  get #isLate(): boolean {
    const { oldest } = this.#pending;
    if (oldest === undefined || this.#suspects >= this.#ballot) return false;
    const timeoutTicks = this.#timeoutTicks;
    const servesOthers = this.#ticks - this.#servedAt < timeoutTicks;
    const since = Math.max(oldest, this.#ballotSince);
    return this.#ticks - since >= timeoutTicks * (servesOthers ? patience : 1);
  }

  /** Another proposer, or this one itself, whose suspicions come the same way: signed. */
  #suspect(from: Address, { ballot, signature }: Suspect, out: Output): void {
    this.#suspicions.take({ node: nodeOf(from), ballot, signature });
    this.#beginToSuspect(this.#suspicions.honest, out);
    if (this.#suspicions.current > this.#ballot) this.#enter(out);
  }

  #beginToSuspect(ballot: Ballot, out: Output): void {
    if (ballot <= this.#suspects) return;
    this.#suspects = ballot;
    this.#tellSuspicion(out);
  }

  /** Until the ballot ends, and then now and then for those that were away. */
  #suspectAgain(out: Output): void {
    if (this.#suspects === noBallot) return;
    this.#suspectedTicks += 1;
    const { retryTicks, electionTicks } = this.#configuration.timing;
    if (this.#suspectedTicks >= (this.#suspects < this.#ballot ? electionTicks : retryTicks)) this.#tellSuspicion(out);
  }

  #tellSuspicion(out: Output): void {
    this.#suspectedTicks = 0;
    const suspect: Suspect = { kind: "Suspect", ballot: this.#suspects, signature: unsigned };
    for (const to of this.#proposers) out.send.push({ to, message: suspect });
  }

  /** The ballot that the suspicions say: its owner leads it, once. */
  #enter(out: Output): void {
    const { current } = this.#suspicions;
    if (this.#ballot !== noBallot) this.#hastyBallots = Math.min(this.#hastyBallots + 1, mostDoublings);
    this.#ballot = current;
    this.#ballotSince = this.#ticks;
    this.#leadership = undefined;
    if (ballotOwner(current, this.#proposers.length) !== this.#node) return;
    // What it proposed in an earlier life it does not know any more, and it must not propose something else.
    if (current <= this.#led) return this.#beginToSuspect(current, out);
    this.#led = current;
    const suspicions = this.#suspicions.proof(current);
    out.persist.push({ kind: "Prepare", ballot: current, suspicions });
    this.#pending.beginAnew();
    this.#leadership = new Leadership(this.#configuration, current, suspicions, this.#digest);
    this.#leadership.stabilized(this.#stableThrough);
    this.#leadership.begin(out);
  }
}
