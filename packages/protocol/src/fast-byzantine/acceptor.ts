/**
 * The acceptor of Fast Byzantine Paxos: one vote per slot and ballot, for what the leader of the ballot proposed first.
 *
 * It believes nobody: in the first ballot it votes for what clients asked its own node for; in a later one, only when a
 * certificate of n-f reports has come, for what that vouches for. Its promise and its vote are on stable storage before
 * they leave, so that a node that comes back is as honest as before.
 */
import { addressOf, type Address } from "../address.ts";
import { ballotOwner, type Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { commandsOf } from "../commands.ts";
import { judge, type Judgement } from "./certificate.ts";
import type { Configuration } from "./configuration.ts";
import type { Delivery, Output } from "./delivery.ts";
import { keyOf, type Digest } from "../digest.ts";
import type { Accept, Accepted, Certificate, Entry, Known, Message, Prepare, Slot, Stable } from "./messages.ts";
import type { Wanted } from "./messages.ts";
import { isPlausible } from "./plausible.ts";
import { Permits } from "./requests.ts";
import { isElected } from "./suspicions.ts";
import { VoteLog, type CastVote } from "./vote-log.ts";

/** The first ballot needs no certificate: nothing can have been voted for before it. */
const firstBallot: Ballot = 1;

/** Filled by whoever hosts the role. */
const unsigned = new Uint8Array(0);

export class Acceptor implements RoleMachine<Message, Entry, Delivery> {
  readonly #configuration: Configuration;
  readonly #node: number;
  readonly #digest: Digest;
  readonly #learners: readonly Address[];
  readonly #log = new VoteLog();
  readonly #permits: Permits;

  /** It votes in this ballot. */
  #ballot: Ballot = firstBallot;
  /** What may be proposed in it; of the first ballot there is none. */
  #judgement: Judgement | undefined;
  /** Proposals of the ballot whose requests no client has sent here yet, by slot. */
  readonly #held = new Map<Slot, Accept>();
  #trimmedThrough: Slot = 0;

  constructor(configuration: Configuration, node: number, digest: Digest) {
    this.#configuration = configuration;
    this.#node = node;
    this.#digest = digest;
    this.#learners = configuration.nodes.map((each) => addressOf("learner", each));
    this.#permits = new Permits(configuration.limits, digest);
  }

  step(from: Address, message: Message, out: Output): void {
    if (!isPlausible(this.#configuration, from, message)) return;
    switch (message.kind) {
      case "Known":
        return this.#known(from, message, out);
      case "Accept":
        return this.#accept(from, message, out);
      case "Prepare":
        return this.#prepare(from, message, out);
      case "Wanted":
        return this.#wanted(from, message, out);
      case "Certificate":
        return this.#certificate(from, message, out);
      case "Stable":
        return this.#stable(from, message, out);
      default:
        return;
    }
  }

  tick(): void {}

  flush(): void {}

  restore(entry: Entry): void {
    switch (entry.kind) {
      case "Prepare":
        this.#ballot = Math.max(this.#ballot, entry.ballot);
        return;
      case "Accept":
        this.#ballot = Math.max(this.#ballot, entry.ballot);
        this.#log.cast(entry.slot, entry.ballot, this.#digest(entry.value), entry.value, false);
        return;
      case "Trim":
        this.#trimmedThrough = Math.max(this.#trimmedThrough, entry.slot);
        this.#log.stabilize(entry.slot);
        return;
      case "Chosen":
        return;
    }
  }

  checkpoint(): readonly Entry[] {
    return [
      { kind: "Trim", slot: this.#trimmedThrough },
      { kind: "Prepare", ballot: this.#ballot, suspicions: [] },
    ];
  }

  status(): RoleStatus {
    return {
      ballot: this.#ballot,
      highestSlot: this.#log.highest,
      stableThrough: this.#log.stableThrough,
      slotsHeld: this.#log.size,
      proposalsHeld: this.#held.size,
      certified: this.#ballot === firstBallot || this.#judgement !== undefined,
    };
  }

  #ownerOf(ballot: Ballot): Address {
    return addressOf("proposer", ballotOwner(ballot, this.#configuration.nodes.length));
  }

  /** Clients have asked for these. */
  #known(from: Address, { commands }: Known, out: Output): void {
    if (from !== addressOf("proposer", this.#node)) return;
    this.#permits.give(commandsOf(commands) ?? []);
    for (const message of [...this.#held.values()]) this.#consider(message, out);
  }

  #accept(from: Address, message: Accept, out: Output): void {
    const { ballot, slot } = message;
    // Whoever signed it must own the ballot. Without the certificate of a ballot nothing can be said of it: it comes again.
    if (ballot !== this.#ballot || from !== this.#ownerOf(ballot)) return;
    if (ballot !== firstBallot && this.#judgement === undefined) return;
    if (slot > this.#log.stableThrough + this.#configuration.limits.learnerSlots) return;
    this.#consider(message, out);
  }

  /** Votes for a proposal of its ballot, as soon as it may. */
  #consider(message: Accept, out: Output): void {
    const { ballot, slot, value } = message;
    this.#held.delete(slot);
    // A vote for a stable slot is not kept: another one in the same ballot must not follow it.
    if (slot <= this.#log.stableThrough) return;
    const digest = this.#digest(value);
    const before = this.#log.voteFor(slot);
    if (before?.ballot === ballot) {
      // The leader asks again, since the vote was lost; or it proposes something else, which comes too late.
      if (before.key === keyOf(digest)) this.#tell(slot, out);
      return;
    }
    const verdict = this.#judgement?.verdict(slot) ?? "any";
    if (verdict === "none") return;
    if (verdict === "any") return this.#considerFree(message, digest, before, out);
    if (verdict.digest !== keyOf(digest)) return;
    if (before?.key === keyOf(digest)) return this.#vote(message, digest, before.isPermitted, out);
    this.#giveUp(before);
    this.#vote(message, digest, false, out);
  }

  /** Where nothing can have been learned, it votes for what clients asked for. */
  #considerFree(message: Accept, digest: Uint8Array, before: CastVote | undefined, out: Output): void {
    const commands = commandsOf(message.value);
    if (commands === undefined) return;
    if (before?.key === keyOf(digest)) return this.#vote(message, digest, before.isPermitted, out);
    if (!this.#permits.use(commands)) return this.#hold(message);
    this.#giveUp(before);
    this.#vote(message, digest, true, out);
  }

  /** Another value takes the place of its vote: the requests in that may be proposed in another slot. */
  #giveUp(vote: CastVote | undefined): void {
    if (vote?.isPermitted === true) this.#permits.give(commandsOf(vote.value) ?? []);
  }

  /** A proposal waits for clients to ask this node, too. An honest leader has no more of them than its window. */
  #hold(message: Accept): void {
    if (this.#held.size < this.#configuration.limits.windowSlots) this.#held.set(message.slot, message);
  }

  #vote(message: Accept, digest: Uint8Array, isPermitted: boolean, out: Output): void {
    const { ballot, slot, value } = message;
    out.persist.push(message);
    this.#log.cast(slot, ballot, digest, value, isPermitted);
    this.#tell(slot, out);
  }

  /** Tells of its vote all learners (*Paxos Made Simple* §2.3: each acceptor tells each), and the leader. */
  #tell(slot: Slot, out: Output): void {
    const vote = this.#log.voteFor(slot);
    if (vote === undefined) return;
    const { ballot, digest, value } = vote;
    const accepted: Accepted = { kind: "Accepted", ballot, slot, digest };
    const own = addressOf("learner", this.#node);
    for (const to of this.#learners) {
      if (to !== own) out.sendAfterPersist.push({ to, message: accepted });
    }
    out.sendAfterPersist.push({ to: own, message: { ...accepted, kind: "AcceptedValue", value } });
    out.sendAfterPersist.push({ to: this.#ownerOf(ballot), message: accepted });
  }

  /**
   * Promises the ballot to its leader, which shows that enough suspect the ballot before; and reports every vote that is
   * not stable. Asked again, it answers again.
   */
  #prepare(from: Address, { ballot, suspicions }: Prepare, out: Output): void {
    if (ballot < this.#ballot || ballot === firstBallot || from !== this.#ownerOf(ballot)) return;
    if (!isElected(this.#configuration.quorums, ballot, suspicions)) return;
    this.#enter(ballot, out);
    const { stableThrough } = this.#log;
    const votes = this.#log.votes();
    out.sendAfterPersist.push({
      to: from,
      message: { kind: "Promised", ballot, stableThrough, votes, signature: unsigned },
    });
  }

  /** The leader to whom it reported its votes lacks the value of one. */
  #wanted(from: Address, { slot }: Wanted, out: Output): void {
    const vote = from === this.#ownerOf(this.#ballot) ? this.#log.voteFor(slot) : undefined;
    if (vote !== undefined) out.send.push({ to: from, message: { kind: "Payload", slot, value: vote.value } });
  }

  /** With n-f reports the leader shows what may have been learned. Who has promised nothing yet sees that so many have. */
  #certificate(from: Address, { ballot, reports }: Certificate, out: Output): void {
    if (ballot < this.#ballot || ballot === firstBallot || from !== this.#ownerOf(ballot)) return;
    if (ballot === this.#ballot && this.#judgement !== undefined) return;
    const judgement = judge(this.#configuration.quorums, ballot, reports);
    if (judgement === undefined) return;
    this.#enter(ballot, out);
    this.#judgement = judgement;
  }

  #enter(ballot: Ballot, out: Output): void {
    if (ballot === this.#ballot) return;
    this.#ballot = ballot;
    this.#judgement = undefined;
    this.#held.clear();
    out.persist.push({ kind: "Prepare", ballot, suspicions: [] });
  }

  /** Votes for what 2f+1 learners have on their disks are not needed any more: f+1 of these are honest, and tell others. */
  #stable(from: Address, { through }: Stable, out: Output): void {
    if (from !== addressOf("learner", this.#node)) return;
    this.#log.stabilize(through);
    for (const slot of this.#held.keys()) if (slot <= through) this.#held.delete(slot);
    // Each is a write: not for every slot.
    if (through < this.#trimmedThrough + this.#configuration.limits.windowSlots) return;
    this.#trimmedThrough = through;
    out.persist.push({ kind: "Trim", slot: through });
    out.trimThrough = through;
  }
}
