/**
 * What the messages and entries mean to the checker of consensus: one slot, and one ballot, which all acceptors have
 * promised before anything begins, for there is nobody else to promise one to.
 */
import { addressOf, nodeOf, noBallot, roleOf, showAddress, type Address, type Ballot } from "@synod/protocol";
import type { AskedValues } from "../../src/check/asked.ts";
import type { ConsensusChecker, RecoveredLog } from "../../src/check/consensus.ts";
import type { Tally } from "../../src/world/tally.ts";
import type { Watcher } from "../../src/world/protocol.ts";
import type { Delivery, Entry, Message } from "./messages.ts";

const decree = 1;
const onlyBallot: Ballot = noBallot + 1;

export interface Checks {
  readonly consensus: ConsensusChecker;
  readonly asked: AskedValues;
  readonly reached: Tally;
}

export class UnanimousWatcher implements Watcher<Message, Entry, Delivery> {
  readonly #checks: Checks;
  readonly #recovering = new Map<Address, RecoveredLog>();
  readonly #learned = new Set<Address>();

  constructor(checks: Checks, nodes: readonly number[]) {
    this.#checks = checks;
    for (const node of nodes) {
      checks.consensus.durablePromise(node, onlyBallot);
      const promise = { ballot: onlyBallot, from: decree, chosenThrough: 0, accepted: [], next: 0 };
      checks.consensus.promises(node, promise);
    }
  }

  /** Learners, of those that are up, that do not know the value. */
  behind(nodes: readonly number[], isUp: (address: Address) => boolean): readonly Address[] {
    const learners = nodes.map((node) => addressOf("learner", node));
    return learners.filter((learner) => isUp(learner) && !this.#learned.has(learner));
  }

  begins(address: Address, life: number): void {
    if (life > 1) this.#checks.reached.count("restarts");
    this.#learned.delete(address);
    this.#recovering.set(address, { ballot: onlyBallot, votes: new Map(), trimmedThrough: 0 });
  }

  recovered(address: Address): void {
    this.#recovering.get(address)?.votes.set(decree, onlyBallot);
  }

  began(address: Address): void {
    const log = this.#recovering.get(address);
    if (log !== undefined && roleOf(address) === "acceptor") this.#checks.consensus.began(nodeOf(address), log);
  }

  sent(from: Address, _to: Address, message: Message): void {
    const { consensus, asked, reached } = this.#checks;
    switch (message.kind) {
      case "Request":
        return asked.asks(message.value);
      case "Propose":
        consensus.proposes(onlyBallot, decree, message.value);
        return;
      case "Accepted":
        consensus.votes(nodeOf(from), onlyBallot, decree);
        return consensus.tells(nodeOf(from), onlyBallot, decree, message.value);
      case "Inquire":
        return reached.count("inquiries");
      case "Response":
        return consensus.learns(showAddress(from), decree, message.value);
    }
  }

  durable(address: Address, { value }: Entry): void {
    if (roleOf(address) === "acceptor") this.#checks.consensus.durableVote(nodeOf(address), onlyBallot, decree, value);
  }

  delivered(address: Address, { value }: Delivery): void {
    this.#checks.reached.count("learned");
    this.#learned.add(address);
    this.#checks.consensus.learns(showAddress(address), decree, value);
  }

  failed(_endpoint: Address, reason: string): void {
    this.#checks.reached.count(`storage-${reason}`);
  }

  poweredOff(): void {
    this.#checks.reached.count("power-failures");
  }
}
