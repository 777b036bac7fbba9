/**
 * An acceptor keeps the log: it learns from its own learner what is chosen, says with its checkpoints how far its log
 * has got, answers learners that are behind, and gets from the others what it lacks.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import { keyOf } from "../digest.ts";
import type { RoleStatus } from "../output.ts";
import { AcceptorLog, lastSlot } from "../replication/acceptor-log.ts";
import type { Value } from "../value.ts";
import { Believing } from "./believing.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { Configuration } from "./configuration.ts";
import type { Output } from "./delivery.ts";
import type { CatchUp, Certified, Chosen, Complete, Entry, Learned, Slot, Trim } from "./messages.ts";
import type { Vote, Voting } from "./voting.ts";

const unsigned = new Uint8Array(0);

export class AcceptorKeeper {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #ownLearner: Address;
  readonly #acceptors: readonly Address[];
  readonly #voting: Voting;
  readonly #checkpoints: Checkpoints;
  readonly #log: AcceptorLog;
  /** What others answered for the slots that this log lacks. */
  readonly #told: Believing;
  /** Its own learner has learned up to here. */
  #learned: Slot = 0;
  /** The last checkpoint that it gave. */
  #given: Slot = 0;
  /** By node: its learner has a durable snapshot of all up to here. */
  readonly #snapshots = new Map<number, Slot>();
  #ticks = 0;

  constructor(configuration: Configuration, node: number, voting: Voting, checkpoints: Checkpoints) {
    this.#configuration = configuration;
    this.#node = node;
    this.#ownLearner = addressOf("learner", node);
    this.#acceptors = configuration.nodes.map((each) => addressOf("acceptor", each));
    this.#voting = voting;
    this.#checkpoints = checkpoints;
    this.#log = new AcceptorLog(configuration.limits);
    this.#told = new Believing(configuration.quorums);
  }

  get chosenThrough(): Slot {
    return this.#log.chosenThrough;
  }

  status(): RoleStatus {
    const { highest, chosenThrough, trimmedThrough, size } = this.#log;
    return { highestSlot: highest, chosenThrough, trimmedThrough, slotsHeld: size };
  }

  /** A vote was cast. */
  keep({ ballot, slot, value }: Vote): void {
    this.#log.keep({ ballot, slot, value });
  }

  restoreVote({ slot, certificate }: Certified): void {
    const vote = this.#voting.restoreVote(slot, certificate);
    if (vote !== undefined) this.keep(vote);
  }

  restore(entry: Complete | Chosen | Trim): void {
    switch (entry.kind) {
      case "Complete":
        return this.#log.wasChosenThrough(entry.slot);
      case "Chosen":
        // It was kept because everything before it was known to be chosen.
        this.#log.wasChosenThrough(entry.from - 1);
        return this.#log.keepChosen(entry);
      case "Trim":
        return this.#log.forget(entry.slot);
    }
  }

  checkpoint(): readonly Entry[] {
    return [
      { kind: "Trim", slot: this.#log.trimmedThrough },
      { kind: "Complete", slot: this.#log.chosenThrough },
    ];
  }

  tick(out: Output): void {
    this.#ticks += 1;
    const { heartbeatTicks, retryTicks, electionTicks } = this.#configuration.timing;
    const isStuck = Math.max(this.#learned, this.#checkpoints.known) > this.#log.chosenThrough;
    if (isStuck && this.#ticks % retryTicks === 0) this.#ask(out);
    if (this.#given < this.#log.chosenThrough && this.#ticks % heartbeatTicks === 0) this.#giveCheckpoint(out);
    if (this.#ticks % electionTicks === 0) this.#repeatCheckpoint(out);
    // Some node is down, or far behind, and will have to fetch a snapshot: the log must not grow for ever.
    if (this.#log.sizeBytes > this.#configuration.limits.logBytes) this.#forget(this.#heldInSnapshots(), out);
  }

  /** Its own learner has learned values. Returns those that are new to be known as chosen, if there are any. */
  learned({ from, values }: Learned, out: Output): readonly Value[] | undefined {
    this.#learned = Math.max(this.#learned, from + values.length - 1);
    const before = this.#log.chosenThrough;
    let through = before;
    for (const [index, { digest }] of values.entries()) {
      const slot = from + index;
      const vote = this.#voting.vote(slot);
      if (slot !== through + 1 || vote === undefined || keyOf(vote.digest) !== keyOf(digest)) continue;
      through = slot;
    }
    if (through === before) return undefined;
    this.#log.wasChosenThrough(through);
    return this.#advanced(before, out);
  }

  /** An acceptor answers, or its own learner hands on what this log lacked. */
  chosen(from: Address, message: Chosen, out: Output): readonly Value[] | undefined {
    const before = this.#log.chosenThrough;
    if (from === this.#ownLearner) {
      if (message.from > before + 1 || lastSlot(message) <= before) return undefined;
      out.persist.push(message);
      this.#log.keepChosen(message);
    } else if (roleOf(from) === "acceptor" && nodeOf(from) !== this.#node) {
      this.#told.add(nodeOf(from), message);
      this.#takeBelieved(out);
    }
    return this.#log.chosenThrough > before ? this.#advanced(before, out) : undefined;
  }

  /** A learner's snapshot is durable. */
  trim(from: Address, { slot }: Trim, out: Output): readonly Value[] | undefined {
    if (roleOf(from) !== "learner") return undefined;
    const before = this.#log.chosenThrough;
    this.#snapshots.set(nodeOf(from), Math.max(slot, this.#snapshots.get(nodeOf(from)) ?? 0));
    if (from !== this.#ownLearner) return undefined;
    this.#learned = Math.max(this.#learned, slot);
    if (slot <= before) {
      this.#forgetSnapshotted(out);
      return undefined;
    }
    // Of what this log lacks it has votes at most, which may be for other values than were chosen: nobody is told them.
    this.#forget(slot, out);
    return this.#advanced(before, out);
  }

  /** A quorum has all up to the stable slot: what is chosen there needs no certificate any more. */
  stabilised(out: Output): void {
    this.#voting.forget(Math.min(this.#checkpoints.stable, this.#log.chosenThrough));
    this.#forgetSnapshotted(out);
  }

  /**
   * What is known to be chosen, and this acceptor's votes: who is behind may have missed them, and fewer than f + 1 may
   * know that these slots are chosen.
   */
  catchUp(from: Address, { from: first }: CatchUp, out: Output): void {
    if (from === this.#ownLearner && first > this.#log.chosenThrough) this.#tellVotes(from, first, out);
    out.send.push({ to: from, message: this.#log.chosenFrom(first) });
    if (from !== this.#ownLearner && roleOf(from) === "learner") this.#tellVotes(from, first, out);
  }

  /** Some honest acceptor knows more than the own learner has learned. */
  tellKnown(out: Output): void {
    const { known } = this.#checkpoints;
    if (known > this.#learned) out.send.push({ to: this.#ownLearner, message: { kind: "Known", slot: known } });
  }

  #tellVotes(to: Address, first: Slot, out: Output): void {
    for (const { ballot, slot, digest, value } of this.#voting.votesAbove(first - 1)) {
      out.sendAfterPersist.push({ to, message: { kind: "Accepted", ballot, slot, digest, signature: unsigned } });
      if (to === this.#ownLearner)
        out.sendAfterPersist.push({ to, message: { kind: "AcceptedValue", slot, digest, value } });
    }
  }

  #takeBelieved(out: Output): void {
    for (;;) {
      const slot = this.#log.chosenThrough + 1;
      const value = this.#told.valueOf(slot);
      if (value === undefined) return;
      const repair: Chosen = { kind: "Chosen", from: slot, values: [{ value }], trimmedThrough: 0 };
      out.persist.push(repair);
      this.#log.keepChosen(repair);
    }
  }

  #advanced(before: Slot, out: Output): readonly Value[] {
    const { values } = this.#log.chosenFrom(before + 1);
    this.#voting.forget(Math.min(this.#checkpoints.stable, this.#log.chosenThrough));
    const interval = Math.max(1, Math.floor(this.#configuration.limits.windowSlots / 4));
    if (this.#log.chosenThrough >= this.#given + interval) this.#giveCheckpoint(out);
    return values.map(({ value }) => value);
  }

  /** To itself as well: a proof takes its own signature. */
  #giveCheckpoint(out: Output): void {
    const slot = this.#log.chosenThrough;
    this.#given = slot;
    out.persist.push({ kind: "Complete", slot });
    for (const to of this.#acceptors) {
      out.sendAfterPersist.push({ to, message: { kind: "Checkpoint", slot, signature: unsigned } });
    }
  }

  /** To whoever seems to be behind, and may have missed it. */
  #repeatCheckpoint(out: Output): void {
    const slot = this.#given;
    if (slot === 0) return;
    for (const to of this.#acceptors) {
      if (this.#checkpoints.of(nodeOf(to)) >= slot && this.#checkpoints.stable >= slot) continue;
      out.sendAfterPersist.push({ to, message: { kind: "Checkpoint", slot, signature: unsigned } });
    }
  }

  /** The own learner knows what it has learned; the others may have what it does not. */
  #ask(out: Output): void {
    this.#told.clear();
    const message: CatchUp = { kind: "CatchUp", from: this.#log.chosenThrough + 1 };
    for (const to of this.#acceptors) if (nodeOf(to) !== this.#node) out.send.push({ to, message });
    out.send.push({ to: this.#ownLearner, message });
  }

  /**
   * What its own snapshot holds may go when all acceptors have it: as long as one is behind, it needs the logs of f + 1,
   * or as many equal snapshots, which are harder to come by.
   */
  #forgetSnapshotted(out: Output): void {
    const had = this.#configuration.nodes.map((node) => this.#checkpoints.of(node));
    this.#forget(Math.min(this.#snapshots.get(this.#node) ?? 0, this.#checkpoints.stable, ...had), out);
  }

  /** All up to here is in the own snapshot, or in those of so many other nodes that f + 1 of them are honest. */
  #heldInSnapshots(): Slot {
    const others = [...this.#snapshots].filter(([node]) => node !== this.#node).map(([, slot]) => slot);
    const held = others.sort((one, other) => other - one)[2 * this.#configuration.quorums.faults] ?? 0;
    // Certificates above the stable slot must stay.
    return Math.min(Math.max(held, this.#snapshots.get(this.#node) ?? 0), this.#checkpoints.stable);
  }

  /** Votes above the stable slot stay, in the file as well: they are promised with their certificates. */
  #forget(through: Slot, out: Output): void {
    if (through <= this.#log.trimmedThrough) return;
    const votesThrough = Math.min(through, this.#checkpoints.stable);
    this.#log.forget(through);
    this.#voting.forget(votesThrough);
    out.persist.push({ kind: "Trim", slot: through });
    out.trimThrough = Math.max(out.trimThrough, votesThrough);
  }
}
