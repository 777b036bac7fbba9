/**
 * The acceptor of Fast Paxos: it votes for what its leader proposes, and, when the leader has said Any, for what clients
 * ask, each request in its next free slot.
 *
 * It votes once for each slot and ballot. A vote in a slot is a promise for that slot, and for all slots only that it
 * has left the terms before: a collision is recovered in the next ballot of one slot while others go on below it.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import { noBallot, type Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { AcceptorLog } from "../replication/acceptor-log.ts";
import { LogKeeper } from "../replication/log-keeper.ts";
import { sameValue, type Value } from "../value.ts";
import { lowestOfTerm, ownerOf, recoversItself } from "./ballots.ts";
import { Collisions, type Recovered } from "./collisions.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Accept, Accepted, Any, CatchUp, Entry, Heartbeat, Learned, Message } from "./messages.ts";
import type { Prepare, Probe, Request, Slot } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { RecentRequests } from "./recent.ts";

/** Votes that a learner gets again when it asks for what is not known to be chosen. */
const votesRepeated = 16;

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #log: AcceptorLog;
  readonly #keeper: LogKeeper;
  readonly #collisions: Collisions;
  readonly #recent: RecentRequests;

  #promised: Ballot = noBallot;
  /** The first slot that the last recorded promise did not count as chosen. */
  #recordedFrom: Slot = 1;
  /** Its votes on stable storage say that all slots up to here are chosen. */
  #lasting: Slot = 0;
  /** The leader lets it vote for what clients ask, from a slot on. */
  #any: { readonly ballot: Ballot; readonly from: Slot } | undefined;
  /** No slot below is free in the ballot of `#any`. */
  #next: Slot = 1;
  /** The ballot of the leader that was heard last. */
  #leader: Ballot = noBallot;
  /** All slots up to here are chosen, said a leader. */
  #known: Slot = 0;
  #silentTicks: number;

  constructor(configuration: Configuration, node: number) {
    const { nodes, quorums, timing, limits } = configuration;
    this.#configuration = configuration;
    this.#node = node;
    this.#log = new AcceptorLog(limits);
    const mayBeLost = nodes.length - Math.max(quorums.phase1, quorums.phase2);
    this.#keeper = new LogKeeper({ nodes, sources: nodes, timing, limits, mayBeLost }, node, this.#log);
    this.#collisions = new Collisions(quorums, limits.learnerSlots);
    this.#recent = new RecentRequests(timing.electionTicks);
    // A new acceptor has heard no leader, and keeps nobody from becoming one.
    this.#silentTicks = timing.electionTicks;
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Request":
        return this.#request(from, message, out);
      case "Prepare":
        return this.#prepare(from, message, out);
      case "Any":
        return this.#open(from, message, out);
      case "Accept":
        return this.#accept(from, message, out);
      case "Accepted":
        return this.#seeVote(nodeOf(from), message, out);
      case "Heartbeat":
        return this.#heartbeat(from, message, out);
      case "Probe":
        return this.#probe(from, message, out);
      case "Learned":
        return this.#learned(from, message, out);
      case "CatchUp":
        return this.#catchUp(from, message, out);
      case "Chosen":
        return this.#keeper.repair(from, message, out);
      case "Trim":
        return this.#keeper.trim(from, message, out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#silentTicks += 1;
    this.#recent.tick();
    this.#collisions.forget(this.#log.chosenThrough);
    for (const recovered of this.#collisions.tick()) this.#recover(recovered, out);
    this.#keeper.tick(this.#known, out);
  }

  flush(): void {}

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Prepare":
        this.#promised = Math.max(this.#promised, entry.ballot);
        this.#recordedFrom = entry.from;
        this.#log.wasChosenThrough(entry.from - 1);
        return;
      case "Accepted":
        this.#promised = Math.max(this.#promised, lowestOfTerm(entry.ballot));
        this.#log.wasChosenThrough(entry.chosenThrough);
        this.#lasting = Math.max(this.#lasting, entry.chosenThrough);
        this.#log.keep(entry);
        return;
      case "Chosen":
        // It was kept because everything before it was known to be chosen.
        this.#log.wasChosenThrough(entry.from - 1);
        this.#log.keepChosen(entry);
        return;
      case "Trim":
        this.#log.forget(entry.slot);
        return;
    }
  }

  checkpoint(): readonly Entry[] {
    return [
      { kind: "Trim", slot: this.#log.trimmedThrough },
      { kind: "Prepare", ballot: this.#promised, from: this.#log.chosenThrough + 1 },
    ];
  }

  status(): RoleStatus {
    return {
      ballot: this.#promised,
      open: this.#any !== undefined,
      highestSlot: this.#log.highest,
      chosenThrough: this.#log.chosenThrough,
      trimmedThrough: this.#log.trimmedThrough,
      slotsHeld: this.#log.size,
    };
  }

  /** Phase 1b, for all slots. Equal ballots are the same Prepare again, or its next page. */
  #prepare(from: Address, { ballot, from: first }: Prepare, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    this.#promise(ballot, out);
    this.#silentTicks = 0;
    out.sendAfterPersist.push({ to: from, message: this.#log.report(ballot, first) });
  }

  /** As in Multi-Paxos: what is known to be chosen is recorded with the promise, for it is not reported. */
  #promise(ballot: Ballot, out: Output): void {
    const from = this.#log.chosenThrough + 1;
    if (ballot === this.#promised && from <= this.#recordedFrom) return;
    this.#promised = ballot;
    this.#recordedFrom = from;
    this.#close();
    out.persist.push({ kind: "Prepare", ballot, from });
  }

  #open(from: Address, { ballot, from: first }: Any, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    if (this.#any !== undefined && this.#any.ballot >= ballot) return;
    this.#any = { ballot, from: first };
    this.#next = first;
  }

  /** An Any of a ballot that it has left is void. */
  #close(): void {
    if (this.#any !== undefined && this.#any.ballot < this.#promised) this.#any = undefined;
  }

  /** Phase 2b of a fast ballot: "any acceptor that gets a proposed value treats it as if it were the leader's". */
  #request(from: Address, request: Request, out: Output): void {
    const { command } = request;
    if (this.#any === undefined) return this.#handOn(from, request, out);
    const slot = this.#recent.slotOf(command);
    if (slot !== undefined && this.#repeatVote(slot, command, out)) return;
    const free = this.#nextFree(this.#any.ballot);
    // No refusal: the others may take it, and one that is only behind must not keep its client from looking elsewhere.
    if (free > this.#log.chosenThrough + this.#configuration.limits.windowSlots) return;
    this.#vote(this.#any.ballot, free, command, out);
  }

  /** Nothing is fast now: the leader orders requests. It is sent one by each acceptor, and takes the first. */
  #handOn(from: Address, request: Request, out: Output): void {
    const leader = ownerOf(this.#leader, this.#configuration.nodes.length);
    if (leader !== 0 && roleOf(from) === "client") {
      out.send.push({ to: addressOf("proposer", leader), message: request });
    }
  }

  /**
   * Tells again of a request that it has voted for, if it is still undecided: the vote may have been lost. One that is
   * chosen and comes again wants its answer again: it gets another slot, and its session sees to it.
   */
  #repeatVote(slot: Slot, command: Value, out: Output): boolean {
    const held = slot > this.#log.chosenThrough ? this.#log.valueOf(slot) : undefined;
    if (held === undefined || !sameValue(held, command)) return false;
    this.#tell(slot, out);
    return true;
  }

  #nextFree(ballot: Ballot): Slot {
    this.#next = Math.max(this.#next, this.#log.chosenThrough + 1);
    while (this.#log.ballotOf(this.#next) >= ballot) this.#next += 1;
    return this.#next;
  }

  #accept(from: Address, { ballot, slot, commitPoint, value }: Accept, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    this.#hears(ballot, commitPoint);
    // A second vote in a fast ballot could be for another value: that the slot is chosen is all that need be said.
    if (slot <= this.#log.chosenThrough) return this.#acknowledge(from, ballot, out);
    if (this.#log.ballotOf(slot) >= ballot) this.#tell(slot, out);
    else this.#vote(ballot, slot, value, out);
  }

  /** The vote of another acceptor, or its own. */
  #seeVote(node: number, vote: Accepted, out: Output): void {
    const recovered = this.#collisions.voted(node, vote, this.#log.chosenThrough);
    if (recovered !== undefined) this.#recover(recovered, out);
  }

  #recover({ ballot, slot, value }: Recovered, out: Output): void {
    const isPast = ballot < this.#promised || slot <= this.#log.chosenThrough || this.#log.ballotOf(slot) >= ballot;
    if (!isPast) this.#vote(ballot, slot, value, out);
  }

  /** The one place where it votes: nothing is voted for below a promise, nor twice in a slot and ballot. */
  #vote(ballot: Ballot, slot: Slot, value: Value, out: Output): void {
    this.#promised = Math.max(this.#promised, lowestOfTerm(ballot));
    this.#close();
    this.#log.keep({ slot, ballot, value });
    if (value.length > 0) this.#recent.add(value, slot);
    this.#lasting = this.#log.chosenThrough;
    const vote = this.#voteOf(slot, ballot, value);
    out.persist.push(vote);
    this.#send(vote, out);
    if (recoversItself(ballot)) this.#seeVote(this.#node, vote, out);
  }

  /** Tells its last vote in a slot again. */
  #tell(slot: Slot, out: Output): void {
    const value = this.#log.valueOf(slot);
    if (value !== undefined) this.#send(this.#voteOf(slot, this.#log.ballotOf(slot), value), out);
  }

  /** What is chosen it says only as far as it will after a restart: its learner forgets that. */
  #voteOf(slot: Slot, ballot: Ballot, value: Value): Accepted {
    return { kind: "Accepted", ballot, slot, chosenThrough: this.#lasting, value };
  }

  /** To the leader and all learners; to the other acceptors where they recover by themselves. */
  #send(vote: Accepted, out: Output): void {
    const { nodes } = this.#configuration;
    const leader = ownerOf(vote.ballot, nodes.length);
    out.sendAfterPersist.push({ to: addressOf("proposer", leader), message: vote });
    for (const node of nodes) out.sendAfterPersist.push({ to: addressOf("learner", node), message: vote });
    if (!recoversItself(vote.ballot)) return;
    for (const node of nodes) {
      if (node !== this.#node) out.sendAfterPersist.push({ to: addressOf("acceptor", node), message: vote });
    }
  }

  #heartbeat(from: Address, { ballot, commitPoint }: Heartbeat, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    this.#hears(ballot, commitPoint);
    this.#acknowledge(from, ballot, out);
  }

  #hears(ballot: Ballot, commitPoint: Slot): void {
    this.#silentTicks = 0;
    this.#leader = Math.max(this.#leader, ballot);
    this.#known = Math.max(this.#known, commitPoint);
  }

  #acknowledge(to: Address, ballot: Ballot, out: Output): void {
    const isOpen = this.#any !== undefined && lowestOfTerm(this.#any.ballot) === lowestOfTerm(ballot);
    out.send.push({ to, message: { kind: "HeartbeatAck", ballot, chosenThrough: this.#log.chosenThrough, isOpen } });
  }

  #probe(from: Address, { round }: Probe, out: Output): void {
    const leaderSilent = this.#silentTicks >= this.#configuration.timing.electionTicks;
    out.send.push({ to: from, message: { kind: "ProbeReply", round, promised: this.#promised, leaderSilent } });
  }

  /** Its own learner knows what is chosen, and whether it is what this acceptor holds. */
  #learned(from: Address, { from: first, values }: Learned, out: Output): void {
    if (from !== addressOf("learner", this.#node)) return;
    for (const [index, { isHeld, value }] of values.entries()) {
      const slot = first + index;
      if (slot !== this.#log.chosenThrough + 1) continue;
      const held = this.#log.valueOf(slot);
      // Its vote may not have come when the others were enough.
      if (held !== undefined && (isHeld || sameValue(held, value))) this.#log.wasChosenThrough(slot);
      else if (!isHeld)
        this.#keeper.repair(from, { kind: "Chosen", from: slot, values: [{ value }], trimmedThrough: 0 }, out);
    }
  }

  /** Whoever asks for what is not known to be chosen gets the votes, to count them itself. */
  #catchUp(from: Address, message: CatchUp, out: Output): void {
    this.#keeper.catchUp(from, message, out);
    if (roleOf(from) !== "learner" || message.from <= this.#log.chosenThrough) return;
    for (let slot = message.from; slot < message.from + votesRepeated; slot++) {
      const value = this.#log.valueOf(slot);
      if (value === undefined) return;
      out.sendAfterPersist.push({ to: from, message: this.#voteOf(slot, this.#log.ballotOf(slot), value) });
    }
  }

  #reject(to: Address, ballot: Ballot, out: Output): void {
    out.send.push({ to, message: { kind: "Rejected", ballot, promised: this.#promised } });
  }
}
