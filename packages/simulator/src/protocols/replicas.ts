/**
 * The nodes of a run that replicate a state machine: of each the learner, the replica that stands behind it, and the
 * snapshots on its disk.
 */
import { addressOf, nodeOf, roleOf } from "@synod/protocol";
import type { Address, ReplicaDelivery, ReplicatedLearner } from "@synod/protocol";
import type { Backing, Front, ReplicationOptions } from "@synod/driver";
import type { Replica } from "@synod/machines";
import { FileSnapshots, type FileLayer, type SnapshotStore } from "@synod/storage";
import type { Life } from "../world/protocol.ts";
import type { Randomness } from "../world/randomness.ts";
import type { Tally } from "../world/tally.ts";
import { drawPartBytes } from "./multi-limits.ts";
import { survivingSnapshot } from "./surviving-snapshot.ts";

/** When a snapshot is due, and how it travels. */
export type SnapshotPace = Pick<
  ReplicationOptions<unknown, unknown>,
  "snapshotBytes" | "snapshotSlots" | "snapshotPartBytes"
>;

/** Snapshots by how much was applied: often, so that logs are trimmed and learners that are behind need one. */
export function drawPaceByBytes(randomness: Randomness): SnapshotPace {
  return {
    snapshotBytes: randomness.pick([200, 2000, 20_000]),
    snapshotPartBytes: drawPartBytes(randomness.stream("parts")),
  };
}

/** Snapshots at the same slots on all nodes, where one is believed only when several nodes have the same. */
export function drawPaceBySlots(randomness: Randomness, everySlots: readonly number[]): SnapshotPace {
  return {
    snapshotBytes: Infinity,
    snapshotSlots: randomness.pick(everySlots),
    snapshotPartBytes: drawPartBytes(randomness.stream("parts")),
  };
}

type BackingOf<Message, Entry> = Backing<Message, Entry, ReplicaDelivery>;
type FrontOf<Message, Entry> = Front<Message, Entry, ReplicaDelivery>;
/** All that a replication takes; it may send whatever its learner may. */
type Behind<Message, Entry> = Omit<ReplicationOptions<Message, Entry>, "send"> & FrontOf<Message, Entry>;

export interface ReplicasOptions<Message, Entry> {
  /** Makes the replica of a node for one life of its learner, with a state machine in its first state. */
  readonly newReplica: (node: number) => Replica;
  /** Puts it behind its learner. */
  readonly replication: (options: Behind<Message, Entry>, life: Life) => BackingOf<Message, Entry>;
  readonly snapshots?: (folder: string, files: FileLayer) => SnapshotStore;
  readonly pace: SnapshotPace;
  readonly reached: Tally;
}

export class Replicas<Message, Entry> {
  readonly #options: ReplicasOptions<Message, Entry>;
  /** By node, as in the other two: the learner itself, of one that may stand behind something else. */
  readonly #learners = new Map<number, ReplicatedLearner<Message, Entry, ReplicaDelivery>>();
  readonly #replicas = new Map<number, Replica>();
  readonly #surviving = new Map<number, () => number>();

  constructor(options: ReplicasOptions<Message, Entry>) {
    this.#options = options;
  }

  /** The slot of the newest snapshot that the disk of a node would keep if the power failed now. */
  readonly survivingSnapshot = (node: number): number => this.#surviving.get(node)?.() ?? 0;

  /** The learner of a node begins a life. */
  learns<Learner extends ReplicatedLearner<Message, Entry, ReplicaDelivery>>(node: number, learner: Learner): Learner {
    this.#learners.set(node, learner);
    return learner;
  }

  /** What stands behind a learner in this life; nothing does behind another role. */
  readonly backing = (
    _role: unknown,
    life: Life,
  ): ((front: FrontOf<Message, Entry>) => BackingOf<Message, Entry>) | undefined => {
    const node = nodeOf(life.address);
    const learner = this.#learners.get(node);
    if (roleOf(life.address) !== "learner" || learner === undefined) return undefined;
    const folder = `${life.folder}/snapshots`;
    this.#surviving.set(node, () => survivingSnapshot(folder, life.survivors()));
    const { newReplica, replication, snapshots = newFileSnapshots, pace, reached } = this.#options;
    return (front) => {
      const replica = newReplica(node);
      this.#replicas.set(node, replica);
      const options = {
        ...front,
        learner,
        replica,
        snapshots: snapshots(folder, life.files),
        later: life.later,
        refused: () => reached.count("refused-snapshots"),
        ...pace,
      };
      return replication(options, life);
    };
  };

  /** In what the replicas of these nodes, of those that are up, differ; undefined when they have come to rest. */
  unsettled(nodes: readonly number[], isUp: (address: Address) => boolean): string | undefined {
    const up = nodes.filter((node) => isUp(addressOf("learner", node)));
    const slots = up.flatMap((node) => this.#replicas.get(node)?.appliedSlot ?? []);
    return new Set(slots).size > 1 ? `the replicas have applied up to slots ${slots.join(", ")}` : undefined;
  }
}

function newFileSnapshots(folder: string, files: FileLayer): SnapshotStore {
  return new FileSnapshots(folder, files);
}
