/**
 * The proposer of *Paxos Made Simple* §2.2: it prepares a ballot with a quorum, learns from the answers which value it
 * may propose, and proposes it. One that is refused tries again with a higher ballot.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import { nextBallot, noBallot, type Ballot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { isPhase1Quorum, isPhase2Quorum, noAcceptors, withAcceptor, hasAcceptor } from "../quorum.ts";
import type { AcceptorSet, QuorumSystem } from "../quorum.ts";
import { noOp, valueToPropose, type Proposal, type Value } from "../value.ts";
import type { RetryDelay } from "./delay.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Accepted, Entry, Message, Prepare, Promised, Rejected } from "./messages.ts";

export interface ProposerOptions {
  /** Its own number, from 1. */
  readonly node: number;
  /** The number of proposers. */
  readonly proposers: number;
  /** The acceptors are those of nodes 1 to `quorums.acceptors`. */
  readonly quorums: QuorumSystem;
  /** Ticks before it sends again what was not answered. */
  readonly retryTicks: number;
  /** The wait after a refusal. */
  readonly delay: RetryDelay;
  /** The node of the one proposer that issues proposals (§2.4); the others pass requests on to it. Absent: all do. */
  readonly distinguished?: number;
}

/** What it is about: nothing; a refused ballot, to be followed by a higher one; phase 1; phase 2; a chosen value. */
type Phase = "idle" | "waiting" | "preparing" | "proposing" | "chosen";

export class Proposer implements RoleMachine<Message, Entry, Delivery> {
  readonly #options: ProposerOptions;
  readonly #acceptors: readonly Address[];
  #phase: Phase = "idle";
  /** The highest ballot that it has tried to begin phase 1 with. */
  #ballot: Ballot = noBallot;
  /** The highest ballot that it knows of. */
  #highest: Ballot = noBallot;
  /** What a client asked for; undefined when it only finds out what was chosen. */
  #wanted: Value | undefined;
  /** The acceptors that answered in this phase. */
  #answered: AcceptorSet = noAcceptors;
  /** What those of phase 1 had accepted. */
  #reported: Proposal[] = [];
  /** What it proposes in phase 2, or knows to be chosen. */
  #value: Value = noOp;
  /** Ticks until it sends again, or tries again. */
  #ticksLeft = 0;
  /** Refusals since the last request. */
  #refusals = 0;

  constructor(options: ProposerOptions) {
    this.#options = options;
    this.#acceptors = Array.from({ length: options.quorums.acceptors }, (_, i) => addressOf("acceptor", i + 1));
  }

  step(from: Address, message: Message, out: Output): void {
    switch (message.kind) {
      case "Request":
        this.#request(from, message.value, message, out);
        return;
      case "Inquire":
        this.#request(from, undefined, message, out);
        return;
      case "Promised":
        this.#promise(from, message, out);
        return;
      case "Accepted":
        this.#accepted(from, message);
        return;
      case "Rejected":
        this.#rejected(message);
        return;
      case "Prepare":
      case "Accept":
      case "Learned":
      case "Response":
        return; // Not for a proposer.
    }
  }

