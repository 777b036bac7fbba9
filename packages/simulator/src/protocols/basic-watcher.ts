/**
 * What the messages and entries of single-decree Paxos mean to the checkers: its one instance is slot 1.
 */
import type { basic } from "@synod/protocol";
import { nodeOf, noBallot, roleOf, showAddress, type Address } from "@synod/protocol";
import type { ConsensusChecker, RecoveredLog } from "../check/consensus.ts";
import type { AskedValues } from "../check/asked.ts";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";

const decree = 1;

export class BasicWatcher implements Watcher<basic.Message, basic.Entry, basic.Delivery> {
  readonly #consensus: ConsensusChecker;
  readonly #asked: AskedValues;
  readonly #reached: Tally;
  readonly #lives = new Map<Address, number>();
  readonly #recovering = new Map<Address, RecoveredLog>();
  /** Learners that have learned the decree in this life. */
  readonly #learned = new Set<Address>();

  constructor(consensus: ConsensusChecker, asked: AskedValues, reached: Tally) {
    this.#consensus = consensus;
    this.#asked = asked;
    this.#reached = reached;
  }

  /** Whether a learner has learned the decree in this life. */
  hasLearned(address: Address): boolean {
    return this.#learned.has(address);
  }

  begins(address: Address, life: number): void {
    this.#learned.delete(address);
    if (this.#lives.has(address)) this.#reached.count("restarts");
    this.#lives.set(address, life);
    this.#recovering.set(address, { ballot: noBallot, votes: new Map(), trimmedThrough: 0 });
  }

  recovered(address: Address, entry: basic.Entry): void {
    const log = this.#recovering.get(address);
    if (log === undefined) return;
    log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind === "Accept") log.votes.set(decree, entry.ballot);
  }

  began(address: Address): void {
    const log = this.#recovering.get(address);
    this.#recovering.delete(address);
    if (log !== undefined && roleOf(address) === "acceptor") this.#consensus.began(nodeOf(address), log);
  }

  sent(from: Address, _to: Address, message: basic.Message): void {
    const consensus = this.#consensus;
    const node = nodeOf(from);
    const who = showAddress(from);
    switch (message.kind) {
      case "Prepare":
        consensus.uses(message.ballot, node, this.#lifeOf(from));
        return consensus.prepares(node, message.ballot);
      case "Accept":
        consensus.uses(message.ballot, node, this.#lifeOf(from));
        consensus.proposes(message.ballot, decree, message.value);
        return;
      case "Promised":
        return this.#promised(node, message);
      case "Accepted":
        return consensus.votes(node, message.ballot, decree);
      case "Rejected":
        return this.#reached.count("rejections");
      case "Learned":
      case "Response":
        return consensus.learns(who, decree, message.value);
      case "Inquire":
        return this.#reached.count("inquiries");
      case "Request":
        if (roleOf(from) === "client") this.#asked.asks(message.value);
        return;
    }
  }

  durable(address: Address, entry: basic.Entry): void {
    const node = nodeOf(address);
    if (roleOf(address) === "proposer") return this.#consensus.durableBallot(node, entry.ballot);
    if (roleOf(address) !== "acceptor") return;
    if (entry.kind === "Prepare") this.#consensus.durablePromise(node, entry.ballot);
    else this.#consensus.durableVote(node, entry.ballot, decree, entry.value);
  }

  delivered(address: Address, { value }: basic.Delivery): void {
    this.#reached.count("learned");
    this.#learned.add(address);
    this.#consensus.learns(showAddress(address), decree, value);
  }

  poweredOff(): void {
    this.#reached.count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.#reached.count(`storage-${reason}`);
  }

  #promised(acceptor: number, { ballot, acceptedBallot, acceptedValue }: basic.Promised): void {
    const accepted =
      acceptedBallot === noBallot ? [] : [{ slot: decree, ballot: acceptedBallot, value: acceptedValue }];
    if (accepted.length > 0) this.#reached.count("values-found");
    this.#consensus.promises(acceptor, { ballot, from: decree, chosenThrough: 0, accepted, next: 0 });
  }

  #lifeOf(address: Address): number {
    return this.#lives.get(address) ?? 0;
  }
}
