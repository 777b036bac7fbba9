/**
 * The learner of Multi-Paxos: finds out what has been chosen, and delivers it in slot order, each slot once.
 *
 * It learns from votes (*Paxos Made Simple* §2.3), from a leader's commit point together with the value that its own
 * acceptor took in that very ballot, from the logs of acceptors, or from the snapshot of another learner.
 */
import { addressOf, nodeOf, type Address } from "../address.ts";
import { noBallot, type Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { isPhase2Quorum, noAcceptors, type AcceptorSet } from "../quorum.ts";
import { withMember } from "../reconfiguration/membership.ts";
import { unchanged, type Memberships } from "../reconfiguration/memberships.ts";
import type { ReplicatedLearner } from "../replication/delivery.ts";
import type { Value } from "../value.ts";
import { firstMemberships, type Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { lastSlot } from "../replication/acceptor-log.ts";
import { CatchingUp } from "../replication/catching-up.ts";
import type {
  CatchUp,
  Chosen,
  Entry,
  FetchSnapshot,
  Heartbeat,
  Message,
  ReadAt,
  Slot,
  SnapshotPart,
} from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { Sources } from "./sources.ts";

/** The votes of the highest ballot seen in a slot, and the value of that ballot if it has come. */
interface Tally {
  ballot: Ballot;
  votes: AcceptorSet;
  value: Value | undefined;
}

export class Learner implements RoleMachine<Message, Entry, Delivery>, ReplicatedLearner<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #tallies = new Map<Slot, Tally>();
  readonly #catchingUp: CatchingUp;
  /** All slots up to this one have been delivered. */
  #delivered: Slot = 0;
  /** Who takes part, as the slots delivered leave it. */
  #memberships: Memberships;
  readonly #sources: Sources;
  /** What the leader of the highest ballot heard said is chosen. */
  #commit: { readonly ballot: Ballot; readonly through: Slot } = { ballot: noBallot, through: 0 };
  /** All slots up to this one are known to be chosen by someone. */
  #known: Slot = 0;
  /** The host's newest durable snapshot holds all up to this one. */
  #snapshot: { readonly slot: Slot; readonly memberships: Uint8Array } = { slot: 0, memberships: unchanged };
  #reads: ReadAt[] = [];
  /** The lowest slot that one of them waits for. */
  #readsWaitFor: Slot = Infinity;

  constructor(configuration: Configuration, node: number) {
    this.#configuration = configuration;
    this.#node = node;
    this.#memberships = firstMemberships(configuration);
    this.#sources = new Sources(this.#memberships);
    const sources = (): readonly number[] => this.#sources.nodesFrom(this.#delivered + 1, this.#memberships);
    const { timing } = configuration;
    this.#catchingUp = new CatchingUp(
      {
        timing,
        get nodes() {
          return sources();
        },
      },
      node,
    );
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Accepted":
        this.#vote(nodeOf(from), message.ballot, message.slot, undefined);
        return this.#advance(out);
      case "AcceptedValue":
        this.#vote(nodeOf(from), message.ballot, message.slot, message.value);
        this.#learnCommit(message.ballot, message.commitPoint);
        return this.#advance(out);
      case "Heartbeat":
        this.#sources.hear(message);
        return this.#heartbeat(message, out);
      case "ReadAt":
        return this.#readAt(message, out);
      case "Chosen":
        return this.#chosen(from, message, out);
      case "CatchUp":
        return this.#remind(from, message, out);
      case "FetchSnapshot":
        return this.#serve(from, message, out);
      case "SnapshotPart":
        return this.#part(from, message, out);
      default:
        return;
    }
  }

  tick(out: Output): void {
    this.#catchingUp.tick(this.#delivered, this.#known, out);
  }

  flush(): void {}

  /** A learner keeps nothing in the log: it comes back from its host's snapshot, by `installed`, and catches up. */
  restore(): void {}

  checkpoint(): readonly Entry[] {
    return [];
  }

  status(): RoleStatus {
    return {
      ballot: this.#commit.ballot,
      delivered: this.#delivered,
      known: this.#known,
      slotsHeld: this.#tallies.size,
      pendingReads: this.#reads.length,
      ...this.#catchingUp.status(),
    };
  }

  /** The host's state machine holds everything up to `slot`: from its own snapshot, or from another learner's. */
  installed(slot: Slot, out: Output, memberships: Uint8Array): void {
    this.#catchingUp.finished();
    if (slot > this.#delivered) {
      const told = this.#memberships.from(memberships);
      if (told === undefined) throw new Error(`the history of memberships up to slot ${slot} cannot be read`);
      this.#memberships = told;
      this.#delivered = slot;
      this.#known = Math.max(this.#known, slot);
      for (const held of this.#tallies.keys()) if (held <= slot) this.#tallies.delete(held);
    }
    this.#advance(out);
  }

  /** What was fetched is not a whole snapshot: fetch it anew, from another learner. */
  refused(): void {
    this.#catchingUp.finished();
  }

  /**
   * The host has made a snapshot of everything up to `slot` durable: the log behind it may go. The other acceptors hear
   * of it too, for the time when their own learners are down.
   */
  snapshotted(slot: Slot, out: Output, memberships: Uint8Array): void {
    if (slot > this.#snapshot.slot) this.#snapshot = { slot, memberships };
    const mains = this.#memberships.mainsFrom(this.#delivered + 1);
    for (const node of new Set([...mains, this.#node])) {
      out.send.push({ to: addressOf("acceptor", node), message: { kind: "Trim", slot, memberships } });
    }
  }

  #vote(acceptor: number, ballot: Ballot, slot: Slot, value: Value | undefined): void {
    if (slot <= this.#delivered || slot > this.#delivered + this.#configuration.limits.learnerSlots) return;
    let tally = this.#tallies.get(slot);
    if (tally === undefined || ballot > tally.ballot) {
      // Votes are never counted across ballots.
      tally = { ballot, votes: noAcceptors, value: undefined };
      this.#tallies.set(slot, tally);
    }
    if (ballot < tally.ballot) return;
    if (value !== undefined) tally.value = value;
    // Further on it does not know yet who chooses; what they chose is learned otherwise.
    if (slot > this.#delivered + this.#configuration.alphaSlots) return;
    const membership = this.#memberships.at(slot);
    tally.votes = withMember(membership, tally.votes, acceptor);
    if (isPhase2Quorum(membership.quorums, tally.votes) && slot > this.#known) this.#known = slot;
  }

  #heartbeat({ ballot, commitPoint }: Heartbeat, out: Output): void {
    this.#learnCommit(ballot, commitPoint);
    this.#advance(out);
  }

  #learnCommit(ballot: Ballot, through: Slot): void {
    if (through > this.#known) this.#known = through;
    if (ballot < this.#commit.ballot) return;
    if (ballot > this.#commit.ballot || through > this.#commit.through) this.#commit = { ballot, through };
  }

  #advance(out: Output): void {
    for (;;) {
      const slot = this.#delivered + 1;
      const tally = this.#tallies.get(slot);
      if (tally?.value === undefined || !this.#isChosen(slot, tally)) break;
      this.#tallies.delete(slot);
      this.#deliver(slot, tally.value, out);
    }
    this.#answerReads(out);
  }

  /** Chosen is what a phase 2 quorum accepted in one ballot; a leader says so of what it proposed in its own. */
  #isChosen(slot: Slot, { ballot, votes }: Tally): boolean {
    if (isPhase2Quorum(this.#memberships.at(slot).quorums, votes)) return true;
    return ballot === this.#commit.ballot && slot <= this.#commit.through;
  }

  #deliver(slot: Slot, value: Value, out: Output): void {
    this.#delivered = slot;
    this.#memberships = this.#memberships.chosen(slot, value);
    if (slot > this.#known) this.#known = slot;
    out.deliver.push({ kind: "chosen", slot, value });
  }

  #readAt(read: ReadAt, out: Output): void {
    if (this.#reads.length >= this.#configuration.limits.pendingReads) {
      // The client asks again; it has a deadline.
      return;
    }
    this.#reads.push(read);
    this.#readsWaitFor = Math.min(this.#readsWaitFor, read.slot);
    this.#answerReads(out);
  }

  #answerReads(out: Output): void {
    if (this.#readsWaitFor > this.#delivered) return;
    const waiting: ReadAt[] = [];
    this.#readsWaitFor = Infinity;
    for (const read of this.#reads) {
      if (read.slot <= this.#delivered) {
        out.deliver.push({ kind: "read", client: read.client, query: read.query });
        continue;
      }
      waiting.push(read);
      this.#readsWaitFor = Math.min(this.#readsWaitFor, read.slot);
    }
    this.#reads = waiting;
  }

  /** An acceptor's log knows more. What came from another node goes to the own acceptor as well. */
  #chosen(from: Address, message: Chosen, out: Output): void {
    const before = this.#delivered;
    for (const [index, { value }] of message.values.entries()) {
      const slot = message.from + index;
      if (slot !== this.#delivered + 1) continue;
      this.#tallies.delete(slot);
      this.#deliver(slot, value, out);
    }
    if (nodeOf(from) !== this.#node && lastSlot(message) > before) {
      out.send.push({ to: addressOf("acceptor", this.#node), message });
    }
    this.#advance(out);
    this.#catchingUp.answered(from, message, this.#delivered, this.#delivered > before, out);
  }

  /** The own acceptor lacks what the snapshot holds: it need not have it. */
  #remind(from: Address, message: CatchUp, out: Output): void {
    if (from !== addressOf("acceptor", this.#node) || this.#snapshot.slot < message.from) return;
    out.send.push({ to: from, message: { kind: "Trim", ...this.#snapshot } });
  }

  #serve(from: Address, { slot, offset }: FetchSnapshot, out: Output): void {
    out.deliver.push({ kind: "serve", to: from, slot, offset });
  }

  #part(from: Address, part: SnapshotPart, out: Output): void {
    if (!this.#catchingUp.part(from, part, this.#delivered, out)) return;
    const { slot, offset, sizeBytes, bytes } = part;
    out.deliver.push({ kind: "part", slot, offset, sizeBytes, bytes });
  }
}
