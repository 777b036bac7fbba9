/**
 * The checkers of a run of any protocol that replicates a state machine over a log, and what its replicas and clients are
 * to them. What is chosen, the protocol's own checker says.
 */
import { isMembershipValue, noOp, type Value } from "@synod/protocol";
import { Replica, type ReplicaOptions } from "@synod/machines";
import { ByteWriter } from "@synod/wire";
import { AskedRequests } from "../check/asked.ts";
import { DeliveryChecker } from "../check/delivery.ts";
import { OnceChecker } from "../check/once.ts";
import { ReplicasChecker } from "../check/replicas.ts";
import { SnapshotsChecker } from "../check/snapshots.ts";
import { WatchedMachine } from "../check/watched-machine.ts";
import { watchReplica } from "../check/watched-replica.ts";
import type { Tally } from "../world/tally.ts";
import type { Report } from "../world/violation.ts";
import type { Operation, Workload } from "../world/workload.ts";

/** States are compared at these slots on every node, besides wherever a snapshot is taken or restored. */
const comparedSlots = 32;

/** What is chosen, as seen from outside. */
export interface ChosenSlots {
  /** All slots up to here have a chosen value. */
  readonly chosenThrough: number;
  /** What is chosen in a slot; undefined when nothing is. */
  chosen(slot: number): Value | undefined;
  /** How many ballots were used. */
  readonly ballots: number;
}

/** Where replicas may apply values in different orders, at the same slots. */
export interface Unordered {
  /** The number by which the checkers know what a node has applied last, at a slot. */
  numberOf(node: number, slot: number): number;
  /** Whether all replicas that have applied so many slots are the same. */
  isEnd(slot: number): boolean;
  /** The replica of a node has been restored from a snapshot. */
  starts(node: number, slot: number): void;
}

export interface ReplicaCheckersOptions<Consensus extends ChosenSlots> {
  /** Makes the checker of what is chosen. */
  readonly newConsensus: (report: Report, asked: AskedRequests) => Consensus;
  /** How many nodes may be lost for good. */
  readonly mayBeLost: number;
  /** The bound past which a log goes by the snapshots of other nodes. */
  readonly logBytes: number;
  readonly report: Report;
  readonly reached: Tally;
  /** Absent where all replicas apply the same value at each slot. */
  readonly unordered?: (consensus: Consensus) => Unordered;
}

export class ReplicaCheckers<Consensus extends ChosenSlots> {
  readonly asked = new AskedRequests();
  readonly consensus: Consensus;
  readonly delivery: DeliveryChecker;
  readonly snapshots: SnapshotsChecker;
  readonly #replicas: ReplicasChecker;
  readonly #once: OnceChecker;
  readonly #reached: Tally;
  readonly #unordered: Unordered | undefined;
  /** By node: compares the state of its replica with those of others. */
  readonly #comparisons = new Map<number, () => void>();
  /** Slots up to here were shown to the checker of commands. */
  #shownThrough = 0;

  constructor(options: ReplicaCheckersOptions<Consensus>) {
    const { newConsensus, mayBeLost, logBytes, report, reached, unordered } = options;
    this.consensus = newConsensus(report, this.asked);
    this.#unordered = unordered?.(this.consensus);
    this.delivery = new DeliveryChecker(report);
    this.snapshots = new SnapshotsChecker(logBytes, mayBeLost, report);
    this.#replicas = new ReplicasChecker(report);
    this.#once = new OnceChecker(report);
    this.#reached = reached;
  }

  /** What was chosen meanwhile is known to all checkers. */
  advance(): void {
    const { chosenThrough } = this.consensus;
    while (this.#shownThrough < chosenThrough) {
      this.#shownThrough += 1;
      const value = this.consensus.chosen(this.#shownThrough);
      if (value === undefined) continue;
      // Who takes part is no concern of the state machine.
      const isMembership = isMembershipValue(value);
      if (isMembership) this.#reached.count("memberships-chosen");
      this.#once.chosen(this.#shownThrough, isMembership ? noOp : value);
    }
  }

  /** A replica answers a client. */
  responds(node: number, reply: Uint8Array): void {
    this.#once.responds(node, reply);
  }

  /** A replica whose commands and states are seen. */
  watchedReplica(
    options: ReplicaOptions,
    newReplica = (watched: ReplicaOptions): Replica => new Replica(watched),
  ): Replica {
    const { node } = options;
    const machine = new WatchedMachine(options.machine);
    const replica = newReplica({ ...options, machine });
    const compare = watchReplica(replica, {
      applied: (slot) => {
        const applied = machine.takeApplied();
        const number = this.#unordered?.numberOf(node, slot) ?? slot;
        this.delivery.applies(node, slot);
        this.#once.applied(node, number, applied);
        this.#replicas.answers(node, number, applied);
      },
      restored: (slot) => {
        this.#reached.count("snapshots-restored");
        this.delivery.restores(node, slot);
        this.#unordered?.starts(node, slot);
      },
      isCompared: this.#isCompared,
      isKnown: (slot) => this.#replicas.isKnown(slot),
      holds: (slot, checksum) => {
        if (this.#unordered?.isEnd(slot) !== false) this.#replicas.holds(`the replica of node ${node}`, slot, checksum);
      },
      snapshotted: (slot, checksum) => {
        this.#reached.count("snapshots-taken");
        this.#replicas.holds(`a snapshot of node ${node}`, slot, checksum);
      },
    });
    this.#comparisons.set(node, compare);
    return replica;
  }

  readonly #isCompared = (slot: number): boolean => this.#unordered?.isEnd(slot) ?? slot % comparedSlots === 0;

  /** A workload whose commands, and the answers that clients are told, are seen. */
  watchedWorkload(workload: Workload): Workload {
    return {
      ...workload,
      next: (randomness, unique) => this.#watchedOperation(workload.next(randomness, unique)),
    };
  }

  finish(): void {
    this.advance();
    for (const compare of this.#comparisons.values()) compare();
    this.#reached.count("repeated-requests", this.#once.repeated);
    this.#reached.count("states-compared", this.#replicas.compared);
    this.#reached.count("slots", this.consensus.chosenThrough);
    this.#reached.count("ballots", this.consensus.ballots);
  }

  #watchedOperation(operation: Operation): Operation {
    if (operation.kind !== "command") return operation;
    const writer = new ByteWriter();
    operation.encode(writer);
    const command = writer.take();
    this.#once.asks(command);
    return {
      ...operation,
      decode: (reply) => {
        const answer = reply.raw(reply.remaining, "reply");
        this.#once.isTold(command, answer);
        reply.reset(answer);
        return operation.decode(reply);
      },
    };
  }
}
