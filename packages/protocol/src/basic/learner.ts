/**
 * The learner of *Paxos Made Simple* §2.3: it counts votes until a phase 2 quorum has accepted one proposal.
 *
 * Like the acceptors themselves it keeps, of each acceptor, only the vote with the highest ballot; so its memory is
 * bounded however many ballots a duel goes through, and what was chosen stays chosen in every higher ballot.
 */
import { addressOf, nodeOf, roleOf, type Address } from "../address.ts";
import { noBallot } from "../ballot.ts";
import type { RoleMachine, RoleStatus } from "../output.ts";
import { isPhase2Quorum, noAcceptors, withAcceptor, type AcceptorSet, type QuorumSystem } from "../quorum.ts";
import { sameValue, type Proposal } from "../value.ts";
import type { Delivery, Output } from "./delivery.ts";
import type { Entry, Message } from "./messages.ts";

export interface LearnerOptions {
  /** The acceptors are those of nodes 1 to `quorums.acceptors`. */
  readonly quorums: QuorumSystem;
  /** The proposers are those of nodes 1 to `proposers`. */
  readonly proposers: number;
  /** The learners that it tells what is chosen: see `toldByLearner`. */
  readonly tells: readonly Address[];
  /** The clients that it answers. */
  readonly clients: readonly Address[];
  /** Ticks before it asks again for what it needs to know. */
  readonly retryTicks: number;
}

export class Learner implements RoleMachine<Message, Entry, Delivery> {
  readonly #options: LearnerOptions;
  readonly #acceptors: readonly Address[];
  /** The vote with the highest ballot of each acceptor. */
  readonly #votes = new Map<Address, Proposal>();
  #chosen: Proposal | undefined;
  /** Somebody asked what was chosen, and it does not know. */
  #needed = false;
  /** How often it has asked. */
  #inquiries = 0;
  /** Ticks until it asks again. */
  #ticksLeft = 0;

  constructor(options: LearnerOptions) {
    this.#options = options;
    this.#acceptors = Array.from({ length: options.quorums.acceptors }, (_, i) => addressOf("acceptor", i + 1));
  }

  step(from: Address, message: Message, out: Output): void {
    switch (message.kind) {
      case "Accepted":
        this.#vote(from, { ballot: message.ballot, value: message.value }, out);
        return;
      case "Learned":
        this.#learn({ ballot: message.ballot, value: message.value }, out);
        return;
      case "Inquire":
        this.#inquired(from, out);
        return;
      case "Request":
      case "Prepare":
      case "Promised":
      case "Accept":
      case "Rejected":
      case "Response":
        return; // Not for a learner.
    }
  }

  tick(out: Output): void {
    if (!this.#needed) return;
    this.#ticksLeft -= 1;
    if (this.#ticksLeft <= 0) this.#inquire(out);
  }

  flush(): void {}

  /** What it knows is never lost, for the acceptors know it: it persists nothing. */
  restore(): void {}

  checkpoint(): readonly Entry[] {
    return [];
  }

  status(): RoleStatus {
    const ballot = this.#chosen?.ballot ?? noBallot;
    return { chosen: this.#chosen !== undefined, ballot, inquiries: this.#inquiries };
  }

  /** §2.3: a value is chosen when a quorum has accepted it in one ballot. Votes of different ballots never add up. */
  #vote(from: Address, vote: Proposal, out: Output): void {
    if (!this.#acceptors.includes(from)) return;
    if (this.#chosen !== undefined) {
      requireAgreement(this.#chosen, vote);
      return;
    }
    const earlier = this.#votes.get(from);
    if (earlier !== undefined && earlier.ballot >= vote.ballot) return;
    this.#votes.set(from, vote);
    let voters: AcceptorSet = noAcceptors;
    for (const [acceptor, { ballot }] of this.#votes) {
      if (ballot === vote.ballot) voters = withAcceptor(voters, nodeOf(acceptor));
    }
    if (isPhase2Quorum(this.#options.quorums, voters)) this.#learn(vote, out);
  }

  #learn(proposal: Proposal, out: Output): void {
    if (this.#chosen !== undefined) {
      if (!sameValue(proposal.value, this.#chosen.value)) disagree(this.#chosen, proposal);
      return;
    }
    this.#chosen = proposal;
    this.#needed = false;
    this.#votes.clear();
    out.deliver.push({ kind: "chosen", ...proposal });
    for (const learner of this.#options.tells) this.#tell(learner, proposal, out);
    for (const client of this.#options.clients) this.#tell(client, proposal, out);
  }

  #inquired(from: Address, out: Output): void {
    if (this.#chosen !== undefined) {
      this.#tell(from, this.#chosen, out);
    } else if (!this.#needed) {
      this.#needed = true;
      this.#inquire(out);
    }
  }

  /**
   * §2.3: "The learner could ask the acceptors what proposals they have accepted", and where too few of them answer
   * "it can have a proposer issue a proposal". It asks the acceptors, then a proposer, the acceptors again, the next
   * proposer, and so on.
   */
  #inquire(out: Output): void {
    const round = this.#inquiries;
    this.#inquiries += 1;
    this.#ticksLeft = this.#options.retryTicks;
    const proposer = (((round - 1) / 2) % this.#options.proposers) + 1;
    const asked = round % 2 === 0 ? this.#acceptors : [addressOf("proposer", proposer)];
    for (const to of asked) out.send.push({ to, message: { kind: "Inquire" } });
  }

  #tell(to: Address, { ballot, value }: Proposal, out: Output): void {
    const client = roleOf(to) === "client";
    out.send.push({ to, message: client ? { kind: "Response", value } : { kind: "Learned", ballot, value } });
  }
}

/** P2b (§2.2): every proposal accepted in the chosen ballot or a higher one has the chosen value. */
function requireAgreement(chosen: Proposal, vote: Proposal): void {
  if (vote.ballot >= chosen.ballot && !sameValue(vote.value, chosen.value)) disagree(chosen, vote);
}

function disagree(chosen: Proposal, other: Proposal): never {
  throw new Error(`two values chosen: one in ballot ${chosen.ballot}, another in ballot ${other.ballot}`);
}
