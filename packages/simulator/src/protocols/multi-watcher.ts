/**
 * What the messages and entries of Multi-Paxos mean to the checkers.
 */
import { nodeOf, roleOf, showAddress, type Address, type multi } from "@synod/protocol";
import type { ConsensusChecker, RecoveredLog } from "../check/consensus.ts";
import type { Watcher } from "../world/protocol.ts";
import type { Tally } from "../world/tally.ts";

export class MultiWatcher implements Watcher<multi.Message, multi.Entry, multi.Delivery> {
  readonly #consensus: ConsensusChecker;
  readonly #reached: Tally;
  readonly #lives = new Map<Address, number>();
  readonly #recovering = new Map<Address, RecoveredLog>();
  #leader = 0;

  constructor(consensus: ConsensusChecker, reached: Tally) {
    this.#consensus = consensus;
    this.#reached = reached;
  }

  begins(address: Address, life: number): void {
    if (this.#lives.has(address)) this.#reached.count("restarts");
    this.#lives.set(address, life);
    this.#recovering.set(address, { ballot: 0, votes: new Map(), trimmedThrough: 0 });
  }

  recovered(address: Address, entry: multi.Entry): void {
    const log = this.#recovering.get(address);
    if (log === undefined) return;
    if (entry.kind === "Trim") log.trimmedThrough = Math.max(log.trimmedThrough, entry.slot);
    if (entry.kind === "Prepare" || entry.kind === "Accept") log.ballot = Math.max(log.ballot, entry.ballot);
    if (entry.kind === "Accept") log.votes.set(entry.slot, entry.ballot);
  }

  began(address: Address): void {
    const log = this.#recovering.get(address);
    this.#recovering.delete(address);
    if (log !== undefined && roleOf(address) === "acceptor") this.#consensus.began(nodeOf(address), log);
  }

  sent(from: Address, _to: Address, message: multi.Message): void {
    const consensus = this.#consensus;
    const node = nodeOf(from);
    switch (message.kind) {
      case "Prepare":
        return consensus.uses(message.ballot, this.#lifeOf(from));
      case "Accept":
        if (message.value.length === 0) this.#reached.count("no-ops");
        consensus.uses(message.ballot, this.#lifeOf(from));
        consensus.claims(showAddress(from), message.commitPoint);
        return consensus.proposes(message.ballot, message.slot, message.value);
      case "Heartbeat":
        if (message.ballot !== this.#leader) this.#reached.count("leader-changes");
        this.#leader = message.ballot;
        return consensus.claims(showAddress(from), message.commitPoint);
      case "Promised":
        consensus.promises(node, message.ballot);
        for (const { slot, ballot, value } of message.accepted) consensus.reports(node, slot, ballot, value);
        if (message.next > 0) this.#reached.count("promise-pages");
        return consensus.claims(showAddress(from), message.chosenThrough);
      case "Accepted":
      case "AcceptedValue":
        return consensus.votes(node, message.ballot, message.slot);
      case "Chosen":
        for (const [index, { value }] of message.values.entries()) {
          consensus.learns(`an answer of ${showAddress(from)}`, message.from + index, value);
        }
        if (message.values.length > 0) this.#reached.count("catch-ups");
        return;
      case "SnapshotPart":
        return this.#reached.count("snapshot-parts");
      case "Redirect":
        return this.#reached.count("redirects");
      default:
        return;
    }
  }

  durable(address: Address, entry: multi.Entry): void {
    if (roleOf(address) !== "acceptor") return;
    const node = nodeOf(address);
    switch (entry.kind) {
      case "Prepare":
        return this.#consensus.durablePromise(node, entry.ballot);
      case "Accept":
        return this.#consensus.durableVote(node, entry.ballot, entry.slot, entry.value);
      case "Trim":
        this.#reached.count("trims");
        return this.#consensus.durableTrim(node, entry.slot);
      case "Chosen":
        this.#reached.count("repairs");
        return;
    }
  }

  delivered(address: Address, delivery: multi.Delivery): void {
    if (delivery.kind === "chosen") this.#consensus.learns(showAddress(address), delivery.slot, delivery.value);
    if (delivery.kind === "read") this.#reached.count("reads");
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
