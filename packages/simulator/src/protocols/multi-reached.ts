/**
 * Counts what a run of Multi-Paxos comes to, so that one that exercised nothing is seen.
 */
import { nodeOf, roleOf, type Address, type Ballot, type multi } from "@synod/protocol";
import type { Tally } from "../world/tally.ts";
import type { MultiCheckers } from "./multi-checkers.ts";

export interface MultiReachedOptions {
  readonly checkers: MultiCheckers;
  readonly limits: multi.Bounds;
  readonly reached: Tally;
}

/** Messages that each mean one thing that was come to. */
const counted: Partial<Record<multi.Message["kind"], string>> = {
  Redirect: "redirects",
  Overloaded: "overloads",
  NoQuorum: "no-quorum",
  Rejected: "rejections",
  ReadAt: "reads-confirmed",
  SnapshotPart: "snapshot-parts",
  FetchSnapshot: "snapshot-fetches",
};

export class MultiReached {
  readonly #options: MultiReachedOptions;
  #leader: Ballot = 0;

  constructor(options: MultiReachedOptions) {
    this.#options = options;
  }

  count(name: string): void {
    this.#options.reached.count(name);
  }

  /** A message leaves a role or a client. */
  sent(from: Address, message: multi.Message): void {
    const name = counted[message.kind];
    if (name !== undefined) return this.count(name);
    switch (message.kind) {
      case "Heartbeat":
        if (message.ballot > this.#leader) this.count("leader-changes");
        this.#leader = Math.max(this.#leader, message.ballot);
        return;
      case "Promised":
        if (message.next > 0) this.count("promise-pages");
        return;
      case "AcceptedValue": {
        const { checkers, limits } = this.#options;
        const held = checkers.delivery.knownThrough(nodeOf(from)) + limits.learnerSlots;
        if (message.slot > held) this.count("votes-let-go");
        return;
      }
      case "Chosen":
        // What a learner hands to its own acceptor is a repair, counted where it is stored.
        if (roleOf(from) === "acceptor" && message.values.length > 0) this.count("log-catch-ups");
        return;
      default:
        return;
    }
  }

  /** A leader proposes something for the first time in its ballot. */
  proposed({ ballot, slot, commitPoint, value }: multi.Accept): void {
    const { limits, checkers } = this.#options;
    if (value.length === 0) this.count("no-ops");
    if (checkers.consensus.wasBegunBefore(ballot, slot)) this.count("slots-finished");
    if (slot - commitPoint >= limits.windowSlots) this.count("full-windows");
  }

  durable({ kind }: multi.Entry): void {
    if (kind === "Trim") this.count("trims");
    if (kind === "Chosen") this.count("repairs");
  }

  delivered({ kind }: multi.Delivery): void {
    if (kind === "read") this.count("reads");
  }
}
