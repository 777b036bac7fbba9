/**
 * What the messages and entries of single-decree Paxos mean to the checkers: its one instance is slot 1.
 */
import { basic, nodeOf, noBallot, roleOf, showAddress, type Address } from "@synod/protocol";
import type { ConsensusChecker, RecoveredLog } from "../check/consensus.ts";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";

const decree = 1;

export class BasicWatcher implements Watcher<basic.Message, basic.Entry, basic.Delivery> {
  readonly #consensus: ConsensusChecker;
  readonly #reached: Tally;
  readonly #lives = new Map<Address, number>();
  readonly #recovering = new Map<Address, RecoveredLog>();

  constructor(consensus: ConsensusChecker, reached: Tally) {
    this.#consensus = consensus;
    this.#reached = reached;
  }

  begins(address: Address, life: number): void {
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
        return consensus.uses(message.ballot, this.#lifeOf(from));
      case "Accept":
        consensus.uses(message.ballot, this.#lifeOf(from));
        return consensus.proposes(message.ballot, decree, message.value);
      case "Promised":
        consensus.promises(node, message.ballot);
        if (message.acceptedBallot === noBallot) return;
        this.#reached.count("values-found");
        return consensus.reports(node, decree, message.acceptedBallot, message.acceptedValue);
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
        return;
    }
  }

  durable(address: Address, entry: basic.Entry): void {
    if (roleOf(address) !== "acceptor") return;
    const node = nodeOf(address);
    if (entry.kind === "Prepare") this.#consensus.durablePromise(node, entry.ballot);
    else this.#consensus.durableVote(node, entry.ballot, decree, entry.value);
  }

  delivered(address: Address, { value }: basic.Delivery): void {
    this.#reached.count("learned");
    this.#consensus.learns(showAddress(address), decree, value);
  }

  poweredOff(): void {
    this.#reached.count("power-failures");
  }

  failed(_endpoint: Address, reason: string): void {
    this.#reached.count(`storage-${reason}`);
  }

  #lifeOf(address: Address): string {
    return `${showAddress(address)} in life ${this.#lives.get(address)}`;
  }
}