  tick(out: Output): void {
    if (this.#phase === "idle" || this.#phase === "chosen") return;
    this.#ticksLeft -= 1;
    if (this.#ticksLeft > 0) return;
    if (this.#phase === "waiting") this.#prepare(out);
    else this.#sendToSilent(out);
  }

  flush(): void {}

  restore(entry: Entry): void {
    this.#ballot = Math.max(this.#ballot, entry.ballot);
    this.#highest = this.#ballot;
  }

  checkpoint(): readonly Entry[] {
    return this.#ballot === noBallot ? [] : [this.#begun()];
  }

  status(): RoleStatus {
    return { phase: this.#phase, ballot: this.#ballot, highestKnown: this.#highest, refusals: this.#refusals };
  }

  #request(from: Address, wanted: Value | undefined, message: Message, out: Output): void {
    const { node, distinguished = node } = this.#options;
    if (distinguished !== node) {
      out.send.push({ to: addressOf("proposer", distinguished), message });
      return;
    }
    if (this.#phase === "chosen") {
      this.#tell(from, out);
      return;
    }
    // One decree: the first value asked for is the one it wants, whatever comes later.
    this.#wanted ??= wanted;
    if (this.#phase !== "idle") return;
    this.#refusals = 0;
    this.#prepare(out);
  }

  /** A request that comes after the decision is answered with it. */
  #tell(to: Address, out: Output): void {
    const [ballot, value] = [this.#ballot, this.#value];
    if (roleOf(to) === "client") out.send.push({ to, message: { kind: "Response", value } });
    if (roleOf(to) === "learner") out.send.push({ to, message: { kind: "Learned", ballot, value } });
  }

  /** §2.2, phase 1(a), with a ballot that it has never used: on stable storage before it is sent (§2.5). */
  #prepare(out: Output): void {
    const { node, proposers } = this.#options;
    this.#ballot = nextBallot(this.#highest, node, proposers);
    this.#highest = this.#ballot;
    this.#reported = [];
    out.persist.push(this.#begun());
    this.#enter("preparing", out);
  }

  /** §2.2, phase 2(a): with the answers of a quorum to this Prepare, P2c says which value it may propose. */
  #promise(from: Address, { ballot, acceptedBallot, acceptedValue }: Promised, out: Output): void {
    if (this.#phase !== "preparing" || ballot !== this.#ballot || !this.#count(from)) return;
    this.#reported.push({ ballot: acceptedBallot, value: acceptedValue });
    if (!isPhase1Quorum(this.#options.quorums, this.#answered)) return;
    if (this.#wanted === undefined && this.#reported.every((proposal) => proposal.ballot === noBallot)) {
      this.#phase = "idle"; // Nothing was chosen below this ballot, and nothing is asked for.
      return;
    }
    this.#value = valueToPropose(this.#reported, this.#wanted ?? noOp);
    this.#enter("proposing", out);
  }

  /** §2.2: a proposal that a phase 2 quorum has accepted is chosen. */
  #accepted(from: Address, { ballot }: Accepted): void {
    if (this.#phase !== "proposing" || ballot !== this.#ballot || !this.#count(from)) return;
    if (isPhase2Quorum(this.#options.quorums, this.#answered)) this.#phase = "chosen";
  }

  /** §2.5: it abandons a ballot when an acceptor has promised a higher one; after a wait it tries above that. */
  #rejected({ ballot, promised }: Rejected): void {
    if ((this.#phase !== "preparing" && this.#phase !== "proposing") || ballot !== this.#ballot) return;
    this.#highest = Math.max(this.#highest, promised);
    this.#refusals += 1;
    this.#phase = "waiting";
    this.#ticksLeft = this.#options.delay(this.#refusals);
  }

  #enter(phase: "preparing" | "proposing", out: Output): void {
    this.#phase = phase;
    this.#answered = noAcceptors;
    this.#sendToSilent(out);
  }

  /** Sends this phase's message to each acceptor that has not answered it. */
  #sendToSilent(out: Output): void {
    this.#ticksLeft = this.#options.retryTicks;
    const message: Message =
      this.#phase === "preparing" ? this.#begun() : { kind: "Accept", ballot: this.#ballot, value: this.#value };
    for (const to of this.#acceptors) {
      if (!hasAcceptor(this.#answered, nodeOf(to))) out.sendAfterPersist.push({ to, message });
    }
  }

  /** Counts the answer of an acceptor, once. */
  #count(from: Address): boolean {
    if (!this.#acceptors.includes(from) || hasAcceptor(this.#answered, nodeOf(from))) return false;
    this.#answered = withAcceptor(this.#answered, nodeOf(from));
    return true;
  }

  #begun(): Prepare {
    return { kind: "Prepare", ballot: this.#ballot };
  }
}
