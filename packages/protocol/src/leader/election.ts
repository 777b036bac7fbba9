/**
 * Who should try to lead: a failure detector that may be wrong. Safety never depends on it.
 *
 * A proposer that has heard no leader for a while does not prepare at once: it first probes the acceptors. It goes on
 * only when a phase 1 quorum of them has heard no leader either, and it reaches a phase 2 quorum. A leader that still
 * reaches a phase 2 quorum is heard by some acceptor of every phase 1 quorum, and so is left alone; a leader that
 * does not steps down by itself. This is what partial partitions need (Ng, Haridi and Carbone, *Omni-Paxos* 2023, §2:
 * quorum-loss, constrained election, chained): who is cut off from a leader that works cannot disturb it, and whoever
 * reaches a quorum can lead, whatever its own log lacks.
 */
import { ballotOwner, noBallot, type Ballot } from "../ballot.ts";
import type { Timing } from "../limits.ts";
import type { Random } from "../output.ts";
import { isPhase1Quorum, isPhase2Quorum, type QuorumSystem } from "../quorum.ts";
import { membersAmong, membershipOf, type Membership } from "../reconfiguration/membership.ts";
import type { ProbeReply } from "./messages.ts";

/** What it must know of the configuration that it is in. */
export interface Electorate {
  /** The nodes that have a proposer. */
  readonly nodes: readonly number[];
  readonly quorums: QuorumSystem;
  readonly timing: Timing;
  /** How many node numbers ballots are shared out among; as many as there are nodes, where those never change. */
  readonly identities?: number;
  /** Acceptors grant leases: one that does hears a leader, and acknowledges no other until that is over. */
  readonly lease?: object | undefined;
}

export class Election {
  readonly #configuration: Electorate;
  readonly #random: Random;
  /** Those whose quorums must answer: a leader needs one of each. */
  #memberships: readonly Membership[];

  /** The highest ballot heard of: the next one tried is above it. */
  #highest: Ballot = noBallot;
  /** The ballot of the leader that is followed; none when it fell silent. */
  #leaderBallot: Ballot = noBallot;
  /** What acceptors that hear a leader have promised, as far as they answered the last probe. It may not lead: who does, says so. */
  #hearsay: Ballot = noBallot;
  #silentTicks = 0;
  #timeoutTicks: number;

  #round = 0;
  #probing = false;
  /** The nodes of the acceptors that answered the probe, and of those that hear no leader. */
  readonly #answered = new Set<number>();
  readonly #silent = new Set<number>();
  /** How many acceptors answered the last probe that ended in vain; undefined when none did. */
  #reached: number | undefined;

  constructor(configuration: Electorate, random: Random) {
    this.#configuration = configuration;
    this.#random = random;
    this.#memberships = [membershipOf(configuration.nodes, configuration.quorums)];
    // At the start nobody leads: the first election need not wait for a silence.
    this.#timeoutTicks = 1 + Math.floor(random() * configuration.timing.retryTicks);
  }

  get highest(): Ballot {
    return this.#highest;
  }

  get round(): number {
    return this.#round;
  }

  /** It has asked who hears a leader, and waits for answers. */
  get isProbing(): boolean {
    return this.#probing;
  }

  /** The node that leads as far as this proposer knows, or 0. */
  get leader(): number {
    const { nodes, identities = nodes.length } = this.#configuration;
    return ballotOwner(this.#leaderBallot === noBallot ? this.#hearsay : this.#leaderBallot, identities);
  }

  /** How many acceptors a proposer without a quorum reaches; undefined as long as a quorum may be there. */
  get reached(): number | undefined {
    return this.#reached;
  }

  /** The members are others from now on. */
  isAmong(memberships: readonly Membership[]): void {
    this.#memberships = memberships;
  }

  /** A ballot is in use. */
  saw(ballot: Ballot): void {
    if (ballot > this.#highest) this.#highest = ballot;
  }

  /** The leader of `ballot` is alive: follow it, unless a later one is followed. */
  heard(ballot: Ballot): void {
    if (ballot < this.#leaderBallot) return;
    this.saw(ballot);
    this.#leaderBallot = ballot;
    this.#hearsay = noBallot;
    this.#reached = undefined;
    this.#rest();
  }

  /**
   * Stops trying: waits a randomised time, so that two that compete do not for ever (*Paxos Made Simple* §2.4).
   *
   * @param reached how many acceptors it reached, when too few were the reason
   */
  standDown(reached?: number): void {
    this.#leaderBallot = noBallot;
    this.#hearsay = noBallot;
    this.#reached = reached;
    this.#rest();
  }

  /** Phase 1 is under way and gets on, however much there is to report: its time begins anew. */
  getsOn(): void {
    this.#rest();
  }

  /** One tick without being a leader. True when a probe with the current `round` should go to all acceptors. */
  tick(): boolean {
    this.#silentTicks += 1;
    if (this.#silentTicks < this.#timeoutTicks) return false;
    if (this.#probing) this.#reached = this.#quorumAnswered() ? undefined : this.#answered.size;
    else this.#leaderBallot = noBallot;
    this.#probing = true;
    this.#round += 1;
    this.#hearsay = noBallot;
    this.#answered.clear();
    this.#silent.clear();
    this.#silentTicks = 0;
    const { retryTicks } = this.#configuration.timing;
    this.#timeoutTicks = retryTicks + Math.floor(this.#random() * retryTicks);
    return true;
  }

  /** An acceptor answered. True when this proposer should prepare now. */
  probed(node: number, { round, promised, leaderSilent }: ProbeReply): boolean {
    this.saw(promised);
    if (!this.#probing || round !== this.#round) return false;
    this.#answered.add(node);
    if (leaderSilent) this.#silent.add(node);
    // Its own clients are better sent to the leader that others hear than nowhere.
    else this.#hearsay = Math.max(this.#hearsay, promised);
    if (!this.#isEach(isPhase1Quorum, this.#silent) || !this.#quorumAnswered()) return false;
    // Who leads while too many are bound by leases reaches no quorum, and leaves leases that bind the others against the next.
    if (this.#configuration.lease !== undefined && !this.#isEach(isPhase2Quorum, this.#silent)) return false;
    this.standDown();
    return true;
  }

  #quorumAnswered(): boolean {
    return this.#isEach(isPhase1Quorum, this.#answered) && this.#isEach(isPhase2Quorum, this.#answered);
  }

  #isEach(isQuorum: typeof isPhase1Quorum, nodes: ReadonlySet<number>): boolean {
    return this.#memberships.every((membership) => isQuorum(membership.quorums, membersAmong(membership, nodes)));
  }

  #rest(): void {
    const { electionTicks } = this.#configuration.timing;
    this.#probing = false;
    this.#silentTicks = 0;
    this.#timeoutTicks = electionTicks + Math.floor(this.#random() * electionTicks);
  }
}
