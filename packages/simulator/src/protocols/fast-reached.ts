/**
 * Counts what a run of Fast Paxos comes to, so that one that exercised nothing is seen.
 */
import { fast, nodeOf, roleOf, type Address, type Ballot } from "@synod/protocol";
import type { Tally } from "../world/tally.ts";

/** Messages that each mean one thing that was come to. */
const counted: Partial<Record<fast.Message["kind"], string>> = {
  Redirect: "redirects",
  Overloaded: "overloads",
  NoQuorum: "no-quorum",
  Rejected: "rejections",
  SnapshotPart: "snapshot-parts",
  FetchSnapshot: "snapshot-fetches",
};

export class FastReached {
  readonly #reached: Tally;
  /** The ballot of the leader that was heard last. */
  #leader: Ballot = 0;
  /** The proposer that led before. */
  #leadingNode = 0;

  constructor(reached: Tally) {
    this.#reached = reached;
  }

  count(name: string): void {
    this.#reached.count(name);
  }

  /** A message leaves a role or a client. */
  sent(from: Address, message: fast.Message): void {
    const name = counted[message.kind];
    if (name !== undefined) return this.count(name);
    switch (message.kind) {
      case "Heartbeat":
        return this.#leads(nodeOf(from), message.ballot);
      case "Promised":
        if (message.next > 0) this.count("promise-pages");
        return;
      case "Chosen":
        // What a learner hands to its own acceptor is a repair, counted where it is stored.
        if (roleOf(from) === "acceptor" && message.values.length > 0) this.count("log-catch-ups");
        return;
      case "Request":
        if (roleOf(from) === "proposer") this.count("relays");
        if (roleOf(from) === "acceptor") this.count("requests-handed-on");
        return;
      default:
        return;
    }
  }

  /** A leader proposes something for the first time in its ballot. */
  proposed({ ballot, value }: fast.Accept): void {
    if (value.length === 0) this.count("no-ops");
    // Only a recovery is proposed in a ballot that no term begins with.
    if (fast.isFast(ballot - 1) && !fast.isFast(ballot) && this.#leader < ballot) this.count("coordinated-recoveries");
  }

  durable(entry: fast.Entry): void {
    if (entry.kind === "Trim") this.count("trims");
    if (entry.kind === "Chosen") this.count("repairs");
    if (entry.kind === "Accepted" && fast.recoversItself(entry.ballot - 1)) this.count("uncoordinated-votes");
  }

  /** A slot is chosen. */
  chosen(ballot: Ballot, hadOtherVotes: boolean): void {
    this.count(fast.isFast(ballot) ? "fast-slots" : "classic-slots");
    if (hadOtherVotes) this.count("collisions");
    if (fast.recoversItself(ballot - 1)) this.count("uncoordinated-recoveries");
  }

  /** A leader that begins a new term changes the pace; another one is a change of leaders. */
  #leads(node: number, ballot: Ballot): void {
    if (ballot <= this.#leader) return;
    if (node !== this.#leadingNode) this.count("leader-changes");
    else if (fast.isFast(this.#leader) && !fast.isFast(ballot)) this.count("fall-backs");
    else if (!fast.isFast(this.#leader) && fast.isFast(ballot)) this.count("returns-to-fast");
    this.#leader = ballot;
    this.#leadingNode = node;
  }
}
