/**
 * A learner of Multi-Paxos on the stage, with what stands behind it in production: the replica and its snapshots.
 */
import { multi, type Address, type ChosenDelivery } from "@synod/protocol";
import { Replication } from "@synod/driver";
import { Replica } from "@synod/machines";
import { MemorySnapshots, newMemorySnapshotArea } from "@synod/storage";
import type { Act, Cast } from "../actor.ts";
import { newJournal } from "./journal.ts";

export interface ReplicaSettings {
  readonly configuration: multi.Configuration;
  readonly node: number;
  /** Bytes of applied values after which a snapshot is due. */
  readonly snapshotBytes: number;
  readonly send: (to: Address, message: multi.Message) => void;
  readonly later: (job: () => void) => void;
  /** Told of each value that is applied. */
  readonly applied: (delivery: ChosenDelivery) => void;
  /** Told that a snapshot was taken over, with its last slot. */
  readonly installed: (slot: number) => void;
}

const snapshotAreaBytes = 64 * 1024;

type LearnerCast = Cast<multi.Message, multi.Entry, multi.Delivery>;
type LearnerAct = Act<multi.Message, multi.Entry, multi.Delivery>;

/** One life of a learner: what it knows ends with it, but for the snapshots. */
interface Life {
  readonly learner: multi.Learner;
  readonly replica: Replica;
  readonly replication: Replication<multi.Message, multi.Entry>;
  act: LearnerAct;
}

export function learnerCast(settings: ReplicaSettings): LearnerCast {
  const { configuration, node, snapshotBytes, send, later, applied, installed } = settings;
  const area = newMemorySnapshotArea(snapshotAreaBytes);
  let life: Life | undefined;
  const begin = (): Life => {
    const learner = new multi.Learner(configuration, node);
    const replica = new Replica({ machine: newJournal(), node });
    const replication = new Replication({
      learner,
      replica,
      snapshots: new MemorySnapshots(area),
      send,
      act: (action) => begun.act(action),
      later: (job) =>
        later(() => {
          if (life === begun) job();
        }),
      failed: (failure) => {
        throw failure;
      },
      snapshotBytes,
    });
    const begun: Life = { learner, replica, replication, act: () => undefined };
    return begun;
  };
  return {
    create: () => {
      life = begin();
      return life.learner;
    },
    started: (act) => {
      if (life === undefined) return;
      life.act = act;
      life.replication.recover();
    },
    deliver: (delivery) => {
      if (life === undefined) return;
      const before = life.replica.appliedSlot;
      life.replication.deliver(delivery);
      if (delivery.kind === "chosen") applied(delivery);
      else if (life.replica.appliedSlot > before) installed(life.replica.appliedSlot);
    },
  };
}
