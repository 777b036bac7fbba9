/**
 * What the messages and entries of Cheap Paxos mean to the checkers: the same as those of Multi-Paxos, but for the
 * auxiliaries, which keep votes and no log.
 */
import { nodeOf, roleOf, showAddress, type Address, type multi } from "@synod/protocol";
import type { IdleAuxiliaries } from "../check/idle-auxiliaries.ts";
import { MultiWatcher, type MultiWatcherOptions } from "./multi-watcher.ts";

export interface CheapWatcherOptions extends MultiWatcherOptions {
  readonly auxiliaries: readonly number[];
  readonly idle: IdleAuxiliaries;
}

export class CheapWatcher extends MultiWatcher {
  readonly #options: CheapWatcherOptions;
  #mains: readonly number[];
  /** By node: its acceptor counts all slots up to this one as chosen, also after a restart. */
  readonly #lasting = new Map<number, number>();

  constructor(options: CheapWatcherOptions) {
    super(options);
    this.#options = options;
    this.#mains = options.checkers.consensus.members.mains;
  }

  override sent(from: Address, to: Address, message: multi.Message): void {
    super.sent(from, to, message);
    const { auxiliaries, idle, reached } = this.#options;
    idle.sent(from, to, message);
    if (message.kind === "Accepted" && auxiliaries.includes(nodeOf(from)) && roleOf(to) === "proposer") {
      reached.count("auxiliary-votes");
    }
  }

  override durable(address: Address, entry: multi.Entry): void {
    const { auxiliaries, checkers } = this.#options;
    const node = nodeOf(address);
    if (roleOf(address) === "acceptor" && auxiliaries.includes(node) && entry.kind === "Trim") {
      // It keeps no log for a learner: what it forgets is chosen, and all mains have it.
      checkers.consensus.claims(showAddress(address), entry.slot);
      return checkers.consensus.durableTrim(node, entry.slot);
    }
    super.durable(address, entry);
    if (roleOf(address) === "acceptor" && entry.kind === "Prepare") {
      this.#lasting.set(node, Math.max(entry.from - 1, this.#lasting.get(node) ?? 0));
    }
    this.#countMains();
  }

  /** Whether a main could be lost now: all others know for good what was chosen before they came, and a quorum is left. */
  mayLoseMain(): boolean {
    const { membership, from } = this.#options.checkers.consensus.newest;
    const { mains, absent } = membership;
    return mains.length > 1 && absent.length === 0 && mains.every((node) => (this.#lasting.get(node) ?? 0) >= from - 1);
  }

  #countMains(): void {
    const { checkers, reached } = this.#options;
    const { mains } = checkers.consensus.members;
    if (mains === this.#mains) return;
    if (mains.length < this.#mains.length) reached.count("mains-removed");
    if (mains.length > this.#mains.length) reached.count("mains-returned");
    this.#mains = mains;
  }
}
