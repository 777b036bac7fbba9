/**
 * The acceptor of Generalized Paxos: one promise for all instances, and of each instance the highest ballot in which it
 * has accepted a history, with that history. In the ballot that it has promised it adds what clients send to it: phase
 * 2b of a fast ballot. In a classic one it hands that on to the leader, and adds what the leader sends.
 *
 * What it promised and what it accepted is on stable storage before the answer leaves. It is also the keeper of the
 * log: it answers learners that are behind, and forgets what a durable snapshot holds.
 */
import { addressOf, roleOf, type Address } from "../address.ts";
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { LogKeeper } from "../replication/log-keeper.ts";
import type { Slot } from "../replication/messages.ts";
import type { Value } from "../value.ts";
import { CommandSet } from "./command-set.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { carried, InstanceLog, isClosed, type Vote } from "./instance-log.ts";
import type {
  Accept,
  Accepted,
  Append,
  Commands,
  Entry,
  Heartbeat,
  Inquire,
  Message,
  Prepare,
  Request,
} from "./messages.ts";
import { hasRoom, isPlausible } from "./plausible.ts";
import { WaitingCommands } from "./waiting-commands.ts";

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #learners: readonly Address[];

  #promised: Ballot = noBallot;
  readonly #log: InstanceLog;
  /** The first slot of the instance that the last Accept was about. */
  #instance: Slot = 0;
  /** What waits until it can be added to a history. */
  readonly #waiting: WaitingCommands;
  #silentTicks: number;
  readonly #keeper: LogKeeper;

  constructor(configuration: Configuration, node: number) {
    this.#configuration = configuration;
    this.#learners = configuration.nodes.map((each) => addressOf("learner", each));
    this.#log = new InstanceLog(configuration.limits);
    this.#waiting = new WaitingCommands(configuration.limits);
    const { nodes, quorums } = configuration;
    const mayBeLost = nodes.length - Math.max(quorums.phase1, quorums.phase2);
    this.#keeper = new LogKeeper({ ...configuration, sources: configuration.nodes, mayBeLost }, node, this.#log);
    // A new acceptor has heard no leader, and keeps nobody from becoming one.
    this.#silentTicks = configuration.timing.electionTicks;
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Request":
        return this.#request(from, message, out);
      case "Prepare":
        return this.#prepare(from, message, out);
      case "Accept":
        return this.#accept(from, message, out);
      case "Append":
        return this.#append(from, message, out);
      case "Inquire":
        return this.#inquire(from, message, out);
      case "Heartbeat":
        return this.#heartbeat(from, message, out);
      case "Probe": {
        const leaderSilent = this.#silentTicks >= this.#configuration.timing.electionTicks;
        const reply = { kind: "ProbeReply", round: message.round, promised: this.#promised, leaderSilent } as const;
        out.send.push({ to: from, message: reply });
        return;
      }
      case "CatchUp":
        return this.#keeper.catchUp(from, message, out);
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
    this.#keeper.tick(this.#log.commitPoint, out);
  }

  /** Adds what the turn brought: one entry, one sync and one message to each learner for all of it. */
  flush(out: Output): void {
    if (this.#waiting.isEmpty) return;
    const leader = this.#ordering;
    if (leader !== undefined) {
      while (!this.#waiting.isEmpty) this.#handOn(leader, this.#waiting.take(), out);
      return;
    }
    const vote = this.#openVote();
    if (vote === undefined) return;
    const added = new CommandSet();
    while (!this.#waiting.isEmpty && this.#hasRoom(vote.commands, added)) {
      const command = this.#waiting.take();
      if (!vote.commands.has(command)) added.add(command);
    }
    if (added.size === 0) return;
    this.#add(this.#instance, vote, carried(added.commands), out);
  }

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Prepare":
        this.#promised = Math.max(this.#promised, entry.ballot);
        return;
      case "Accept":
        this.#promised = Math.max(this.#promised, entry.ballot);
        this.#begin(entry);
        return;
      case "Accepted":
        this.#log.add(entry);
        return;
      case "Chosen":
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
      { kind: "Prepare", ballot: this.#promised, from: 0 },
    ];
  }

  status(): RoleStatus {
    const accepted = this.#log.vote(this.#instance)?.commands.size ?? 0;
    return {
      ballot: this.#promised,
      highestSlot: Math.max(this.#log.chosenThrough, this.#instance + accepted - 1),
      chosenThrough: this.#log.chosenThrough,
      trimmedThrough: this.#log.trimmedThrough,
      instancesHeld: this.#log.size,
      waitingBytes: this.#waiting.sizeBytes,
    };
  }

  /**
   * Phase 1b. A ballot belongs to one proposer, so that an equal one is the same Prepare again, or its next page: the
   * answer is given again and promises nothing new.
   */
  #prepare(from: Address, { ballot, from: first }: Prepare, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    this.#promise(ballot, out);
    this.#silentTicks = 0;
    out.sendAfterPersist.push({ to: from, message: this.#log.report(ballot, first) });
  }

  /**
   * From a client, or passed on by a leader: it is added at the end of the turn, or once a ballot allows it. One that is
   * full drops it, as a network may: it would be no answer to a client that one acceptor, perhaps cut off, is full.
   */
  #request(from: Address, { command }: Request, out: Output): void {
    const leader = this.#ordering;
    if (leader === undefined) this.#waiting.add(command);
    // Only from a client: what a leader passes on would go round.
    else if (roleOf(from) === "client") this.#handOn(leader, command, out);
  }

  #handOn(leader: Address, command: Value, out: Output): void {
    out.send.push({ to: leader, message: { kind: "Request", sequence: 0, command } });
  }

  /**
   * Phase 2b of what the leader orders: commands in a classic ballot, the end of an instance in a fast one. What comes
   * behind what it lacks is passed over: the leader sends that again. So is, in a fast ballot, what comes behind less than
   * it has: the leader did not know of the rest.
   */
  #append(from: Address, { ballot, slot, from: first, commands }: Append, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    this.#silentTicks = 0;
    if (slot <= this.#log.chosenThrough) {
      return this.#agree({ kind: "Accepted", ballot, slot, from: first, commands }, out);
    }
    const vote = this.#log.vote(slot);
    if (vote?.ballot !== ballot || first > vote.commands.size) return;
    const known = vote.commands.size - first;
    const hasEnded = isClosed(vote.commands.commands);
    if (known > 0 && !vote.isClassic && !hasEnded) return;
    const added = hasEnded ? [] : commands.slice(known);
    if (!hasRoom(this.#configuration, vote.commands, added)) return;
    if (added.length > 0) this.#add(slot, vote, added, out);
    // It has voted, and the leader does not know.
    else out.sendAfterPersist.push({ to: from, message: this.#vote(slot, ballot, first) });
  }

  /** The one place where a vote grows. */
  #add(slot: Slot, { ballot, commands: held }: Vote, commands: Commands, out: Output): void {
    const accepted: Accepted = { kind: "Accepted", ballot, slot, from: held.size, commands };
    out.persist.push(accepted);
    this.#log.add(accepted);
    this.#tell(accepted, out);
  }

  /** Phase 2b of the history that a ballot begins with. */
  #accept(from: Address, message: Accept, out: Output): void {
    const { ballot, slot, history } = message;
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    this.#silentTicks = 0;
    if (slot <= this.#log.chosenThrough) {
      return this.#agree({ kind: "Accepted", ballot, slot, from: history.length, commands: [] }, out);
    }
    this.#promised = ballot;
    const begun = this.#log.vote(slot)?.ballot === ballot;
    if (!begun) {
      out.persist.push(message);
      this.#begin(message);
      this.#tell({ kind: "Accepted", ballot, slot, from: history.length, commands: [] }, out);
    } else {
      // It has voted, and the leader does not know.
      out.sendAfterPersist.push({ to: from, message: this.#vote(slot, ballot, history.length) });
    }
  }

  /**
   * The instance is closed, as this acceptor knows: what is safe in it is the history that is chosen. The vote need not
   * be remembered, and without it a leader that has to finish the instance might never get its quorum.
   */
  #agree(vote: Accepted, out: Output): void {
    this.#promise(vote.ballot, out);
    this.#tell(vote, out);
  }

  /** It goes on in the last instance of the highest ballot, also when the Accept of an earlier one comes late. */
  #begin(accept: Accept): void {
    const current = this.#log.vote(this.#instance)?.ballot ?? noBallot;
    this.#log.begin(accept);
    this.#log.learnCommit(accept.ballot, accept.commitPoint);
    if (accept.ballot > current || accept.slot > this.#instance) this.#instance = accept.slot;
  }

  #promise(ballot: Ballot, out: Output): void {
    if (ballot === this.#promised) return;
    this.#promised = ballot;
    out.persist.push({ kind: "Prepare", ballot, from: 0 });
  }

  #inquire(from: Address, { slot, ballot, from: known }: Inquire, out: Output): void {
    const vote = this.#log.vote(slot);
    if (vote === undefined) return;
    // What it has accepted in a higher ballot is told from the beginning.
    const first = vote.ballot === ballot ? Math.min(known, vote.commands.size) : 0;
    out.sendAfterPersist.push({ to: from, message: this.#vote(slot, vote.ballot, first) });
  }

  #heartbeat(from: Address, { ballot, commitPoint }: Heartbeat, out: Output): void {
    if (ballot < this.#promised) return this.#reject(from, ballot, out);
    this.#silentTicks = 0;
    this.#log.learnCommit(ballot, commitPoint);
    const vote = this.#log.vote(this.#instance);
    const mine = vote?.ballot === ballot ? { slot: this.#instance, accepted: vote.commands.size } : none;
    // Says nothing that a lost vote could make untrue for long: the leader asks for what it lacks, and gets it when it is
    // durable.
    const message: Message = { kind: "HeartbeatAck", ballot, chosenThrough: this.#log.chosenThrough, ...mine };
    out.send.push({ to: from, message });
  }

  #reject(to: Address, ballot: Ballot, out: Output): void {
    out.send.push({ to, message: { kind: "Rejected", ballot, promised: this.#promised } });
  }

  /** The vote that it adds to: in the ballot that it has promised, and not closed. */
  #openVote(): Vote | undefined {
    const vote = this.#log.vote(this.#instance);
    return vote?.ballot === this.#promised && !isClosed(vote.commands.commands) ? vote : undefined;
  }

  /** The leader that orders commands, in a classic ballot. */
  get #ordering(): Address | undefined {
    const vote = this.#log.vote(this.#instance);
    return vote?.ballot === this.#promised && vote.isClassic ? this.#leaderOf(vote.ballot) : undefined;
  }

  #leaderOf(ballot: Ballot): Address {
    return addressOf("proposer", ballotOwner(ballot, this.#configuration.nodes.length));
  }

  #hasRoom(held: CommandSet, added: CommandSet): boolean {
    const { historyCommands, historyBytes } = this.#configuration.limits;
    if (held.size + added.size >= historyCommands) return false;
    return held.sizeBytes + added.sizeBytes < historyBytes;
  }

  #vote(slot: Slot, ballot: Ballot, from: number): Accepted {
    const commands: Commands = carried(this.#log.vote(slot)?.commands.commands.slice(from) ?? []);
    return { kind: "Accepted", ballot, slot, from, commands };
  }

  /** To every learner, and to the leader, which sees whether commands collide. */
  #tell(message: Accepted, out: Output): void {
    for (const to of [...this.#learners, this.#leaderOf(message.ballot)]) out.sendAfterPersist.push({ to, message });
  }
}

const none = { slot: 0, accepted: 0 } as const;
